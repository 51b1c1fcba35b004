/** SVG by hand: elements, and a fill for each emotion that does not rely on colour alone. */
import { colourOf } from "./palette.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
// Strokes over the colour, in a tile of 8 by 8; the first emotion is plain.
const STROKES = [
  "",
  "M0 8 8 0M-2 2 2-2M6 10 10 6",
  "M2 2h1.600v1.600H2zM6 6h1.600v1.600H6z",
  "M0 4h8",
  "M0 0 8 8M-2 6 2 10M6-2 10 2",
  "M4 0v8",
  "M0 4h8M4 0v8",
  "M0 0 8 8M0 8 8 0",
];

/**
 * Make an SVG element: attributes, then children.
 *
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** The fill of the emotion at this place, after `setPatterns`. */
export const fillOf = (/** @type {number} */ index) => `url(#tone-${index})`;

/** Put the emotions' patterns into the page, instead of those before. @param {{id: string}[]} emotions */
export function setPatterns(emotions) {
  document.getElementById("tones")?.remove();
  const tiles = emotions.map(({ id }, index) => draw(
    "pattern",
    { id: `tone-${index}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    draw("rect", { width: 8, height: 8, fill: colourOf(id, index) }),
    draw("path", {
      d: STROKES[index % STROKES.length], fill: "none", stroke: "#0b0d12",
      "stroke-width": 1.5, "stroke-opacity": 0.5,
    }),
  ));
  const holder = draw("svg", { id: "tones", class: "sr", width: 0, height: 0, "aria-hidden": "true" });
  holder.append(draw("defs", {}, ...tiles));
  document.body.append(holder);
}

/** A small square with an emotion's fill. */
export function swatch(/** @type {number} */ index, size = 14) {
  return draw(
    "svg", { class: "swatch", width: size, height: size, "aria-hidden": "true" },
    draw("rect", { width: size, height: size, rx: 4, fill: fillOf(index) }),
  );
}

/**
 * What stands at the left of a picture that scrolls, and stays there.
 *
 * @param {number} width @param {number} height
 * @param {{y: number, text: string}[]} ticks
 */
export function axisColumn(width, height, ticks) {
  return draw(
    "svg", { class: "axis-column", width, height, "aria-hidden": "true" },
    draw("rect", { class: "behind", width, height }),
    ...ticks.map(({ y, text }) => draw("text", { class: "axis", x: width - 6, y: y + 4, "text-anchor": "end" }, text)),
  );
}
