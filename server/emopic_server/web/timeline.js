import { currentLanguage } from "./i18n.js";
import { colourOf, namesOf } from "./palette.js";

const WINDOW_MS = 60_000;
const STEP_MS = 66; // redraw at most 15 times a second: it only drifts
const SAMPLE_MS = 50;
const STILL_MS = 300; // longer without a frame: the face stood still
const REACH = 22; // pixels around a dot that count as pointing at it

/** The expression of the last minute as stacked areas, with a dot for every line. */
export class Timeline {
  /** @param {HTMLElement} root holds a canvas, `.empty` and `.tip` */
  constructor(root) {
    this.root = root;
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.empty = /** @type {HTMLElement} */ (root.querySelector(".empty"));
    this.tip = /** @type {HTMLElement} */ (root.querySelector(".tip"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    /** @type {{id: string, ko: string}[]} */
    this.emotions = [];
    /** @type {{at: number, weights: readonly number[]}[]} */
    this.samples = [];
    /** @type {{at: number, text: string, emotion: any}[]} */
    this.lines = [];
    /** @type {any} */
    this.chosen = null;
    this.drawn = 0;
    this.running = false;
    this.canvas.addEventListener("pointermove", (event) => this.#point(event));
    this.canvas.addEventListener("pointerleave", () => this.#choose(null));
    this.canvas.addEventListener("blur", () => this.#choose(null));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#draw(performance.now())).observe(this.canvas);
    document.addEventListener("visibilitychange", () => this.#run());
  }

  /** The face shows these weights from now on. @param {readonly number[]} weights */
  sample(weights) {
    const now = performance.now();
    const last = this.samples[this.samples.length - 1];
    if (last && now - last.at > STILL_MS) {
      this.samples.push({ at: now - SAMPLE_MS, weights: last.weights }); // it stood still till then
    }
    if (last && now - last.at < SAMPLE_MS) last.weights = weights;
    else this.samples.push({ at: now, weights });
    this.#run();
  }

  /** A line and what it meant. */
  line(/** @type {string} */ text, /** @type {any} */ emotion) {
    this.lines.push({ at: performance.now(), text, emotion });
    this.#run();
  }

  #run() {
    if (this.running || document.hidden) return;
    this.running = true;
    requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(/** @type {number} */ now) {
    this.running = false;
    if (now - this.drawn >= STEP_MS) this.#draw(now);
    if (this.samples.length > 1 || this.lines.length) this.#run();
  }

  #draw(/** @type {number} */ now) {
    this.drawn = now;
    this.#forget(now);
    const scale = devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.empty.hidden = this.lines.length > 0 || this.samples.length > 1;
    this.#grid(width, height);
    this.#areas(now, width, height);
    this.#dots(now, width, height);
    if (this.chosen) this.#placeTip(now);
  }

  #forget(/** @type {number} */ now) {
    const start = now - WINDOW_MS;
    while (this.samples.length > 1 && this.samples[1].at < start) this.samples.shift();
    while (this.lines.length && this.lines[0].at < start) this.lines.shift();
    if (this.chosen && !this.lines.includes(this.chosen)) this.#choose(null);
  }

  #x(/** @type {number} */ at, /** @type {number} */ now, /** @type {number} */ width) {
    return width - 8 - ((now - at) / WINDOW_MS) * (width - 16);
  }

  #grid(/** @type {number} */ width, /** @type {number} */ height) {
    const { context } = this;
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.lineWidth = 1;
    for (let quarter = 0; quarter <= 4; quarter++) {
      const x = Math.round(8 + ((width - 16) * quarter) / 4) + 0.5;
      context.globalAlpha = 0.35;
      context.beginPath();
      context.moveTo(x, 4);
      context.lineTo(x, height - 1);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  #areas(/** @type {number} */ now, /** @type {number} */ width, /** @type {number} */ height) {
    if (this.samples.length < 2) return;
    const last = this.samples[this.samples.length - 1];
    const points = [...this.samples, { at: now, weights: last.weights }];
    const floor = points.map(() => 0);
    this.emotions.forEach(({ id }, index) => {
      if (id === "neutral") return;
      const base = [...floor];
      points.forEach(({ weights }, i) => { floor[i] += weights[index] ?? 0; });
      this.#area(points.map(({ at }) => this.#x(at, now, width)), base, floor, height,
        colourOf(id, index));
    });
  }

  /** One emotion's band between two curves of weights. */
  #area(
    /** @type {number[]} */ xs, /** @type {number[]} */ low, /** @type {number[]} */ high,
    /** @type {number} */ height, /** @type {string} */ colour,
  ) {
    const { context } = this;
    const y = (/** @type {number} */ weight) => height - 2 - Math.min(1, weight) * (height - 26);
    const fill = context.createLinearGradient(0, 12, 0, height);
    fill.addColorStop(0, `${colour}b8`);
    fill.addColorStop(1, `${colour}30`);
    context.fillStyle = fill;
    context.beginPath();
    xs.forEach((x, i) => context.lineTo(Math.max(0, x), y(high[i])));
    for (let i = xs.length - 1; i >= 0; i--) context.lineTo(Math.max(0, xs[i]), y(low[i]));
    context.fill();
  }

  #dots(/** @type {number} */ now, /** @type {number} */ width, /** @type {number} */ height) {
    const { context } = this;
    for (const line of this.lines) {
      const index = this.emotions.findIndex(({ id }) => id === line.emotion.top);
      const [x, y] = [this.#x(line.at, now, width), this.#y(line, height)];
      context.fillStyle = colourOf(line.emotion.top, index);
      context.globalAlpha = 0.55;
      context.fillRect(x - 0.5, y, 1, height - y);
      context.globalAlpha = 1;
      context.beginPath();
      context.arc(x, y, line === this.chosen ? 7 : 4.5, 0, 2 * Math.PI);
      context.fill();
    }
  }

  #y(/** @type {{emotion: any}} */ line, /** @type {number} */ height) {
    return height - 8 - Math.min(1, line.emotion.intensity) * (height - 22);
  }

  #point(/** @type {PointerEvent} */ event) {
    const now = performance.now();
    const { clientWidth: width, clientHeight: height } = this.canvas;
    let [best, reach] = [/** @type {any} */ (null), REACH];
    for (const line of this.lines) {
      const away = Math.hypot(
        this.#x(line.at, now, width) - event.offsetX, this.#y(line, height) - event.offsetY);
      if (away <= reach) [best, reach] = [line, away];
    }
    this.#choose(best);
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.lines.length) return;
    event.preventDefault();
    const at = this.chosen ? this.lines.indexOf(this.chosen) + step : this.lines.length - 1;
    this.#choose(this.lines[Math.max(0, Math.min(this.lines.length - 1, at))]);
  }

  #choose(/** @type {any} */ line) {
    if (line === this.chosen) return;
    this.chosen = line;
    this.tip.hidden = !line;
    if (!line) return;
    const index = this.emotions.findIndex(({ id }) => id === line.emotion.top);
    const [name] = namesOf(this.emotions[index], currentLanguage());
    this.tip.textContent = `${name} ${Math.round(line.emotion.scores[index] * 100)}% · ${line.text}`;
    this.tip.style.setProperty("--colour", colourOf(line.emotion.top, index));
    this.#placeTip(performance.now());
    this.#run();
  }

  #placeTip(/** @type {number} */ now) {
    const width = this.canvas.clientWidth;
    const half = this.tip.offsetWidth / 2;
    const x = this.#x(this.chosen.at, now, width);
    this.tip.style.setProperty("left", `${Math.max(half, Math.min(width - half, x))}px`);
  }
}
