/**
 * Notebooks: each is an IndexedDB database of this browser, so that one person's can be deleted as
 * a whole. Nothing in here is ever sent anywhere.
 */

const PREFIX = "emopic-practice:";
const CHOSEN = "emopic.practice.book";
const STORES = /** @type {const} */ (["answers", "lines"]);
export const NAME_CHARS = 40;

/** The names of the notebooks this browser has, in order. @returns {Promise<string[]>} */
export async function bookNames() {
  const found = await indexedDB.databases();
  const names = found.map(({ name }) => name ?? "").filter((name) => name.startsWith(PREFIX));
  return names.map((name) => name.slice(PREFIX.length)).sort();
}

/** The notebook used last; empty if there was none. */
export const chosenName = () => localStorage.getItem(CHOSEN) ?? "";
export const rememberName = (/** @type {string} */ name) => localStorage.setItem(CHOSEN, name);
export const forgetName = () => localStorage.removeItem(CHOSEN);

/** One notebook, open. Event: `gone`, when another window has deleted it. */
export class Book extends EventTarget {
  /** Open it; it is made if there is none. @param {string} name */
  static async open(name) {
    const asked = indexedDB.open(PREFIX + name, 1);
    asked.onupgradeneeded = () => {
      for (const store of STORES) asked.result.createObjectStore(store, { keyPath: "id", autoIncrement: true });
    };
    return new Book(name, await result(asked));
  }

  constructor(/** @type {string} */ name, /** @type {IDBDatabase} */ database) {
    super();
    this.name = name;
    this.database = database;
    database.onversionchange = () => {
      database.close();
      this.dispatchEvent(new Event("gone"));
    };
  }

  /** All of `answers` or `lines`, oldest first; each has an `id`. @returns {Promise<any[]>} */
  all(/** @type {"answers" | "lines"} */ store) {
    return result(this.database.transaction(store).objectStore(store).getAll());
  }

  /** Keep these; settles when they are on the disk. @param {readonly object[]} items */
  add(/** @type {"answers" | "lines"} */ store, items) {
    return this.#change(store, (objects) => {
      for (const item of items) objects.add(item);
    });
  }

  /** Delete one. */
  drop(/** @type {"answers" | "lines"} */ store, /** @type {number} */ id) {
    return this.#change(store, (objects) => objects.delete(id));
  }

  /** Delete the notebook with all that is in it. It cannot be used any more. */
  async destroy() {
    this.database.onversionchange = null;
    this.database.close();
    await result(indexedDB.deleteDatabase(PREFIX + this.name));
  }

  close() {
    this.database.onversionchange = null;
    this.database.close();
  }

  #change(/** @type {"answers" | "lines"} */ store, /** @type {(objects: IDBObjectStore) => void} */ change) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(store, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve(undefined);
      transaction.onabort = () => reject(transaction.error);
      change(transaction.objectStore(store));
    });
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
