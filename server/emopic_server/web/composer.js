const PAUSE_MS = 120;
const AT_MOST_MS = 360;

/**
 * The line the user is typing.
 *
 * While it is typed, partial lines go out after a pause of 120 ms (at the latest every 360 ms), one
 * at a time: the next waits for the answer to the last. Enter sends the final line, except the
 * Enter that ends an input method's composition: Korean is always being composed.
 */
export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {{
   *   newId: () => string,
   *   onPartial: (id: string, text: string) => Promise<unknown>,
   *   onFinal: (id: string, text: string) => void,
   * }} actions
   */
  constructor(form, actions) {
    this.actions = actions;
    this.field = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    this.counter = /** @type {HTMLElement} */ (form.querySelector(".counter"));
    this.limit = 500;
    this.id = actions.newId();
    this.sent = "";
    this.busy = false;
    this.composing = false;
    this.waitingSince = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.field.addEventListener("compositionstart", () => { this.composing = true; });
    this.field.addEventListener("compositionend", () => { this.composing = false; });
    this.field.addEventListener("input", () => this.#typed());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#final();
    });
  }

  /** @param {number} characters the longest line the server takes */
  setLimit(characters) {
    this.limit = characters;
    this.#count();
  }

  /** Put a text into the field, ready to be edited or sent. @param {string} text */
  fill(text) {
    this.field.value = text;
    this.field.focus();
    this.#typed();
  }

  /** Put a text into the field for the user to confirm; until then not even a partial line goes. */
  propose(/** @type {string} */ text) {
    clearTimeout(this.timer);
    this.field.value = text;
    this.field.focus();
    this.#restart();
    this.#count();
  }

  /** Send a text as a line of its own, whatever is being typed. @param {string} text */
  say(text) {
    this.actions.onFinal(this.actions.newId(), text);
  }

  #key(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Enter" || event.shiftKey) return;
    // 229: the key belongs to the input method (Safari reports it after compositionend)
    if (event.isComposing || this.composing || event.keyCode === 229) return;
    event.preventDefault();
    if (!event.repeat) this.#final();
  }

  #final() {
    const text = this.field.value.trim();
    if (!text) return;
    clearTimeout(this.timer);
    this.actions.onFinal(this.id, text);
    this.field.value = "";
    this.#restart();
    this.#count();
  }

  #restart() {
    this.id = this.actions.newId();
    this.sent = "";
    this.waitingSince = 0;
  }

  #typed() {
    this.#count();
    clearTimeout(this.timer);
    if (!this.field.value.trim()) return this.#restart();
    this.waitingSince ||= performance.now();
    const left = AT_MOST_MS - (performance.now() - this.waitingSince);
    this.timer = setTimeout(() => this.#partial(), Math.max(0, Math.min(PAUSE_MS, left)));
  }

  async #partial() {
    const text = this.field.value.trim();
    if (this.busy || !text || text === this.sent || [...text].length > this.limit) return;
    this.busy = true;
    this.sent = text;
    this.waitingSince = 0;
    await this.actions.onPartial(this.id, text);
    this.busy = false;
    if (this.sent && this.field.value.trim() !== this.sent) this.#partial();
  }

  #count() {
    const length = [...this.field.value].length;
    this.counter.hidden = length < this.limit * 0.8;
    this.counter.textContent = `${length} / ${this.limit}`;
    this.counter.classList.toggle("over", length > this.limit);
  }
}
