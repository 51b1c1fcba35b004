/** Asking the server for the history, and sums over what it answers. No page in here. */

const DAY_MS = 86_400_000;

/** Why a question was not answered; `code` is the server's, or `unreachable`. */
export class HistoryError extends Error {
  constructor(/** @type {string} */ code, /** @type {string} */ message) {
    super(message);
    this.code = code;
  }
}

/**
 * Ask `/v1/history/PATH`. The token goes into a header, never into the address.
 *
 * @param {string} path
 * @param {Record<string, string | null | undefined>} parameters
 * @param {string | null} token
 * @returns {Promise<Response>}
 */
export async function ask(path, parameters, token) {
  const given = Object.entries(parameters).filter(([, value]) => value);
  const query = new URLSearchParams(/** @type {any} */ (given));
  /** @type {Record<string, string>} */
  const headers = token ? { Authorization: `Bearer ${latin1(token)}` } : {};
  let response;
  try {
    response = await fetch(`/v1/history/${path}?${query}`, { headers, cache: "no-store" });
  } catch (error) {
    throw new HistoryError("unreachable", String(error));
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new HistoryError(told.error?.code ?? "unreachable", told.error?.message ?? response.statusText);
}

/** UTF-8 bytes as a header can carry them. */
function latin1(/** @type {string} */ text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** Today as 2026-01-31 in a time zone. */
export function today(/** @type {string} */ zone) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date());
}

/** A date some days later. */
export function addDays(/** @type {string} */ date, /** @type {number} */ days) {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/** How many days from one date to another. */
export function daysBetween(/** @type {string} */ since, /** @type {string} */ until) {
  return Math.round((Date.parse(until) - Date.parse(since)) / DAY_MS);
}

/**
 * Every stretch of a period with its lines, those without any too.
 *
 * @param {any[]} rows what `/mix` answers
 * @param {string} since the first day
 * @param {string} until the day after the last
 * @param {string} by
 * @returns {{begin: string, end: string, lines: Record<string, number>, total: number}[]}
 */
export function stretches(rows, since, until, by) {
  const step = { hour: DAY_MS / 24, day: DAY_MS, week: 7 * DAY_MS }[by] ?? DAY_MS;
  const known = new Map(rows.map((row) => [row.begin, row]));
  const begin = Date.parse(since);
  const monday = (new Date(begin).getUTCDay() + 6) % 7; // days since the week's Monday
  const found = [];
  for (let at = by === "week" ? begin - monday * DAY_MS : begin; at < Date.parse(until); at += step) {
    const [from, to] = [wall(at), wall(at + step)];
    const lines = known.get(from)?.lines ?? {};
    found.push({ begin: from, end: to, lines, total: sum(Object.values(lines)) });
  }
  return found;
}

const wall = (/** @type {number} */ at) => new Date(at).toISOString().slice(0, 16);

/** @param {number[]} numbers */
export const sum = (numbers) => numbers.reduce((whole, one) => whole + one, 0);

/**
 * Lines and mean intensity by emotion over rows of `/mix` or `/shares`.
 *
 * @param {any[]} rows
 * @param {{id: string}[]} emotions
 */
export function totals(rows, emotions) {
  const whole = sum(rows.flatMap((row) => Object.values(row.lines)));
  return emotions.map(({ id }) => {
    const lines = sum(rows.map((row) => row.lines[id] ?? 0));
    const weighed = sum(rows.map((row) => (row.lines[id] ?? 0) * (row.intensity?.[id] ?? 0)));
    return { id, lines, share: whole ? lines / whole : 0, intensity: lines ? weighed / lines : 0 };
  });
}

/** Give the browser a file. */
export async function download(/** @type {Response} */ response, /** @type {string} */ name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
