import { lineKey } from "./wire.js";

/** Final lines on their way: which to send again after a cut, and which answers came twice. */
export class Unanswered {
  /** @type {Map<string, any>} */
  #lines = new Map();
  /** @type {Set<string>} */
  #repeated = new Set();

  /** This message has left. */
  add(/** @type {any} */ message) {
    if (message.type !== "line" || message.partial) return;
    const key = lineKey(message.character, message.id);
    if (this.#lines.has(key)) this.#repeated.add(key);
    this.#lines.set(key, message);
  }

  /** Note an emotion; false for the second answer to a line that was sent twice. */
  answered(/** @type {string} */ key, /** @type {boolean} */ final) {
    const expected = this.#lines.has(key);
    if (final) this.#lines.delete(key);
    return expected || !this.#repeated.delete(key);
  }

  /** Nothing more is expected for this line. */
  forget(/** @type {string} */ key) {
    this.#lines.delete(key);
  }

  get size() {
    return this.#lines.size;
  }

  /** @returns {[string, any][]} */
  entries() {
    return [...this.#lines];
  }

  clear() {
    this.#lines.clear();
    this.#repeated.clear();
  }
}
