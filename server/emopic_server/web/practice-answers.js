/** A row of buttons, one for each emotion, each with its number key. */
import { make } from "./dom.js";
import { currentLanguage } from "./i18n.js";
import { colourOf, namesOf } from "./palette.js";

const FIELDS = "input:not([type=checkbox]):not([type=range]), textarea, select, dialog *";

export class Answers {
  /**
   * @param {HTMLElement} root
   * @param {(id: string) => void} take
   */
  constructor(root, take) {
    this.root = root;
    this.take = take;
    this.keys = true;
    this.enabled = false;
    /** @type {{id: string, ko: string}[]} */
    this.emotions = [];
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {{id: string, ko: string}[]} emotions */
  set(emotions) {
    this.emotions = emotions;
    this.root.replaceChildren(...emotions.map((emotion, index) => this.#button(emotion, index)));
    this.enable(this.enabled);
  }

  /** Whether they may be pressed now; marks are taken away. */
  enable(/** @type {boolean} */ enabled) {
    this.enabled = enabled;
    for (const button of this.#buttons()) {
      button.disabled = !enabled;
      delete button.dataset.mark;
      button.removeAttribute("aria-pressed");
    }
  }

  /** Show this one as `right`, `wrong` or `chosen`. */
  mark(/** @type {string} */ id, /** @type {string} */ mark) {
    const button = this.#buttons().find((one) => one.dataset.emotion === id);
    if (button) button.dataset.mark = mark;
  }

  /** Show this one as the one that is pressed, for a choice that may still change. */
  press(/** @type {string} */ id) {
    for (const button of this.#buttons()) {
      button.setAttribute("aria-pressed", String(button.dataset.emotion === id));
    }
  }

  #buttons() {
    return /** @type {HTMLButtonElement[]} */ ([...this.root.children]);
  }

  #button(/** @type {{id: string, ko: string}} */ emotion, /** @type {number} */ index) {
    const [first, second] = namesOf(emotion, currentLanguage());
    const other = currentLanguage() === "ko" ? "en" : "ko";
    const button = make(
      "button",
      { type: "button", class: "answer", "data-emotion": emotion.id, onclick: () => this.take(emotion.id) },
      make("kbd", { "aria-hidden": "true" }, String(index + 1)),
      make("span", {}, make("b", {}, first), " ", make("small", { lang: other }, second)),
    );
    if (index < 9) button.setAttribute("aria-keyshortcuts", String(index + 1));
    button.style.setProperty("--tone", colourOf(emotion.id, index));
    return button;
  }

  #key(/** @type {KeyboardEvent} */ event) {
    if (!this.keys || !this.enabled || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (!this.root.checkVisibility() || /** @type {Element} */ (event.target).matches(FIELDS)) return;
    const index = ["1", "2", "3", "4", "5", "6", "7", "8", "9"].indexOf(event.key);
    const emotion = this.emotions[index];
    if (!emotion) return;
    event.preventDefault();
    this.take(emotion.id);
  }
}
