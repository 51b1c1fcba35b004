/** The diary's smaller pictures: the mix, the calendar and the speakers. */
import { daysBetween, addDays, sum } from "./diary-data.js";
import { draw, fillOf, swatch } from "./diary-svg.js";
import { make } from "./dom.js";

const CELL = 26;
const GAP = 4;

/**
 * One bar per emotion, with a pale one below it for the other period.
 *
 * @param {{name: string, share: number, other: number | null, note: string}[]} rows in order
 * @param {string} help
 */
export function mixPicture(rows, help) {
  const most = Math.max(0.01, ...rows.flatMap((row) => [row.share, row.other ?? 0]));
  const lines = rows.map((row, index) => make(
    "div", { class: "mix-row" },
    make("span", { class: "name" }, swatch(index), row.name),
    bar(index, row.share / most, row.other === null ? null : row.other / most),
    make("span", { class: "value" }, `${Math.round(row.share * 100)}%`, make("small", {}, row.note)),
  ));
  return make("div", { class: "mix", role: "img", "aria-label": help }, ...lines);
}

function bar(/** @type {number} */ index, /** @type {number} */ share, /** @type {number | null} */ other) {
  const parts = [draw("rect", {
    width: `${share * 100}%`, height: other === null ? 20 : 14, rx: 4, fill: fillOf(index),
  })];
  if (other !== null) {
    parts.push(draw("rect", {
      y: 16, width: `${other * 100}%`, height: 6, rx: 3, fill: fillOf(index), opacity: 0.45,
    }));
  }
  return draw("svg", { class: "mix-bar", width: "100%", height: 22, "aria-hidden": "true" }, ...parts);
}

/**
 * The days of a period, a column for each week, with the leading emotion of each.
 *
 * @param {string} since @param {string} until the day after the last
 * @param {Record<string, string>} leaders by date
 * @param {{id: string}[]} emotions
 * @param {{help: string, initials: Record<string, string>, name: (date: string) => string}} told
 */
export function calendar(since, until, leaders, emotions, told) {
  const monday = (new Date(since).getUTCDay() + 6) % 7;
  const days = daysBetween(since, until);
  const columns = Math.ceil((monday + days) / 7);
  const size = CELL + GAP;
  const svg = draw("svg", {
    class: "calendar", role: "img", "aria-label": told.help, width: columns * size, height: 7 * size,
    viewBox: `0 0 ${columns * size} ${7 * size}`,
  });
  for (let day = 0; day < days; day++) {
    const date = addDays(since, day);
    const [column, row] = [Math.floor((monday + day) / 7), (monday + day) % 7];
    const index = emotions.findIndex(({ id }) => id === leaders[date]);
    const cell = draw("g", { transform: `translate(${column * size} ${row * size})`, "data-date": date });
    cell.append(draw("title", {}, told.name(date)), draw("rect", {
      width: CELL, height: CELL, rx: 7, ...(index < 0 ? { class: "nothing" } : { fill: fillOf(index) }),
    }));
    if (index >= 0) {
      cell.append(draw("text", { class: "initial", x: CELL / 2, y: CELL / 2 + 4.5, "text-anchor": "middle" },
        told.initials[leaders[date]] ?? ""));
    }
    svg.append(cell);
  }
  return make("div", { class: "scroll" }, svg);
}

/**
 * A full bar for each speaker, split by emotion.
 *
 * @param {{who: string, lines: Record<string, number>, help: string, count: string}[]} rows
 * @param {{id: string}[]} emotions
 */
export function speakersPicture(rows, emotions) {
  return make("div", { class: "speakers" }, ...rows.map((row) => {
    const whole = sum(Object.values(row.lines));
    const svg = draw("svg", { class: "share-bar", width: "100%", height: 22, role: "img", "aria-label": row.help });
    let from = 0;
    emotions.forEach(({ id }, index) => {
      const share = (row.lines[id] ?? 0) / whole;
      if (!share) return;
      svg.append(draw("rect", {
        x: `${from * 100}%`, width: `${share * 100}%`, height: 22, fill: fillOf(index), "data-emotion": id,
      }));
      from += share;
    });
    return make("div", {}, make("p", {}, make("b", {}, row.who), make("small", {}, row.count)), svg);
  }));
}

/**
 * A table; the first cell of each row is its heading.
 *
 * @param {string} caption @param {string[]} heads @param {(string | number)[][]} rows
 */
export function table(caption, heads, rows) {
  const head = make("tr", {}, ...heads.map((text) => column(make("th", {}, text), "col")));
  const body = rows.map(([first, ...rest]) => make(
    "tr", {},
    column(make("th", {}, String(first)), "row"),
    ...rest.map((cell) => make("td", {}, String(cell))),
  ));
  return make(
    "table", {}, make("caption", { class: "sr" }, caption),
    make("thead", {}, head), make("tbody", {}, ...body),
  );
}

function column(/** @type {any} */ cell, /** @type {string} */ scope) {
  cell.setAttribute("scope", scope);
  return cell;
}
