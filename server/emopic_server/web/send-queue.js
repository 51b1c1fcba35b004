import { EmopicError } from "./errors.js";

/** What a message may take the place of while it waits; null: it never replaces another. */
function slotOf(/** @type {any} */ message) {
  switch (message.type) {
    case "line": return `line\n${message.character}\n${message.id}`;
    case "express": return `express\n${message.character}`;
    case "watch":
    case "unwatch": return `watch\n${message.character}`;
    case "character.put":
    case "character.drop": return `character\n${message.character}`;
    default: return null;
  }
}

/** Roughly the message's size on the wire: pictures and texts are all that can be large. */
function sizeOf(/** @type {any} */ message) {
  return 64 + (message.face?.length ?? 0) + (message.picture?.length ?? 0) + 3 * (message.text?.length ?? 0);
}

/**
 * The one way out: a bounded queue that keeps within the server's message rate.
 *
 * A newer message takes the place of a waiting one with the same meaning (a partial line, a watch,
 * a put); final lines are never replaced. Partial lines leave `reserve` messages of the rate to
 * everything else, so that fast typing cannot delay a final line. At the bound, `push` throws
 * `queue_full`. Pure: `now` is passed in, in milliseconds.
 */
export class SendQueue {
  /** @param {{messages?: number, bytes?: number, reserve?: number}} [bounds] */
  constructor({ messages = 256, bytes = 24 * 1024 * 1024, reserve = 8 } = {}) {
    this.bounds = { messages, bytes };
    this.reserve = reserve;
    /** @type {any[]} */
    this.waiting = [];
    this.bytes = 0;
    this.rate = 120 / 60_000;
    this.burst = 40;
    this.allowance = 40;
    this.counted = 0;
  }

  get length() {
    return this.waiting.length;
  }

  /** Set the rate the server allows. The allowance starts full. */
  pace(/** @type {number} */ perMinute, /** @type {number} */ burst, /** @type {number} */ now) {
    this.rate = perMinute / 60_000;
    this.burst = burst;
    this.allowance = burst;
    this.counted = now;
  }

  /** Wait behind what is there, or take the place of what this message makes obsolete. */
  push(/** @type {any} */ message) {
    const slot = slotOf(message);
    const at = slot === null ? -1 : this.waiting.findIndex((other) => replaceable(other, slot));
    const bytes = this.bytes + sizeOf(message) - (at < 0 ? 0 : sizeOf(this.waiting[at]));
    if ((at < 0 && this.waiting.length >= this.bounds.messages) || bytes > this.bounds.bytes) {
      throw new EmopicError("queue_full", `${this.waiting.length} messages wait to be sent`, {
        ref: message.id ?? message.character ?? message.type,
      });
    }
    if (at < 0) this.waiting.push(message);
    else this.waiting[at] = message;
    this.bytes = bytes;
  }

  /** Put `first` ahead of everything; what waits for the same slots gives way. */
  restart(/** @type {any[]} */ first) {
    const slots = new Set(first.map(slotOf));
    this.waiting = first.concat(this.waiting.filter((other) => !slots.has(slotOf(other))));
    this.bytes = this.waiting.reduce((sum, message) => sum + sizeOf(message), 0);
  }

  /** Forget what `drop` says true to. */
  remove(/** @type {(message: any) => boolean} */ drop) {
    this.waiting = this.waiting.filter((message) => !drop(message));
    this.bytes = this.waiting.reduce((sum, message) => sum + sizeOf(message), 0);
  }

  /** The next message that may leave now, or null. */
  take(/** @type {number} */ now) {
    this.#refill(now);
    const at = this.waiting.findIndex((message) => this.allowance >= this.#price(message));
    if (at < 0) return null;
    const [message] = this.waiting.splice(at, 1);
    this.bytes -= sizeOf(message);
    this.allowance -= 1;
    return message;
  }

  /** Milliseconds until `take` may give something; null when nothing waits. */
  delay(/** @type {number} */ now) {
    if (this.waiting.length === 0) return null;
    this.#refill(now);
    const price = Math.min(...this.waiting.map((message) => this.#price(message)));
    return Math.max(0, Math.ceil((price - this.allowance) / this.rate));
  }

  /** What the allowance must hold before this message may go. */
  #price(/** @type {any} */ message) {
    const reserve = Math.min(this.reserve, this.burst - 1);
    return message.type === "line" && message.partial ? 1 + reserve : 1;
  }

  #refill(/** @type {number} */ now) {
    const grown = this.allowance + Math.max(0, now - this.counted) * this.rate;
    this.allowance = Math.min(this.burst, grown);
    this.counted = now;
  }
}

function replaceable(/** @type {any} */ other, /** @type {string} */ slot) {
  const final = other.type === "line" && !other.partial;
  return !final && slotOf(other) === slot;
}
