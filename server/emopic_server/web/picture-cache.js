const MIB = 1024 * 1024;

/**
 * Decoded pictures by their bytes. A face on its way walks through few expressions, the same ones
 * again and again, and decoding is most of what a frame costs.
 *
 * Bounded by the memory of the pictures; the one used longest ago goes first and is closed. A
 * picture belongs to the cache and is whole until the next two are asked for.
 */
export class PictureCache {
  /** @type {Map<string, {data: Uint8Array, picture: ImageBitmap}>} the last used at the end */
  #kept = new Map();
  #bytes = 0;

  /**
   * @param {(frame: any) => Promise<ImageBitmap>} decode
   * @param {number} [most] bytes of decoded pictures
   */
  constructor(decode, most = 24 * MIB) {
    this.decode = decode;
    this.most = most;
  }

  /** This frame's picture if it is there, at once. @param {any} frame */
  known(frame) {
    const key = keyOf(frame);
    const known = this.#kept.get(key);
    if (!known || !same(known.data, frame.data)) return null;
    this.#kept.delete(key);
    this.#kept.set(key, known);
    return known.picture;
  }

  /** This frame's picture, decoded unless it is there. @param {any} frame */
  async get(frame) {
    const known = this.known(frame);
    if (known) return known;
    const picture = await this.decode(frame);
    const key = keyOf(frame);
    this.#drop(key);
    this.#kept.set(key, { data: frame.data, picture });
    this.#bytes += sizeOf(picture);
    this.#shrink();
    return picture;
  }

  clear() {
    for (const key of [...this.#kept.keys()]) this.#drop(key);
  }

  #shrink() {
    for (const key of [...this.#kept.keys()].slice(0, -2)) {
      if (this.#bytes <= this.most) return;
      this.#drop(key);
    }
  }

  #drop(/** @type {string} */ key) {
    const known = this.#kept.get(key);
    if (!known) return;
    this.#kept.delete(key);
    this.#bytes -= sizeOf(known.picture);
    known.picture.close();
  }
}

/** @type {WeakMap<Uint8Array, number>} of bytes that come again, as those of kept pictures do */
const hashes = new WeakMap();

/** A cheap name; whether the bytes are the same is looked at before a picture is used again. */
function keyOf(/** @type {any} */ { format, data, rect }) {
  return `${format} ${rect} ${data.length} ${hashes.get(data) ?? hashOf(data)}`;
}

function hashOf(/** @type {Uint8Array} */ data) {
  let hash = 0;
  for (let i = data.length - 1; i >= 0; i -= 7) hash = (Math.imul(hash, 31) + data[i]) | 0;
  hashes.set(data, hash);
  return hash;
}

function same(/** @type {Uint8Array} */ one, /** @type {Uint8Array} */ other) {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

const sizeOf = (/** @type {ImageBitmap} */ { width, height }) => 4 * width * height;
