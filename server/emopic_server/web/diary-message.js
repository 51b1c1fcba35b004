/** What stands in the pictures' place: how to switch the history on, that it is empty, or broken. */
import { byId, make } from "./dom.js";
import { has, t } from "./i18n.js";

const CONFIGURATION = '[history]\nurl = "history.db"\nkeep = "text"    # "scores": emotions only';
const WISH = 'new EmopicClient({ history: "text" })     // JavaScript\nconnect(url, history="text")              # Python';

/**
 * @param {string} code the server's, or `empty`
 * @param {string} reason in the server's words
 * @param {() => void} again
 */
export function showMessage(code, reason, again) {
  const root = byId("message");
  root.hidden = false;
  root.dataset.code = code;
  root.replaceChildren(...{ history_off: off, empty }[code]?.() ?? failed(code, reason, again));
}

function off() {
  return [
    make("h2", {}, t("diaryOffTitle")), make("p", {}, t("diaryOffText")), example(CONFIGURATION),
    make("p", {}, t("diaryOffWish")), example(WISH),
  ];
}

function empty() {
  return [make("h2", {}, t("diaryEmptyTitle")), make("p", {}, t("diaryEmptyText")), example(WISH)];
}

function failed(/** @type {string} */ code, /** @type {string} */ reason, /** @type {() => void} */ again) {
  const key = `diaryError.${code}`;
  return [
    make("h2", {}, t("diaryFailedTitle")),
    ...(has(key) ? [make("p", {}, t(key))] : []),
    make("p", { class: "reason" }, reason),
    make("button", { class: "strong", type: "button", onclick: again }, t("diaryAgain")),
  ];
}

const example = (/** @type {string} */ text) => make("pre", {}, make("code", {}, text));
