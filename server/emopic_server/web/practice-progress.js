/** Looking back: right answers by day, strengths, and what was taken for what. */
import { table } from "./diary-pictures.js";
import { day } from "./diary-words.js";
import { byId, make } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { colourOf, namesOf } from "./palette.js";
import { byDay, confusion, staircaseOf } from "./practice-data.js";
import { daysPicture, levelPicture, matrixPicture } from "./practice-pictures.js";
import { STEPS } from "./practice-staircase.js";

const DAYS = 60; // in the picture; the table has all
const MIX_UPS = 3;

/**
 * Show what these answers add up to.
 *
 * @param {any[]} answers @param {{id: string, ko: string}[]} emotions
 */
export function showProgress(answers, emotions) {
  byId("no-answers").hidden = answers.length > 0;
  for (const card of document.querySelectorAll("[data-picture]")) card.toggleAttribute("hidden", answers.length === 0);
  if (answers.length === 0) return;
  showDays(answers);
  showMatrix(answers, emotions);
  showLevels(answers, emotions);
}

const percent = (/** @type {number} */ share) => Math.round(share * 100);
const nameOf = (/** @type {{id: string, ko: string}} */ emotion) => namesOf(emotion, currentLanguage())[0];

/** A picture that may be wider than its card; the keyboard scrolls it. */
function scrolling(/** @type {string} */ label, /** @type {Node} */ picture) {
  return make("div", { class: "scroll", role: "group", "aria-label": label, tabIndex: 0 }, picture);
}

function showDays(/** @type {any[]} */ answers) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const days = byDay(answers, zone).map((one) => ({
    ...one, count: one.right + one.wrong, share: one.right / (one.right + one.wrong),
  }));
  const right = answers.filter((one) => one.shown === one.said).length;
  const tip = (/** @type {any} */ one) => t("practiceDayTip", {
    date: day(one.date), count: one.count, right: one.right, percent: percent(one.share),
  });
  const [axis, picture] = daysPicture(
    days.slice(-DAYS).map((one) => ({ label: day(one.date, { month: "numeric" }), tip: tip(one), share: one.share })),
    t("practiceDaysHelp", {
      days: days.length, count: answers.length, right, percent: percent(right / answers.length),
      last: percent(days[days.length - 1].share),
    }));
  const scroll = scrolling(t("practiceDays"), picture);
  byId("days").replaceChildren(axis, scroll);
  scroll.scrollLeft = scroll.scrollWidth; // the newest
  byId("days-table").replaceChildren(table(
    t("practiceDays"), [t("practiceDate"), t("practiceCount"), t("practiceRights"), t("practiceShare")],
    days.map((one) => [day(one.date, { year: "numeric" }), one.count, one.right, `${percent(one.share)}%`])));
}

function showMatrix(/** @type {any[]} */ answers, /** @type {{id: string, ko: string}[]} */ emotions) {
  const counts = confusion(answers, emotions.map(({ id }) => id));
  const names = emotions.map(nameOf);
  const mixed = counts
    .flatMap((row, shown) => row.map((count, said) => ({ count, shown, said })))
    .filter(({ count, shown, said }) => count && shown !== said)
    .sort((one, two) => two.count - one.count)
    .slice(0, MIX_UPS)
    .map(({ count, shown, said }) => t("practiceMixUp", { count, shown: names[shown], said: names[said] }));
  const list = mixed.join(", ") || t("practiceMatrixNone");
  byId("matrix").replaceChildren(
    scrolling(t("practiceMatrix"), matrixPicture(counts, names, t("practiceMatrixHelp", { list }))));
  byId("matrix-table").replaceChildren(table(
    t("practiceMatrix"), [t("practiceShownHead"), ...names], counts.map((row, index) => [names[index], ...row])));
}

function showLevels(/** @type {any[]} */ answers, /** @type {{id: string, ko: string}[]} */ emotions) {
  const felt = emotions
    .map((emotion, index) => ({ emotion, colour: colourOf(emotion.id, index), ...staircaseOf(answers, emotion.id) }))
    .filter(({ emotion }) => emotion.id !== "neutral");
  const now = (/** @type {number} */ level) => percent(level / STEPS);
  byId("levels").replaceChildren(...felt.map((one) => {
    const name = nameOf(one.emotion);
    const help = t("practiceLevelHelp", { name, percent: now(one.level), count: one.trail.length });
    return make("figure", {}, make("figcaption", {}, name), levelPicture({ ...one, help }));
  }));
  byId("levels-table").replaceChildren(table(
    t("practiceLevels"),
    [t("practiceEmotion"), t("practiceCount"), t("practiceLevelNow"), t("practiceThreshold")],
    felt.map((one) => [
      nameOf(one.emotion), one.trail.length, `${now(one.level)}%`,
      one.threshold === null ? "–" : `${percent(one.threshold)}%`,
    ])));
}
