import { make } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { colourOf, namesOf } from "./palette.js";

/** One bar per emotion, in the model's order. Pressing one asks for its expression. */
export class Scores {
  /**
   * @param {HTMLElement} root
   * @param {(id: string) => void} onPress
   */
  constructor(root, onPress) {
    this.root = root;
    this.onPress = onPress;
    /** @type {{id: string, ko: string}[]} */
    this.emotions = [];
    /** @type {any[]} */
    this.rows = [];
    /** @type {readonly number[] | null} */
    this.values = null;
  }

  /** @param {{id: string, ko: string}[]} emotions */
  setEmotions(emotions) {
    this.emotions = emotions;
    this.rows = emotions.map((emotion, index) => this.#row(emotion, index));
    this.root.replaceChildren(...this.rows.map((row) => row.button));
    this.show(this.values?.length === emotions.length ? this.values : emotions.map(() => 0));
  }

  #row(/** @type {{id: string, ko: string}} */ emotion, /** @type {number} */ index) {
    const first = make("b");
    const second = make("small");
    const fill = make("i", { class: "fill" });
    const value = make("output", {});
    const button = make(
      "button",
      { class: "score", type: "button", "data-emotion": emotion.id, onclick: () => this.onPress(emotion.id) },
      make("span", { class: "names" }, first, second),
      make("span", { class: "track" }, fill),
      value,
    );
    button.style.setProperty("--colour", colourOf(emotion.id, index));
    return { button, first, second, fill, value };
  }

  /** Move the bars to these scores, in [0, 1]. @param {readonly number[]} values */
  show(values) {
    this.values = values;
    const top = values.indexOf(Math.max(...values));
    this.rows.forEach((row, index) => {
      const [first, second] = namesOf(this.emotions[index], currentLanguage());
      const percent = Math.round(values[index] * 100);
      row.first.textContent = first;
      row.second.textContent = second;
      row.fill.style.setProperty("--value", String(values[index]));
      row.value.textContent = String(percent);
      row.button.dataset.value = values[index].toFixed(4);
      row.button.classList.toggle("top", index === top && values[index] > 0);
      row.button.setAttribute("aria-label", t("show", { name: first, percent }));
    });
  }

  /** Say everything again in the present language. */
  relabel() {
    if (this.values) this.show(this.values);
  }
}
