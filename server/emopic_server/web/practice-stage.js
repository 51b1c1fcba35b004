/** The face that is practised with: whose it is, and what it shows. */
import { FaceCanvas } from "./emopic.js";
import { STEPS } from "./practice-staircase.js";

const STAY_MS = 3_600_000; // as long as the server allows
const MOVE_MS = 400;
const PATIENCE_MS = 20_000;
const FRAMES = { fps: 30, size: 512, quality: 88 };

/** The face did not come in time. */
export class StageError extends Error {}

/**
 * Shows faces of a client's characters on one canvas. Every face is a character of its own that
 * belongs to this page alone; it is registered when it is first needed and watched from then on,
 * so that another face costs one message, for a server takes only so many a minute.
 */
export class Stage {
  /**
   * @param {any} client an `EmopicClient`
   * @param {HTMLCanvasElement} canvas
   * @param {boolean} calm whether faces change at once instead of moving
   */
  constructor(client, canvas, calm) {
    this.client = client;
    this.calm = calm;
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {Map<string, any>} what each face is made of */
    this.sources = new Map();
    /** @type {Map<string, Sitter>} faces that the server has */
    this.sitters = new Map();
    /** @type {Sitter | null} the one on the canvas */
    this.current = null;
    client.addEventListener("frame", (/** @type {CustomEvent} */ { detail }) => {
      for (const sitter of this.sitters.values()) sitter.draw(detail);
    });
    client.addEventListener("status", (/** @type {CustomEvent} */ { detail }) => {
      if (detail.status === "ready" && !detail.resumed) this.#restore();
    });
  }

  /** A face by this id is made of this: `{builtin}`, or `{face, opaque}`. */
  offer(/** @type {string} */ id, /** @type {any} */ source) {
    if (source.builtin && this.sources.get(id)?.builtin === source.builtin) return;
    this.sources.set(id, source);
    this.sitters.delete(id);
  }

  /** Put a face that was offered onto the canvas. */
  async use(/** @type {string} */ id) {
    const sitter = this.sitters.get(id) ?? await this.#seat(id);
    this.current = sitter;
    this.#paint(sitter);
  }

  /**
   * Show one emotion at a strength of 0 … 16. Settles when the canvas does, or when something else
   * is asked for.
   *
   * @param {string} emotion @param {number} strength
   * @returns {Promise<void>}
   * @throws {StageError} it did not in 20 s
   */
  show(emotion, strength) {
    const sitter = /** @type {Sitter} */ (this.current);
    const wanted = strength ? { [emotion]: strength / STEPS } : {};
    sitter.ask(wanted);
    this.#express(sitter);
    const there = () => this.client.hello.emotions.every(
      (/** @type {any} */ { id }, /** @type {number} */ index) =>
        id === "neutral" || Math.abs((sitter.shown?.[index] ?? -1) - (wanted[id] ?? 0)) < 1e-6);
    return sitter.until(() => sitter.wanted !== wanted || there());
  }

  /** A line moves the face. Settles with the emotion heard. */
  hear(/** @type {string} */ text) {
    const sitter = /** @type {Sitter} */ (this.current);
    sitter.ask({}); // no longer what `show` asked for
    return this.client.line(sitter.character, text);
  }

  /** @returns {Promise<Sitter>} */
  async #seat(/** @type {string} */ id) {
    const { builtin, face, opaque } = this.sources.get(id);
    const sitter = new Sitter(`practice-${id}`, (one) => this.#paint(one));
    const options = { transition_ms: this.calm ? 0 : MOVE_MS, hold_ms: STAY_MS, min_confidence: 0 };
    await this.client.putCharacter(sitter.character, { builtin, face, options });
    this.sitters.set(id, sitter);
    this.client.watch(sitter.character, { frames: { ...FRAMES, format: opaque ? "jpeg" : "webp" } });
    return sitter;
  }

  #express(/** @type {Sitter} */ sitter) {
    this.client.express(sitter.character, sitter.wanted, { hold_ms: STAY_MS });
  }

  /** The server started over, with every face at rest: only the one that is seen is put right. */
  #restore() {
    if (this.current) this.#express(this.current);
  }

  #paint(/** @type {Sitter} */ sitter) {
    if (sitter !== this.current || !sitter.shown) return;
    const { canvas } = sitter.face;
    if (this.canvas.width !== canvas.width) this.canvas.width = canvas.width;
    if (this.canvas.height !== canvas.height) this.canvas.height = canvas.height;
    this.context.clearRect(0, 0, canvas.width, canvas.height);
    this.context.drawImage(canvas, 0, 0);
  }
}

/** One face, drawn where nobody sees it, so that it is whole when it is needed. */
class Sitter extends EventTarget {
  constructor(/** @type {string} */ character, /** @type {(sitter: Sitter) => void} */ painted) {
    super();
    this.character = character;
    this.face = new FaceCanvas(new OffscreenCanvas(1, 1));
    /** @type {Record<string, number>} what it was told to show last */
    this.wanted = {};
    /** @type {number[] | null} what it shows */
    this.shown = null;
    this.face.addEventListener("paint", (event) => {
      this.shown = /** @type {CustomEvent} */ (event).detail.expression;
      painted(this);
      this.dispatchEvent(new Event("change"));
    });
  }

  ask(/** @type {Record<string, number>} */ wanted) {
    this.wanted = wanted;
    this.dispatchEvent(new Event("change"));
  }

  draw(/** @type {any} */ frame) {
    if (frame.character === this.character) this.face.draw(frame);
  }

  /** Settle once a picture or another wish makes this true. @param {() => boolean} done @returns {Promise<void>} */
  until(done) {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.removeEventListener("change", look);
        clearTimeout(timer);
      };
      const look = () => {
        if (!done()) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new StageError(`no face within ${PATIENCE_MS / 1000} s`));
      }, PATIENCE_MS);
      this.addEventListener("change", look);
      look();
    });
  }
}
