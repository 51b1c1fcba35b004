const LEAST_MS = 250; // a shorter run of frames says little about their rate

/**
 * How long a line takes, as the user sees it: from sending to the emotion's arrival, and to the
 * first picture of that line on the canvas. Pure: `now` is passed in, in milliseconds.
 */
export class Latency {
  constructor() {
    /** @type {Map<string, number>} */
    this.sent = new Map();
    /** @type {Map<string, number>} lines whose emotion is known and whose first frame is not */
    this.answered = new Map();
    /** @type {number | null} */
    this.toEmotion = null;
    /** @type {number | null} */
    this.toFrame = null;
    /** @type {number[]} */
    this.paints = [];
    /** @type {Set<string>} */
    this.shown = new Set();
  }

  lineSent(/** @type {string} */ id, /** @type {number} */ now) {
    this.sent.set(id, now);
  }

  emotionCame(/** @type {string} */ id, /** @type {number} */ now) {
    const sent = this.sent.get(id);
    if (sent === undefined) return;
    this.toEmotion = now - sent;
    this.sent.delete(id);
    if (!this.shown.has(id)) this.answered.set(id, sent);
    while (this.answered.size > 32) {
      this.answered.delete(/** @type {string} */ (this.answered.keys().next().value));
    }
  }

  /** A frame is on the canvas; only the first of each line is timed. */
  painted(/** @type {string | null | undefined} */ line, /** @type {number} */ now) {
    this.paints.push(now);
    this.paints = this.paints.filter((at) => now - at <= 1000);
    const sent = line ? this.answered.get(line) : undefined;
    if (!line || sent === undefined) return;
    this.toFrame = now - sent;
    this.answered.delete(line);
    this.shown.add(line);
    if (this.shown.size > 256) this.shown.clear();
  }

  /** Frames painted in a second while the face moves, else null. */
  fps(/** @type {number} */ now) {
    const recent = this.paints.filter((at) => now - at <= 1000);
    const span = recent.length ? recent[recent.length - 1] - recent[0] : 0;
    return span >= LEAST_MS ? ((recent.length - 1) * 1000) / span : null;
  }
}
