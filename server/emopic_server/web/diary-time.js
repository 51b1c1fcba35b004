import { axisColumn, draw, fillOf } from "./diary-svg.js";

const HEIGHT = 230;
const TOP = 12;
const FLOOR = 26; // below the bars: what time it is
const LEFT = 34; // left of them: how many lines
const LEAST = 5; // pixels for a bar; more of them scroll
const LABEL = 68; // pixels for a label below

/**
 * Emotions over time as stacked bars. Arrow keys and the pointer choose a bar, Enter and a click
 * take it.
 */
export class OverTime {
  /**
   * @param {HTMLElement} root holds `.scroll` and `.tip`
   * @param {{label: (bar: any) => string, tip: (bar: any) => string, take: (bar: any) => void}} told
   */
  constructor(root, told) {
    this.scroll = /** @type {HTMLElement} */ (root.querySelector(".scroll"));
    this.tip = /** @type {HTMLElement} */ (root.querySelector(".tip"));
    this.column = axisColumn(LEFT, HEIGHT, []);
    this.scroll.before(this.column);
    this.told = told;
    /** @type {any[]} */
    this.bars = [];
    /** @type {{id: string}[]} */
    this.emotions = [];
    this.help = "";
    this.asShares = false;
    /** @type {number | null} */
    this.chosen = null;
    this.width = 0;
    new ResizeObserver(() => {
      if (Math.abs(this.scroll.clientWidth - this.width) > 1) this.draw();
    }).observe(this.scroll);
  }

  /** @param {any[]} bars @param {{id: string}[]} emotions @param {string} help */
  show(bars, emotions, help) {
    Object.assign(this, { bars, emotions, help });
    this.chosen = null;
    this.tip.hidden = true;
    this.draw();
  }

  draw() {
    this.width = this.scroll.clientWidth;
    const room = Math.max(this.width, LEFT + this.bars.length * LEAST);
    const step = (room - LEFT) / Math.max(1, this.bars.length);
    const most = this.asShares ? 1 : Math.max(1, ...this.bars.map((bar) => bar.total));
    const svg = draw("svg", {
      width: room, height: HEIGHT, viewBox: `0 0 ${room} ${HEIGHT}`, role: "img", tabindex: 0, "aria-label": this.help, class: "bars",
    });
    const ticks = this.#ticks(most);
    svg.append(...grid(ticks, room));
    const column = axisColumn(LEFT, HEIGHT, ticks);
    this.column.replaceWith(column);
    this.column = column;
    this.bars.forEach((bar, index) => svg.append(this.#bar(bar, index, step, most)));
    svg.append(...this.#labels(step, room));
    svg.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
    svg.addEventListener("blur", () => this.#choose(null));
    svg.addEventListener("pointerleave", () => this.#choose(null));
    const focused = this.scroll.contains(document.activeElement);
    this.scroll.replaceChildren(svg);
    if (focused) svg.focus({ preventScroll: true });
    this.scroll.scrollLeft = room; // the newest
  }

  #ticks(/** @type {number} */ most) {
    const steps = this.asShares ? [0, 0.5, 1] : nice(most);
    return steps.map((value) => ({
      y: this.#y(value, most), text: this.asShares ? `${value * 100}%` : String(value),
    }));
  }

  #y(/** @type {number} */ value, /** @type {number} */ most) {
    return HEIGHT - FLOOR - (value / most) * (HEIGHT - FLOOR - TOP);
  }

  #bar(/** @type {any} */ bar, /** @type {number} */ index, /** @type {number} */ step, /** @type {number} */ most) {
    const [x, wide] = [LEFT + index * step, Math.min(48, step * (step > 12 ? 0.76 : 0.9))];
    const group = draw("g", { class: "bar", "data-index": index, "data-total": bar.total });
    group.append(draw("rect", { class: "hit", x, y: TOP, width: step, height: HEIGHT - FLOOR - TOP }));
    const whole = this.asShares ? Math.max(1, bar.total) : 1;
    let base = 0;
    this.emotions.forEach(({ id }, place) => {
      const value = (bar.lines[id] ?? 0) / whole;
      if (!value) return;
      const [low, high] = [this.#y(base, most), this.#y(base + value, most)];
      group.append(draw("rect", {
        class: "part", x: x + (step - wide) / 2, y: high, width: wide,
        height: Math.max(0.5, low - high), fill: fillOf(place), "data-emotion": id,
      }));
      base += value;
    });
    group.addEventListener("pointerenter", () => this.#choose(index));
    group.addEventListener("click", () => this.told.take(bar));
    return group;
  }

  #labels(/** @type {number} */ step, /** @type {number} */ room) {
    const every = Math.max(1, Math.ceil(LABEL / step));
    const places = this.bars.map((_, index) => LEFT + (index + 0.5) * step);
    return places.flatMap((x, index) => {
      if (index % every || x + LABEL / 2 > room) return [];
      const text = this.told.label(this.bars[index]);
      return [draw("text", { class: "axis", x, y: HEIGHT - 8, "text-anchor": "middle" }, text)];
    });
  }

  #key(/** @type {KeyboardEvent} */ event) {
    if ((event.key === "Enter" || event.key === " ") && this.chosen !== null) {
      event.preventDefault();
      this.told.take(this.bars[this.chosen]);
      return;
    }
    const last = this.bars.length - 1;
    const at = this.chosen;
    const next = {
      ArrowLeft: at === null ? last : at - 1, ArrowRight: at === null ? 0 : at + 1,
      Home: 0, End: last,
    }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    this.#choose(Math.max(0, Math.min(last, next)));
  }

  #choose(/** @type {number | null} */ index) {
    this.scroll.querySelector(".bar.chosen")?.classList.remove("chosen");
    this.chosen = index;
    this.tip.hidden = index === null;
    if (index === null) return;
    const bar = /** @type {SVGGElement} */ (this.scroll.querySelector(`[data-index="${index}"]`));
    bar.classList.add("chosen");
    this.tip.textContent = this.told.tip(this.bars[index]);
    const box = bar.getBBox();
    if (box.x < this.scroll.scrollLeft + LEFT) this.scroll.scrollLeft = box.x - LEFT;
    const beyond = box.x + box.width - this.scroll.scrollLeft - this.scroll.clientWidth;
    if (beyond > 0) this.scroll.scrollLeft += beyond;
    const half = this.tip.offsetWidth / 2;
    const x = box.x + box.width / 2 - this.scroll.scrollLeft;
    this.tip.style.setProperty(
      "left", `${Math.max(half, Math.min(this.scroll.clientWidth - half, x))}px`);
  }
}

/** Lines across, with their values at the left. @param {{y: number, text: string}[]} ticks */
function grid(ticks, /** @type {number} */ room) {
  return ticks.flatMap(({ y, text }) => [
    draw("line", { class: "grid", x1: LEFT, x2: room, y1: y, y2: y }),
    draw("text", { class: "axis", x: LEFT - 6, y: y + 4, "text-anchor": "end" }, text),
  ]);
}

/** Whole numbers for the grid up to the largest one. */
function nice(/** @type {number} */ most) {
  const rough = most / 3;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? power;
  const found = [];
  for (let value = 0; value <= most; value += step) found.push(value);
  return found;
}
