const RETRY_MS = 4_000;

/**
 * Keeps one character watched, whatever comes: a lost connection, a new face, nobody who has put it.
 *
 * While nobody has put the character, this puts it with the built-in face that was named or that
 * has its name, shared, so that everybody with the token may speak to it. Without such a face, or
 * with a read-only token, it looks again every few seconds.
 */
export class Presence {
  #client;
  #retry = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #listening = new AbortController();

  /**
   * @param {any} client an `EmopicClient`
   * @param {{
   *   character: string, builtin?: string | null, options?: object,
   *   wanted: () => object, onProblem?: (text: string) => void,
   * }} settings `options` are for a character that is put here, `wanted` gives the watch's options
   */
  constructor(client, { character, builtin = null, options, wanted, onProblem = () => {} }) {
    this.#client = client;
    this.character = character;
    this.builtin = builtin;
    this.options = options;
    this.wanted = wanted;
    this.onProblem = onProblem;
    this.#on("dropped", ({ detail }) => {
      if (detail.character === this.character && detail.reason !== "replaced") void this.#provide();
    });
    this.#on("error", ({ detail: error }) => {
      const missing = error.code === "unknown_character" && error.ref === this.character;
      if (missing) void this.#provide();
    });
  }

  /** Watch, or watch in another way. */
  watch() {
    clearTimeout(this.#retry);
    this.#client.watch(this.character, this.wanted());
  }

  /** Let go of the character. */
  end() {
    clearTimeout(this.#retry);
    this.#listening.abort();
    this.#client.unwatch(this.character);
  }

  #on(/** @type {string} */ type, /** @type {(event: CustomEvent) => void} */ listener) {
    this.#client.addEventListener(type, listener, { signal: this.#listening.signal });
  }

  /** The built-in face to use, null where there is none or nothing may be put. */
  #face() {
    const { hello, readOnly } = this.#client;
    if (readOnly) return null;
    const known = hello.builtins.some((/** @type {any} */ one) => one.id === this.character);
    return this.builtin ?? (known ? this.character : null);
  }

  async #provide() {
    const { character, options } = this;
    const builtin = this.#face();
    clearTimeout(this.#retry);
    let delay = RETRY_MS;
    if (builtin) {
      try {
        await this.#client.putCharacter(character, { builtin, options, shared: true });
        delay = 0;
      } catch (error) {
        this.onProblem(/** @type {Error} */ (error).message);
      }
    }
    if (!this.#listening.signal.aborted) this.#retry = setTimeout(() => this.watch(), delay);
  }
}
