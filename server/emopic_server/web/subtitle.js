import { currentLanguage } from "./i18n.js";
import { colourOf, namesOf } from "./palette.js";

const LEAST_MS = 4_000;
const PER_CHARACTER_MS = 70;
const MOST_MS = 12_000;

/** The last line below the face: its emotion's name and colour, and its text where there is one. */
export class Subtitle {
  /** @param {HTMLElement} root a figcaption with `.emotion` and `.said` */
  constructor(root) {
    this.root = root;
    this.emotion = /** @type {HTMLElement} */ (root.querySelector(".emotion"));
    this.said = /** @type {HTMLElement} */ (root.querySelector(".said"));
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * Show an emotion for as long as its line takes to read.
   *
   * @param {{top: string, text?: string | null}} emotion
   * @param {{id: string, ko: string}[]} labels
   */
  show({ top, text = null }, labels) {
    const index = labels.findIndex(({ id }) => id === top);
    this.emotion.textContent = namesOf(labels[index], currentLanguage())[0];
    this.said.textContent = text;
    this.root.style.setProperty("--colour", colourOf(top, index));
    this.root.classList.toggle("speaking", Boolean(text));
    this.root.classList.remove("faded");
    this.root.hidden = false;
    clearTimeout(this.timer);
    const reading = LEAST_MS + PER_CHARACTER_MS * (text?.length ?? 0);
    this.timer = setTimeout(() => this.root.classList.add("faded"), Math.min(MOST_MS, reading));
  }
}
