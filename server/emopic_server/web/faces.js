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
    /** @type {string | null} */
    this.ownUrl = null;
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {{id: string, name: string, ko: string}[]} builtins */
  setBuiltins(builtins) {
    this.builtins = builtins;
    this.relabel();
  }

  /** Mark a built-in face, or `own` for the user's picture, as the one in use. */
  choose(/** @type {string} */ id) {
    this.chosen = id;
    this.relabel();
  }

  /** Show this picture as the user's own. @param {Blob} picture */
  setOwn(picture) {
    if (this.ownUrl) URL.revokeObjectURL(this.ownUrl);
    this.ownUrl = URL.createObjectURL(picture);
    this.choose("own");
  }

  relabel() {
    const focused = this.root.contains(document.activeElement);
    const faces = this.builtins.map((face) => {
      const name = currentLanguage() === "ko" ? face.ko : face.name;
      const pick = () => this.actions.onBuiltin(face.id);
      return this.#choice(face.id, name, `/faces/${encodeURIComponent(face.id)}.webp`, pick);
    });
    if (this.ownUrl) {
      faces.push(this.#choice("own", t("ownPicture"), this.ownUrl, this.actions.onUpload));
    }
    const upload = make("button", {
      class: "face-choice upload", type: "button", "aria-label": t("upload"),
      title: t("uploadTitle"), onclick: this.actions.onUpload,
    }, "+");
    this.root.replaceChildren(...faces, upload);
    if (focused) /** @type {any} */ (this.root.querySelector("[aria-checked=true]"))?.focus();
  }

  #choice(
    /** @type {string} */ id, /** @type {string} */ name,
    /** @type {string} */ source, /** @type {() => void} */ pick,
  ) {
    const chosen = id === this.chosen;
    const initials = make("span", { class: "initials", "aria-hidden": "true" }, name.slice(0, 2));
    const picture = make("img", { alt: "", width: 56, height: 56, draggable: false });
    picture.addEventListener("error", () => picture.remove());
    picture.src = source;
    return make("button", {
      class: "face-choice", type: "button", role: "radio", "data-face": id, title: name,
      "aria-label": name, "aria-checked": String(chosen), tabIndex: chosen || !this.chosen ? 0 : -1,
      onclick: pick,
    }, initials, picture);
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
