/** The notebook in use: what it holds, and its part of the page. */
import { byId, make } from "./dom.js";
import { t } from "./i18n.js";
import { answersCsv, FileError, fromJson, toJson } from "./practice-data.js";
import { save } from "./practice-files.js";
import { Book, chosenBook, forgetBook, inTurn, listBooks, NAME_CHARS, rememberBook } from "./practice-store.js";

const NEW = "new"; // no notebook's id
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
      if (file) void this.#import(file);
      byId("import-file").value = ""; // choosing the same file again is a change, too
    });
    byId("delete").addEventListener("click", () => this.#ask());
    byId("delete-no").addEventListener("click", () => byId("delete-dialog").close());
    byId("delete-yes").addEventListener("click", () => this.#delete());
  }

  /** Open the notebook used last, or one of those there are, or a first one. */
  async begin() {
    try {
      const book = await inTurn("begin", async () => { // or two windows would make a first one each
        const known = await listBooks();
        const found = known.find(({ id }) => id === chosenBook()) ?? known[0];
        return found ? new Book(found.id, found.name) : Book.make(t("practiceBookDefault"));
      });
      await this.#open(book);
    } catch (error) {
      if (!refused(error)) throw error;
      this.#without();
    }
  }

  /** Keep one more; false where it could not be kept, which the page has said then. */
  async add(/** @type {"answers" | "lines"} */ kind, /** @type {any} */ item) {
    try {
      this.kept[kind].push(this.book ? await this.book.add(kind, item) : { ...item, id: crypto.randomUUID?.() ?? String(Math.random()) });
    } catch (error) {
      return this.#failed(error);
    }
    return true;
  }

  async drop(/** @type {"answers" | "lines"} */ kind, /** @type {string} */ id) {
    try {
      await this.book?.drop(id);
    } catch (error) {
      return this.#failed(error);
    }
    this.kept[kind] = this.kept[kind].filter((one) => one.id !== id);
    return true;
  }

  /** Offer the notebooks there are. */
  async relabel() {
    if (!this.book) return;
    const options = (await listBooks()).map(({ id, name }) => make("option", { value: id }, name));
    byId("book").replaceChildren(...options, make("option", { value: NEW }, t("practiceNewBook")));
    byId("book").value = this.book.id;
    byId("new-book").hidden = true;
  }

  #failed(/** @type {unknown} */ error) {
    if (!refused(error)) throw error;
    this.actions.warn(t("practiceNotKept"));
    return false;
  }

  /** This browser, or this address, keeps nothing. */
  #without() {
    this.book = null;
    this.kept = { answers: [], lines: [] };
    this.actions.warn(t("practiceNoStore"), true);
    for (const id of ["book", "delete", "import"]) byId(id).disabled = true;
    this.actions.changed();
  }

  async #open(/** @type {Book} */ book) {
    const kept = await book.read();
    this.book?.close();
    Object.assign(this, { book, kept });
    rememberBook(book.id);
    void navigator.storage.persist?.(); // asks the browser not to tidy it away
    book.addEventListener("gone", async () => {
      await this.begin();
      this.actions.warn(t("practiceGone"));
    });
    await this.relabel();
    this.actions.changed();
  }

  // ── what the page's controls do ────────────────────────────────────────────────────────────────

  async #chosen() {
    const { value } = byId("book");
    byId("new-book").hidden = value !== NEW;
    if (value === NEW) {
      byId("book-name").focus();
      return;
    }
    const found = (await listBooks()).find(({ id }) => id === value);
    await (found ? this.#switch(new Book(found.id, found.name)) : this.begin());
  }

  async #make() {
    const name = byId("book-name").value.trim().slice(0, NAME_CHARS);
    byId("book-name").value = "";
    if (name) await this.#switch(await Book.make(await this.#free(name)));
  }

  async #switch(/** @type {Book} */ book) {
    await this.#open(book);
    byId("book").focus();
    const { answers, lines } = this.kept;
    this.#say(t("practiceOpened", { name: book.name, answers: answers.length, lines: lines.length }));
  }

  /** A file becomes a notebook of its own: it never mixes with one that is there. */
  async #import(/** @type {File} */ file) {
    try {
      if (file.size > FILE_BYTES) throw new FileError(file.name, `< ${FILE_BYTES >> 20} MiB`);
      const { name, answers, lines } = fromJson(await file.text());
      await this.#switch(await Book.make(await this.#free(name.slice(0, NAME_CHARS)), answers, lines));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const { where, expected } = error;
      this.#say(t("practiceBadFile", { where, expected }));
    }
  }

  /** This name, with a number where it is taken. */
  async #free(/** @type {string} */ name) {
    const taken = new Set((await listBooks()).map((one) => one.name));
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
    return free;
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
    forgetBook();
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

/** Whether the browser refused to keep something; a TypeError: it does not even know how to. */
function refused(/** @type {unknown} */ error) {
  return error instanceof DOMException || error instanceof TypeError;
}
