/** The lines that moved: newest or strongest, of the whole period or of one stretch of it. */
import { byId, make } from "./dom.js";
import { swatch } from "./diary-svg.js";
import { moment, nameOf, percent } from "./diary-words.js";
import { t } from "./i18n.js";

/**
 * @param {any} answer what `/lines` says
 * @param {{id: string, ko: string}[]} emotions
 * @param {string} zone
 */
export function showLines(answer, emotions, zone) {
  const texts = answer.rows.some((/** @type {any} */ row) => row.text !== null);
  const hint = byId("lines-hint");
  hint.hidden = answer.rows.length > 0 && (texts || answer.keep !== "scores");
  hint.textContent = t(answer.rows.length ? "diaryKeepScores" : "diaryNoLines");
  byId("lines").replaceChildren(...answer.rows.map((/** @type {any} */ row) => line(row, emotions, zone)));
}

function line(/** @type {any} */ row, /** @type {{id: string, ko: string}[]} */ emotions, /** @type {string} */ zone) {
  const index = emotions.findIndex(({ id }) => id === row.top);
  const text = row.text === null
    ? make("span", { class: "no-text" }, t("diaryNoText"))
    : make("span", { class: "text" }, row.text);
  return make(
    "li", { "data-emotion": row.top },
    make("span", { class: "chip" }, swatch(index), `${nameOf(emotions, row.top)} ${percent(row.intensity)}%`),
    text,
    make("small", {}, `${moment(row.at, zone)} · ${row.speaker} → ${row.character}`),
  );
}
