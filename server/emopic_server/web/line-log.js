import { make } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { colourOf, namesOf } from "./palette.js";

const MOST = 100;

/** The lines that were sent, newest first, each with what it meant. */
export class LineLog {
  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} empty shown while there are no lines
   * @param {(text: string) => void} onReuse
   */
  constructor(list, empty, onReuse) {
    this.list = list;
    this.empty = empty;
    this.onReuse = onReuse;
    /** @type {{id: string, ko: string}[]} */
    this.emotions = [];
    /** @type {Map<string, any>} */
    this.rows = new Map();
  }

  /** A line has left; its emotion is not known yet. */
  add(/** @type {string} */ id, /** @type {string} */ text) {
    const chip = make("span", { class: "chip pending" }, "···");
    const time = new Date().toTimeString().slice(0, 5); // HH:MM in both languages
    const button = make(
      "button",
      { class: "said", type: "button", onclick: () => this.onReuse(text) },
      make("span", { class: "text" }, text),
      make("time", {}, time),
    );
    const item = make("li", {}, button, chip);
    this.rows.set(id, { item, button, chip, text, emotion: null });
    this.list.prepend(item);
    this.empty.hidden = true;
    this.#label(id);
    if (this.rows.size > MOST) this.#forget(/** @type {string} */ (this.rows.keys().next().value));
  }

  /** What the line meant. @param {any} emotion the wire's `emotion` */
  settle(emotion) {
    const row = this.rows.get(emotion.line);
    if (!row) return;
    row.emotion = emotion;
    row.chip.className = "chip";
    this.#label(emotion.line);
  }

  /** The line was refused. */
  fail(/** @type {string} */ id) {
    const row = this.rows.get(id);
    if (!row || row.emotion) return;
    row.chip.className = "chip failed";
    row.chip.textContent = "!";
  }

  textOf(/** @type {string} */ id) {
    return this.rows.get(id)?.text ?? "";
  }

  relabel() {
    for (const id of this.rows.keys()) this.#label(id);
  }

  #label(/** @type {string} */ id) {
    const { button, chip, text, emotion } = this.rows.get(id);
    button.title = t("reuse", { text });
    if (!emotion) return;
    const index = this.emotions.findIndex(({ id: name }) => name === emotion.top);
    const [name] = namesOf(this.emotions[index], currentLanguage());
    chip.style.setProperty("--colour", colourOf(emotion.top, index));
    chip.textContent = `${name} ${Math.round(emotion.scores[index] * 100)}`;
    chip.dataset.emotion = emotion.top;
  }

  #forget(/** @type {string} */ id) {
    this.rows.get(id).item.remove();
    this.rows.delete(id);
  }
}
