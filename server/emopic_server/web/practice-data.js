/** What answers add up to, and files of them. No page in here. */
import { STEPS, staircase } from "./practice-staircase.js";

/**
 * One answer. `shown` and `said` are emotions, `strength` is 1 … 16 (0 for a neutral face), `mode`
 * is `adapts`, `any` or `full`. With `described`, the face was put into words before.
 *
 * @typedef {{at: number, face: string, shown: string, strength: number, said: string, ms: number,
 *   mode: string, described: boolean}} Answer
 */
/**
 * A line with the feeling its writer gave it; `heard` is what the model had said.
 *
 * @typedef {{at: number, text: string, label: string, heard: string, strength: number}} Line
 */

export const FORMAT = "emopic-practice";
const VERSION = 1;
const FORMULA = /^[=+\-@\t\r]/; // what a spreadsheet would run

/** What is wrong with a file; `where` names the place. */
export class FileError extends Error {
  constructor(/** @type {string} */ where, /** @type {string} */ expected) {
    super(`${where}: ${expected}`);
    this.where = where;
    this.expected = expected;
  }
}

// ── sums ─────────────────────────────────────────────────────────────────────────────────────────

/**
 * How often each emotion (row) was called what (column).
 *
 * @param {readonly Answer[]} answers
 * @param {readonly string[]} ids
 */
export function confusion(answers, ids) {
  const rows = ids.map(() => ids.map(() => 0));
  for (const { shown, said } of answers) {
    const [row, column] = [ids.indexOf(shown), ids.indexOf(said)];
    if (row >= 0 && column >= 0) rows[row][column] += 1;
  }
  return rows;
}

/** Days with answers in a time zone, oldest first. @param {readonly Answer[]} answers */
export function byDay(answers, /** @type {string} */ zone) {
  const write = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
  /** @type {Map<string, {date: string, right: number, wrong: number}>} */
  const days = new Map();
  for (const answer of answers) {
    const date = write.format(answer.at);
    const day = days.get(date) ?? { date, right: 0, wrong: 0 };
    day[answer.shown === answer.said ? "right" : "wrong"] += 1;
    days.set(date, day);
  }
  return [...days.values()].sort((one, two) => (one.date < two.date ? -1 : 1));
}

/** Where an emotion's staircase stands. @param {readonly Answer[]} answers */
export function staircaseOf(answers, /** @type {string} */ id) {
  const counted = answers.filter((one) => one.shown === id && moves(one));
  return staircase(counted.map((one) => one.said === id));
}

/** Whether an answer moves the staircase: not one at another strength, nor to a face in words. */
const moves = (/** @type {Answer} */ { mode, described }) => mode === "adapts" && !described;

// ── files ────────────────────────────────────────────────────────────────────────────────────────

/** Everything, for another browser or a later day. @param {{answers: Answer[], lines: Line[]}} kept */
export function toJson(/** @type {string} */ name, kept) {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, name, ...kept }, null, 1)}\n`;
}

const ANSWER = { at: "number", face: "string", shown: "string", strength: "number", said: "string", ms: "number", mode: "string", described: "boolean" };
const LINE = { at: "number", text: "string", label: "string", heard: "string", strength: "number" };

/**
 * What `toJson` wrote.
 *
 * @param {string} text
 * @returns {{name: string, answers: Answer[], lines: Line[]}}
 * @throws {FileError} it is something else
 */
export function fromJson(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new FileError("file", "JSON");
  }
  if (found?.format !== FORMAT) throw new FileError("format", FORMAT);
  if (found.version !== VERSION) throw new FileError("version", String(VERSION));
  if (typeof found.name !== "string" || !found.name.trim()) throw new FileError("name", "text");
  return { name: found.name.trim(), answers: all(found, "answers", ANSWER), lines: all(found, "lines", LINE) };
}

function all(/** @type {any} */ found, /** @type {string} */ key, /** @type {Record<string, string>} */ fields) {
  if (!Array.isArray(found[key])) throw new FileError(key, "[…]");
  return found[key].map((/** @type {any} */ one, /** @type {number} */ index) => {
    for (const [name, type] of Object.entries(fields)) {
      const value = one?.[name];
      const fine = typeof value === type && (type !== "number" || Number.isFinite(value));
      if (!fine) throw new FileError(`${key}[${index}].${name}`, type);
    }
    return Object.fromEntries(Object.keys(fields).map((name) => [name, one[name]]));
  });
}

/** The lines as `label<TAB>text`, which `emopic classify --tsv` and training read. */
export function linesTsv(/** @type {readonly Line[]} */ lines) {
  return lines.map(({ label, text }) => `${label}\t${oneRow(text)}\n`).join("");
}

/** @param {readonly Line[]} lines */
export function linesCsv(lines) {
  return csv(["at", "label", "heard", "strength", "text"], lines.map((one) => [
    iso(one.at), one.label, one.heard, share(one.strength), one.text,
  ]));
}

/** @param {readonly Answer[]} answers */
export function answersCsv(answers) {
  return csv(
    ["at", "face", "shown", "strength", "said", "right", "ms", "mode", "described"],
    answers.map((one) => [
      iso(one.at), one.face, one.shown, share(one.strength), one.said,
      Number(one.shown === one.said), one.ms, one.mode, Number(one.described),
    ]),
  );
}

/** A line as it may stand in a table: tabs and ends of lines would end its cell. */
export const oneRow = (/** @type {string} */ text) => text.replace(/\s*[\t\r\n\v\f\u0085\u2028\u2029]+\s*/g, " ").trim();

const iso = (/** @type {number} */ at) => new Date(at).toISOString();
const share = (/** @type {number} */ strength) => strength / STEPS;

function csv(/** @type {string[]} */ heads, /** @type {(string | number)[][]} */ rows) {
  return [heads, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(/** @type {string | number} */ value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
