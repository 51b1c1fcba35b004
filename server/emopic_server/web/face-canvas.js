import { PictureCache } from "./picture-cache.js";

const MIME = /** @type {Record<string, string>} */ ({
  jpeg: "image/jpeg",
  webp: "image/webp",
  png: "image/png",
});

/**
 * Draws a character's frames onto a canvas: in order, whole, and the latest first.
 *
 * A patch is drawn over the last full frame, never before there is one. While a picture is being
 * decoded, newer ones replace each other, so a slow machine skips frames instead of lagging. What
 * was drawn stays until something newer is ready, whatever happens to the connection.
 *
 * Events: `paint` (detail: the frame, after it is on the canvas) and `error` (detail: the error; the
 * picture could not be decoded and the canvas keeps what it shows).
 */
export class FaceCanvas extends EventTarget {
  /**
   * @param {HTMLCanvasElement | OffscreenCanvas} canvas
   * @param {{cacheBytes?: number, desynchronized?: boolean}} [options] memory for decoded patches,
   *   to be used again; whether the canvas may go past the page's own compositor
   */
  constructor(canvas, { cacheBytes, desynchronized = false } = {}) {
    super();
    this.pictures = new PictureCache(decode, cacheBytes);
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { desynchronized }));
    /** @type {any} */
    this.full = null; // waiting, not decoded
    /** @type {any} */
    this.patch = null; // waiting, not decoded; belongs to the newest full frame there is
    /** @type {any} */
    this.decoding = null; // the full frame that will be `base` in a moment
    /** @type {ImageBitmap | null} */
    this.base = null; // the last full frame, decoded
    /** @type {any} */
    this.patched = null; // the rectangle that differs from `base` on the canvas
    this.epoch = 0;
    this.busy = false;
    /** Frames that were replaced before they were decoded, and patches without a full frame. */
    this.skipped = 0;
  }

  /**
   * Draw every frame of `character`. Answers a function that stops it.
   *
   * @param {EventTarget} client an `EmopicClient`
   * @param {string} character
   */
  attach(client, character) {
    const onFrame = (/** @type {any} */ event) => {
      if (event.detail.character === character) this.draw(event.detail);
    };
    client.addEventListener("frame", onFrame);
    return () => client.removeEventListener("frame", onFrame);
  }

  /**
   * Show this frame: at once if its picture is known, else soon, unless a newer one comes first.
   *
   * @param {any} frame
   */
  draw(frame) {
    const known = frame.rect && this.base && !this.busy ? this.pictures.known(frame) : null;
    if (known) {
      this.#paint(null, frame, null, known);
      return;
    }
    if (!frame.rect) {
      this.skipped += (this.full ? 1 : 0) + (this.patch ? 1 : 0);
      this.full = frame;
      this.patch = null;
    } else if (this.full || this.decoding || this.base) {
      this.skipped += this.patch ? 1 : 0;
      this.patch = frame;
    } else {
      this.skipped += 1;
      return;
    }
    if (!this.busy) void this.#work();
  }

  /** Forget waiting and base pictures (for another character); the canvas keeps what it shows. */
  reset() {
    this.epoch += 1;
    this.full = this.patch = this.patched = this.decoding = null;
    this.base?.close();
    this.base = null;
    this.pictures.clear();
  }

  async #work() {
    this.busy = true;
    while (this.full || this.patch) {
      const { full, patch, epoch } = this;
      this.full = this.patch = null;
      this.decoding = full;
      try {
        const pictures = await Promise.all(
          [full && decode(full), patch && this.pictures.get(patch)]);
        if (epoch === this.epoch) this.#paint(full, patch, pictures[0], pictures[1]);
      } catch (error) {
        this.dispatchEvent(new CustomEvent("error", { detail: error }));
      }
      if (epoch === this.epoch) this.decoding = null;
    }
    this.busy = false;
  }

  /** All drawing of one frame happens here, in one go: nothing half-drawn is ever shown. */
  #paint(
    /** @type {any} */ full,
    /** @type {any} */ patch,
    /** @type {ImageBitmap | null} */ base,
    /** @type {ImageBitmap | null} */ piece,
  ) {
    if (base) this.#paintFull(base);
    if (!this.base) return; // the full frame below this patch could not be decoded
    if (piece && this.base) {
      this.#restore(patch.rect);
      this.#replace(piece, patch.rect);
      this.patched = patch.rect;
    }
    this.dispatchEvent(new CustomEvent("paint", { detail: patch ?? full }));
  }

  #paintFull(/** @type {ImageBitmap} */ picture) {
    const { width, height } = picture;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.context.clearRect(0, 0, width, height);
    this.context.drawImage(picture, 0, 0);
    this.base?.close();
    this.base = picture;
    this.patched = null;
  }

  /**
   * A patch replaces, also where it is clear. A copy within a clip changes only this rectangle;
   * after a `clearRect`, Chromium composes the whole canvas anew.
   */
  #replace(
    /** @type {ImageBitmap} */ piece, /** @type {number[]} */ [x, y, width, height],
  ) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.globalCompositeOperation = "copy";
    context.drawImage(piece, x, y, width, height);
    context.restore();
  }

  /** Undo an earlier patch that lies elsewhere. */
  #restore(/** @type {number[]} */ next) {
    if (!this.patched || !this.base || String(next) === String(this.patched)) return;
    this.context.clearRect(0, 0, this.base.width, this.base.height);
    this.context.drawImage(this.base, 0, 0);
  }
}

/** Decode a frame's picture; `raw` is RGBA, row by row. @param {any} frame */
async function decode(frame) {
  if (frame.format !== "raw") {
    return createImageBitmap(new Blob([frame.data], { type: MIME[frame.format] }));
  }
  const [width, height] = frame.rect ? frame.rect.slice(2) : [frame.width, frame.height];
  const pixels = new Uint8ClampedArray(frame.data); // a copy: ImageData may not share the message
  return createImageBitmap(new ImageData(pixels, width, height));
}
