/**
 * Notebooks: each is one file of this browser (its origin private file system), so that deleting
 * one takes it off the disk. A database of the browser's would not do: LevelDB keeps what was
 * deleted until it happens to tidy up. Nothing in here is ever sent anywhere.
 *
 * A file is lines of JSON: `{"book": NAME}`, then one object for each answer or line. Files are
 * named by chance, for the browser keeps file names elsewhere. It needs a secure context: https, or
 * this machine.
 */

const FOLDER = "emopic-practice";
const CHOSEN = "emopic.practice.book";
const HEAD_BYTES = 1024; // the first line, with the name
export const NAME_CHARS = 40;

/**
 * The notebooks this browser has, by name. An empty file is none: its window ended while it made it.
 * @returns {Promise<{id: string, name: string}[]>}
 */
export function listBooks() {
  return inTurn("folder", async () => {
    const found = [];
    for await (const [id, handle] of (await folder()).entries()) {
      const [head] = (await (await handle.getFile()).slice(0, HEAD_BYTES).text()).split("\n");
      if (head) found.push({ id, name: JSON.parse(head).book });
    }
    return found.sort((one, two) => (one.name < two.name ? -1 : 1));
  });
}

/** Windows do what has this name one after the other. @template T @param {string} name @param {() => Promise<T>} work @returns {Promise<T>} */
export const inTurn = (name, work) => navigator.locks.request(`${FOLDER}:${name}`, work);

/** The id of the notebook used last; empty if there was none. */
export const chosenBook = () => localStorage.getItem(CHOSEN) ?? "";
export const rememberBook = (/** @type {string} */ id) => localStorage.setItem(CHOSEN, id);
export const forgetBook = () => localStorage.removeItem(CHOSEN);

/** One notebook. Event: `gone`, when another window has deleted it. */
export class Book extends EventTarget {
  /** A new one with these `answers` and `lines`. */
  static async make(/** @type {string} */ name, /** @type {any[]} */ answers = [], /** @type {any[]} */ lines = []) {
    const book = new Book(crypto.randomUUID(), name);
    await inTurn("folder", async () => {
      await (await folder()).getFileHandle(book.id, { create: true });
      await book.#write(true, [{ book: name }, ...marked("answers", answers), ...marked("lines", lines)]);
    });
    return book;
  }

  constructor(/** @type {string} */ id, /** @type {string} */ name) {
    super();
    this.id = id;
    this.name = name;
    this.channel = new BroadcastChannel(FOLDER);
    this.channel.addEventListener("message", ({ data }) => {
      if (data === this.id) this.dispatchEvent(new Event("gone"));
    });
  }

  /** All that is in it, oldest first; each has an `id`. @returns {Promise<{answers: any[], lines: any[]}>} */
  async read() {
    const [, ...rows] = await this.#rows();
    const of = (/** @type {string} */ kind) =>
      rows.filter((row) => row.kind === kind).map(({ kind: _, ...item }) => item);
    return { answers: of("answers"), lines: of("lines") };
  }

  /** Keep one more. Settles with it, once it is in the file. */
  async add(/** @type {"answers" | "lines"} */ kind, /** @type {any} */ item) {
    const [row] = marked(kind, [item]);
    await this.#alone(() => this.#write(false, [row]));
    return { ...item, id: row.id };
  }

  /** Delete one: the file is written anew without it. */
  drop(/** @type {string} */ id) {
    return this.#alone(async () => {
      await this.#write(true, (await this.#rows()).filter((row) => row.id !== id));
    });
  }

  /** Delete the notebook with all that is in it. It cannot be used any more. */
  async destroy() {
    await this.#alone(() => inTurn("folder", async () => (await folder()).removeEntry(this.id)));
    this.channel.postMessage(this.id);
    this.close();
  }

  close() {
    this.channel.close();
  }

  /** Windows change a notebook one after the other. @template T @param {() => Promise<T>} change */
  #alone(change) {
    return inTurn(this.id, change);
  }

  async #file() {
    return (await folder()).getFileHandle(this.id);
  }

  async #rows() {
    const text = await (await (await this.#file()).getFile()).text();
    return text.split("\n").filter(Boolean).map((row) => JSON.parse(row));
  }

  /** Write rows behind those there are, or in their place; all of it or nothing. */
  async #write(/** @type {boolean} */ anew, /** @type {any[]} */ rows) {
    const handle = await this.#file();
    const { size } = await handle.getFile();
    const file = await handle.createWritable({ keepExistingData: !anew });
    if (!anew) await file.seek(size);
    await file.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await file.close();
  }
}

const marked = (/** @type {string} */ kind, /** @type {any[]} */ items) =>
  items.map((item) => ({ kind, ...item, id: crypto.randomUUID() }));

/** @returns {Promise<any>} the folder of all notebooks */
async function folder() {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}
