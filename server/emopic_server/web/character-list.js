import { make } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";

const KEPT = "emopic.dock.characters";
const CHOSEN = "emopic.dock.character";
const MOST = 12;
/** No character's name can be empty. */
export const OTHER = "";

/** The characters to choose from: names used before, the studio's own, the built-in faces. */
export class CharacterList {
  /** @param {HTMLSelectElement} select */
  constructor(select) {
    this.select = select;
    /** @type {string[]} */
    this.kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    /** @type {{id: string, name: string, ko: string}[]} */
    this.builtins = [];
    const asked = new URLSearchParams(location.search).get("character");
    this.chosen = asked ?? localStorage.getItem(CHOSEN) ?? localStorage.getItem("emopic.character");
  }

  /** @param {{id: string, name: string, ko: string}[]} builtins */
  setBuiltins(builtins) {
    this.builtins = builtins;
    this.chosen ??= builtins[0]?.id ?? null;
    if (this.chosen !== null) this.choose(this.chosen);
  }

  /** Take a name as the chosen one and remember it. */
  choose(/** @type {string} */ name) {
    this.chosen = name;
    if (!this.builtins.some(({ id }) => id === name)) {
      this.kept = [name, ...this.kept.filter((other) => other !== name)].slice(0, MOST);
      localStorage.setItem(KEPT, JSON.stringify(this.kept));
    }
    localStorage.setItem(CHOSEN, name);
    this.relabel();
  }

  /** Fill the list in the present language. */
  relabel() {
    const studio = localStorage.getItem("emopic.character");
    const own = studio && !this.kept.includes(studio) ? [studio, ...this.kept] : this.kept;
    const labels = new Map(own.map((name) => [name, name === studio ? t("dockStudio") : name]));
    for (const { id, name, ko } of this.builtins) {
      labels.set(id, currentLanguage() === "ko" ? ko : name);
    }
    labels.set(OTHER, t("dockOther"));
    this.select.replaceChildren(...[...labels].map(([value, text]) =>
      make("option", { value, selected: value === this.chosen }, text)));
  }
}
