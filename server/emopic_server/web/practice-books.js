/** The notebook in use: what it holds, and its part of the page. */
import { byId, make } from "./dom.js";
import { t } from "./i18n.js";
import { answersCsv, FileError, fromJson, toJson } from "./practice-data.js";
import { save } from "./practice-files.js";
import {
  Book, bookNames, chosenName, forgetName, NAME_CHARS, rememberName,
} from "./practice-store.js";

const NEW = " new"; // no name begins with a space
const FILE_BYTES = 32 * 1024 * 1024;

/**
 * Answers and lines are held here and written through to the notebook. Where the browser keeps
 * nothing, they are held all the same, and the page says so.
 */
export class Books {
  /** @param {{changed: () => void, warn: (text: string, lasting?: boolean) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    /** @type {Book | null} */
    this.book = null;
    /** @type {Record<"answers" | "lines", any[]>} */
    this.kept = { answers: [], lines: [] };
    this.loose = -1; // ids of what could not be kept
    byId("book").addEventListener("change", () => this.#chosen());
    byId("new-book").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void this.#make();
    });
    byId("export").addEventListener("click", () =>
      save(`${this.#fileName()}.json`, "application/json", toJson(this.#name(), this.#plain())));
    byId("export-csv").addEventListener("click", () =>
      save(`${this.#fileName()}.csv`, "text/csv", answersCsv(this.kept.answers)));
    byId("import").addEventListener("click", () => byId("import-file").click());
    byId("import-file").addEventListener("change", () => {
      const [file] = byId("import-file").files;
      byId("import-file").value = ""; // choosing the same file again is a change, too
      if (file) void this.#import(file);
    });
    byId("delete").addEventListener("click", () => this.#ask());
    byId("delete-no").addEventListener("click", () => byId("delete-dialog").close());
    byId("delete-yes").addEventListener("click", () => this.#delete());
  }

  /** Open the notebook used last, or one of those there are, or a first one. */
  async begin() {
    try {
      const names = await bookNames();
      const last = chosenName();
      await this.#open(names.includes(last) ? last : (names[0] ?? t("practiceBookDefault")));
    } catch (error) {
      this.book = null;
      this.kept = { answers: [], lines: [] };
      this.actions.warn(t("practiceNoStore"), true);
      for (const id of ["book", "delete", "import"]) byId(id).disabled = true;
      this.actions.changed();
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  }

  /** Keep one more; false where it could not be kept, which the page has said then. */
  async add(/** @type {"answers" | "lines"} */ store, /** @type {any} */ item) {
    try {
      await this.book?.add(store, [item]);
      this.kept[store] = this.book
        ? await this.book.all(store)
        : [...this.kept[store], { ...item, id: this.loose-- }];
    } catch (error) {
      return this.#failed(error);
    }
    return true;
  }

  async drop(/** @type {"answers" | "lines"} */ store, /** @type {number} */ id) {
    try {
      await this.book?.drop(store, id);
    } catch (error) {
      return this.#failed(error);
    }
    this.kept[store] = this.kept[store].filter((one) => one.id !== id);
    return true;
  }

  /** Offer the notebooks there are. */
  async relabel() {
    if (!this.book) return;
    const options = (await bookNames()).map((name) => make("option", { value: name }, name));
    byId("book").replaceChildren(...options, make("option", { value: NEW }, t("practiceNewBook")));
    byId("book").value = this.book.name;
    byId("new-book").hidden = true;
  }

  #failed(/** @type {unknown} */ error) {
    if (!(error instanceof DOMException)) throw error;
    this.actions.warn(t("practiceNotKept"));
    return false;
  }

  async #open(/** @type {string} */ name) {
    const book = await Book.open(name);
    this.book?.close();
    this.book = book;
    this.kept = { answers: await book.all("answers"), lines: await book.all("lines") };
    rememberName(name);
    void navigator.storage?.persist?.(); // asks the browser not to tidy it away
    book.addEventListener("gone", () => {
      this.actions.warn(t("practiceGone"));
      void this.begin();
    });
    await this.relabel();
    this.actions.changed();
  }

  // ── what the page's controls do ────────────────────────────────────────────────────────────────

  async #chosen() {
    const { value } = byId("book");
    byId("new-book").hidden = value !== NEW;
    if (value === NEW) byId("book-name").focus();
    else await this.#switch(value);
  }

  async #make() {
    const name = byId("book-name").value.trim().slice(0, NAME_CHARS);
    byId("book-name").value = "";
    if (name) await this.#switch(name);
  }

  async #switch(/** @type {string} */ name) {
    await this.#open(name);
    byId("book").focus();
    const { answers, lines } = this.kept;
    this.#say(t("practiceOpened", { name, answers: answers.length, lines: lines.length }));
  }

  /** A file becomes a notebook of its own: it never mixes with one that is there. */
  async #import(/** @type {File} */ file) {
    try {
      if (file.size > FILE_BYTES) throw new FileError(file.name, `< ${FILE_BYTES >> 20} MiB`);
      const found = fromJson(await file.text());
      const name = free(found.name.slice(0, NAME_CHARS), await bookNames());
      const book = await Book.open(name);
      await book.add("answers", found.answers);
      await book.add("lines", found.lines);
      book.close();
      await this.#switch(name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#say(error.where ? t("practiceBadFile", { where: error.where, expected: error.message.split(": ").at(-1) ?? "" }) : error.message);
    }
  }

  #ask() {
    const { answers, lines } = this.kept;
    byId("delete-title").textContent = t("practiceDeleteTitle", { name: this.#name() });
    byId("delete-text").textContent = t(
      "practiceDeleteText", { answers: answers.length, lines: lines.length });
    byId("delete-dialog").showModal();
    byId("delete-no").focus();
  }

  async #delete() {
    byId("delete-dialog").close();
    const name = this.#name();
    await this.book?.destroy();
    this.book = null;
    forgetName();
    await this.begin();
    this.#say(t("practiceDeleted", { name }));
    byId("book-title").focus();
  }

  #say(/** @type {string} */ text) {
    byId("book-said").textContent = text;
  }

  #name() {
    return this.book?.name ?? t("practiceBookDefault");
  }

  #fileName() {
    return `emopic-${this.#name().replace(/[^\p{L}\p{N}-]+/gu, "-")}`;
  }

  /** Without the ids, which mean nothing elsewhere. */
  #plain() {
    const bare = (/** @type {any} */ { id, ...rest }) => rest;
    return { answers: this.kept.answers.map(bare), lines: this.kept.lines.map(bare) };
  }
}

/** This name, with a number where it is taken. @param {string[]} taken */
function free(/** @type {string} */ name, taken) {
  if (!taken.includes(name)) return name;
  for (let number = 2; ; number++) {
    if (!taken.includes(`${name} ${number}`)) return `${name} ${number}`;
  }
}
