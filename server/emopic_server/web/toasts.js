import { make } from "./dom.js";
import { t } from "./i18n.js";

const MOST = 4;

/** Short messages that go away by themselves; the same text is never shown twice at once. */
export class Toasts {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /**
   * @param {string} text
   * @param {"notice" | "error"} [kind]
   */
  show(text, kind = "notice") {
    for (const shown of [...this.root.children]) {
      if (/** @type {HTMLElement} */ (shown).dataset.text === text) shown.remove();
    }
    while (this.root.children.length >= MOST) this.root.firstElementChild?.remove();
    const toast = make(
      "div",
      { class: `toast ${kind}`, "data-text": text, ...(kind === "error" && { role: "alert" }) },
      make("i", { class: "mark", "aria-hidden": "true" }),
      make("p", {}, text),
      make("button", { type: "button", "aria-label": t("dismiss"), onclick: () => toast.remove() }),
    );
    this.root.append(toast);
    setTimeout(() => toast.remove(), kind === "error" ? 10_000 : 6_000);
  }
}
