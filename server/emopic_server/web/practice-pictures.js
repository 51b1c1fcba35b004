/** Pictures of the practice: days, strengths and what was taken for what. */
import { axisColumn, draw } from "./diary-svg.js";
import { STEPS } from "./practice-staircase.js";

const DAY = { bar: 34, step: 48, height: 180, top: 22, floor: 24, left: 44 };
const LEVEL = { width: 230, height: 92, left: 40, edge: 8 };
const CELL = { width: 64, height: 44, left: 84, top: 30 };

/**
 * The share of right answers by day: its axis, which stays, and what scrolls.
 *
 * @param {{label: string, tip: string, share: number}[]} days
 * @param {string} help
 */
export function daysPicture(days, help) {
  const { bar, step, height, top, floor, left } = DAY;
  const width = left + Math.max(4, days.length) * step;
  const y = (/** @type {number} */ share) => height - floor - share * (height - floor - top);
  const svg = picture(width, height, help);
  const ticks = [0, 0.5, 1].map((share) => ({ y: y(share), text: `${share * 100}%` }));
  svg.append(...ticks.map((tick) => draw("line", { class: "grid", x1: left, x2: width, y1: tick.y, y2: tick.y })));
  days.forEach(({ label, tip, share }, index) => {
    const x = left + index * step + (step - bar) / 2;
    svg.append(draw(
      "g", { class: "day" }, draw("title", {}, tip),
      draw("rect", { x, y: y(share), width: bar, height: Math.max(1, y(0) - y(share)), rx: 4 }),
      draw("text", { class: "value", x: x + bar / 2, y: y(share) - 5, "text-anchor": "middle" }, String(Math.round(share * 100))),
      draw("text", { class: "axis", x: x + bar / 2, y: height - 7, "text-anchor": "middle" }, label)));
  });
  return [axisColumn(left, height, ticks), svg];
}

/**
 * One emotion's staircase over its answers, and the strength that is named right three times in four.
 *
 * @param {{trail: number[], level: number, threshold: number | null, colour: string, help: string}} one
 */
export function levelPicture({ trail, level, threshold, colour, help }) {
  const { width, height, left, edge } = LEVEL;
  const y = (/** @type {number} */ strength) => edge + (1 - strength / STEPS) * (height - 2 * edge);
  const points = [...trail, level];
  const across = (width - left - 16) / Math.max(1, points.length - 1);
  const svg = picture(width, height, help);
  for (const strength of [0, STEPS / 2, STEPS]) {
    svg.append(
      draw("line", { class: "grid", x1: left, x2: width, y1: y(strength), y2: y(strength) }),
      draw("text", { class: "axis", x: left - 6, y: y(strength) + 4, "text-anchor": "end" }, `${(strength / STEPS) * 100}%`));
  }
  const path = points.map((strength, index) => {
    const [x, height_] = [left + index * across, y(strength)];
    return index ? `H${x.toFixed(1)}V${height_.toFixed(1)}` : `M${x} ${height_.toFixed(1)}`;
  });
  svg.append(draw("path", { class: "trail", d: path.join(""), stroke: colour }));
  if (threshold !== null) {
    svg.append(draw("circle", { class: "threshold", cx: width - 9, cy: y(threshold * STEPS), r: 6, fill: colour }));
  }
  return svg;
}

/**
 * What was taken for what: rows were shown, columns answered. The darker a square, the larger its
 * share of the row; every square says its count, and right ones have a frame.
 *
 * @param {number[][]} counts @param {string[]} names @param {string} help
 */
export function matrixPicture(counts, names, help) {
  const { width, height, left, top } = CELL;
  const svg = picture(left + names.length * width, top + names.length * height, help);
  names.forEach((name, index) => svg.append(
    draw("text", { class: "axis", x: left + (index + 0.5) * width, y: top - 10, "text-anchor": "middle" }, name),
    draw("text", { class: "axis", x: left - 8, y: top + (index + 0.5) * height + 4, "text-anchor": "end" }, name)));
  counts.forEach((row, shown) => {
    const whole = Math.max(1, row.reduce((all, one) => all + one, 0));
    row.forEach((count, said) => svg.append(
      draw("rect", {
        class: shown === said ? "square right" : "square", x: left + said * width + 2, y: top + shown * height + 2,
        width: width - 4, height: height - 4, rx: 6, "fill-opacity": count ? 0.18 + 0.82 * (count / whole) : 0,
      }),
      draw("text", {
        class: count / whole > 0.5 ? "count strong" : "count", x: left + (said + 0.5) * width,
        y: top + (shown + 0.5) * height + 5, "text-anchor": "middle",
      }, count ? String(count) : "·")));
  });
  return svg;
}

function picture(/** @type {number} */ width, /** @type {number} */ height, /** @type {string} */ help) {
  return draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": help });
}
