/** Dates, numbers and emotions as the present language writes them. */
import { currentLanguage, t } from "./i18n.js";
import { namesOf } from "./palette.js";

const locale = () => (currentLanguage() === "ko" ? "ko-KR" : "en-GB");

/** A date (2026-01-31), short. */
export function day(/** @type {string} */ date, /** @type {Intl.DateTimeFormatOptions} */ more = {}) {
  return new Intl.DateTimeFormat(locale(), {
    timeZone: "UTC", month: "short", day: "numeric", ...more,
  }).format(new Date(`${date.slice(0, 10)}T00:00Z`));
}

/** A stretch of time: an hour, a day or a week. */
export function stretch(/** @type {{begin: string, end: string}} */ bar, /** @type {string} */ by) {
  if (by === "hour") return `${day(bar.begin)} ${bar.begin.slice(11)}–${bar.end.slice(11)}`;
  if (by === "day") return day(bar.begin, { weekday: "short" });
  return `${day(bar.begin)} – ${day(new Date(Date.parse(`${bar.end}Z`) - 1).toISOString())}`;
}

/** The label below a bar. */
export function under(/** @type {{begin: string}} */ bar, /** @type {string} */ by) {
  return by === "hour" ? `${day(bar.begin, { month: "numeric" })} ${bar.begin.slice(11, 13)}` : day(bar.begin);
}

/** A moment in a time zone. */
export function moment(/** @type {number} */ at, /** @type {string} */ zone) {
  return new Intl.DateTimeFormat(locale(), {
    timeZone: zone, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).format(new Date(at));
}

export const number = (/** @type {number} */ value) => value.toLocaleString(locale());
export const percent = (/** @type {number} */ share) => Math.round(share * 100);

/** `+4 points`, with a real minus. */
export function points(/** @type {number} */ change) {
  const value = percent(change);
  const sign = value > 0 ? "+" : value < 0 ? "−" : "±";
  return t("diaryPoints", { value: `${sign}${Math.abs(value)}` });
}

/** An emotion's name. @param {{id: string, ko: string}[]} emotions */
export function nameOf(emotions, /** @type {string} */ id) {
  const found = emotions.find((emotion) => emotion.id === id) ?? { id, ko: id };
  return namesOf(found, currentLanguage())[0];
}

/**
 * `joy 40%, anger 12%`: what there is, the most first.
 *
 * @param {Record<string, number>} lines
 * @param {{id: string, ko: string}[]} emotions
 */
export function listOf(lines, emotions) {
  const whole = Object.values(lines).reduce((all, one) => all + one, 0);
  return Object.entries(lines)
    .sort(([, one], [, two]) => two - one)
    .map(([id, count]) => `${nameOf(emotions, id)} ${percent(count / whole)}%`)
    .join(", ");
}
