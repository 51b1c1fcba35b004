/** A lock lasts an hour at most, so it is renewed well before that. */
const HOLD_MS = 3_600_000;
const RENEW_MS = 1_200_000;

/**
 * What a person has decided about a face: an expression that it keeps, or that it does not react.
 *
 * While either is on, lines leave the face alone; the expression wins over the other.
 */
export class Hold {
  /** @param {any} client an `EmopicClient` @param {string} character */
  constructor(client, character) {
    this.client = client;
    this.character = character;
    /** @type {string | null} the emotion that is held */
    this.emotion = null;
    this.weight = 1;
    this.muted = false;
    this.timer = setInterval(() => this.renew(), RENEW_MS);
  }

  get on() {
    return this.emotion !== null || this.muted;
  }

  /** Hold an emotion, or let go of the one that is held already. */
  toggle(/** @type {string} */ emotion) {
    this.emotion = this.emotion === emotion ? null : emotion;
    this.#say();
  }

  mute(/** @type {boolean} */ muted) {
    this.muted = muted;
    this.#say();
  }

  /** @param {number} weight in (0, 1] */
  setWeight(weight) {
    this.weight = weight;
    if (this.emotion !== null) this.#say();
  }

  /** Say again what holds, for a face that is new or a lock that runs out. */
  renew() {
    if (this.on) this.#say();
  }

  /** Let go, for good. */
  end() {
    clearInterval(this.timer);
    const { on } = this;
    this.emotion = null;
    this.muted = false;
    if (on) this.#say();
  }

  #say() {
    const expression = this.emotion === null ? {} : { [this.emotion]: this.weight };
    const options = this.on ? { hold_ms: HOLD_MS, lock: true } : { hold_ms: 0 };
    this.client.express(this.character, expression, options);
  }
}
