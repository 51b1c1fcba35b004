import { make } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";

/** The row of faces to choose from: the server's own, and the user's picture. */
export class Faces {
  /**
   * @param {HTMLElement} root a radiogroup
   * @param {{onBuiltin: (id: string) => void, onUpload: () => void}} actions
   */
  constructor(root, actions) {
    this.root = root;
    this.actions = actions;
    /** @type {{id: string, name: string, ko: string}[]} */
    this.builtins = [];
    /** @type {string | null} */
    this.chosen = null;
    this.upload = make(
      "button", { class: "face-choice upload", type: "button", onclick: actions.onUpload }, "+");
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {{id: string, name: string, ko: string}[]} builtins */
  setBuiltins(builtins) {
    if (JSON.stringify(builtins) === JSON.stringify(this.builtins)) return;
    this.builtins = builtins;
    const choices = builtins.map(({ id }) =>
      choice(id, () => this.actions.onBuiltin(id)));
    this.root.replaceChildren(...choices, this.upload);
    this.relabel();
  }

  /** Mark a built-in face, or `own` for the user's picture, as the one in use. */
  choose(/** @type {string} */ id) {
    this.chosen = id;
    this.relabel();
    const choices = [...this.root.children];
    if (!choices.includes(/** @type {any} */ (document.activeElement))) return;
    /** @type {any} */ (this.root.querySelector("[aria-checked=true]"))?.focus();
  }

  /** Show this picture as the user's own. @param {Blob} picture */
  setOwn(picture) {
    this.root.querySelector("[data-face=own]")?.remove();
    this.upload.before(choice("own", this.actions.onUpload));
    if (picture.type.startsWith("image/")) this.setPicture("own", picture); // a ZIP is none
    this.choose("own");
  }

  /** What to show on a face's button; until then it shows initials. */
  setPicture(/** @type {string} */ id, /** @type {Blob} */ picture) {
    const button = this.root.querySelector(`[data-face="${CSS.escape(id)}"]`);
    const image = make("img", { alt: "", width: 56, height: 56, draggable: false });
    const url = URL.createObjectURL(picture);
    image.addEventListener("load", () => URL.revokeObjectURL(url));
    image.src = url;
    button?.querySelector("img")?.remove();
    button?.append(image);
  }

  /** Say every name in the present language. */
  relabel() {
    for (const node of this.root.querySelectorAll("[role=radio]")) {
      const button = /** @type {HTMLButtonElement} */ (node);
      const face = this.builtins.find(({ id }) => id === button.dataset.face);
      const name = face ? (currentLanguage() === "ko" ? face.ko : face.name) : t("ownPicture");
      const chosen = button.dataset.face === this.chosen;
      button.title = name;
      button.tabIndex = chosen || !this.chosen ? 0 : -1;
      button.setAttribute("aria-label", name);
      button.setAttribute("aria-checked", String(chosen));
      /** @type {HTMLElement} */ (button.querySelector(".initials")).textContent = name.slice(0, 2);
    }
    this.upload.title = t("uploadTitle");
    this.upload.setAttribute("aria-label", t("upload"));
  }

  /** Arrow keys move the choice, as in every group of radio buttons. */
  #key(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.builtins.findIndex(({ id }) => id === this.chosen);
    const next = this.builtins[(at + step + this.builtins.length) % this.builtins.length];
    if (next) this.actions.onBuiltin(next.id);
  }
}

/** One round button with a face, or with initials where there is no picture. */
function choice(/** @type {string} */ id, /** @type {() => void} */ pick) {
  return make(
    "button",
    { class: "face-choice", type: "button", role: "radio", "data-face": id, onclick: pick },
    make("span", { class: "initials", "aria-hidden": "true" }),
  );
}
