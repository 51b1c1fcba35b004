import { EmopicError } from "./errors.js";

/**
 * Promises by key. Several may wait for one key; a partial answer leaves those alone who asked for
 * the final one.
 */
export class Waiters {
  /** @type {Map<string, Waiter[]>} */
  #waiting = new Map();

  /**
   * A promise that settles with the next answer to `key`, or rejects with `timeout` after `ms`.
   *
   * @param {string} key
   * @param {{ms?: number, ref?: string | null, final?: boolean}} [options]
   * @returns {Promise<any>}
   */
  wait(key, { ms, ref = null, final = false } = {}) {
    return new Promise((resolve, reject) => {
      /** @type {Waiter} */
      const waiter = { resolve, reject, final };
      const late = () => {
        this.#drop(key, waiter);
        reject(new EmopicError("timeout", "no answer in time", { fault: "server", ref }));
      };
      if (ms !== undefined) waiter.timer = setTimeout(late, ms);
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), waiter]);
    });
  }

  has(/** @type {string} */ key) {
    return this.#waiting.has(key);
  }

  keys() {
    return [...this.#waiting.keys()];
  }

  resolve(/** @type {string} */ key, /** @type {any} */ value, final = true) {
    this.#settle(key, (waiter) => waiter.resolve(value), final);
  }

  reject(/** @type {string} */ key, /** @type {unknown} */ error) {
    this.#settle(key, (waiter) => waiter.reject(error), true);
  }

  #settle(
    /** @type {string} */ key, /** @type {(waiter: Waiter) => void} */ how,
    /** @type {boolean} */ final,
  ) {
    for (const waiter of this.#waiting.get(key) ?? []) {
      if (waiter.final && !final) continue;
      this.#drop(key, waiter);
      clearTimeout(waiter.timer);
      how(waiter);
    }
  }

  #drop(/** @type {string} */ key, /** @type {Waiter} */ waiter) {
    const rest = (this.#waiting.get(key) ?? []).filter((other) => other !== waiter);
    if (rest.length) this.#waiting.set(key, rest);
    else this.#waiting.delete(key);
  }
}

/**
 * @typedef {{
 *   resolve: (value: any) => void, reject: (error: unknown) => void,
 *   final: boolean, timer?: ReturnType<typeof setTimeout>,
 * }} Waiter
 */
