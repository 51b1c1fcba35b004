/**
 * A small, bounded MessagePack reader and writer: nil, booleans, integers, floats, strings, bytes,
 * arrays and maps with string keys. That is all the Emopic wire uses; everything else is an error.
 *
 * Source of the format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

/** Bounds of one message. `depth` counts nested arrays and maps, `items` all values together. */
export const LIMITS = Object.freeze({ bytes: 32 * 1024 * 1024, depth: 16, items: 100_000 });

/**
 * A message cannot be read or written.
 *
 * `code` is `truncated`, `trailing`, `too_large`, `too_deep`, `too_many`, `bad_utf8`, `bad_key`,
 * `unsafe_integer` or `unsupported`.
 */
export class MsgpackError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "MsgpackError";
    this.code = code;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const toUtf8 = new TextEncoder();

/**
 * Read exactly one value. Byte strings are views into `bytes`, not copies; maps are objects
 * without a prototype.
 *
 * @param {Uint8Array} bytes
 * @param {Partial<typeof LIMITS>} [limits]
 * @returns {any}
 * @throws {MsgpackError}
 */
export function decode(bytes, limits = {}) {
  const bounds = { ...LIMITS, ...limits };
  if (bytes.length > bounds.bytes) {
    throw new MsgpackError("too_large", `${bytes.length} bytes, at most ${bounds.bytes}`);
  }
  const reader = new Reader(bytes, bounds);
  const value = reader.value(0);
  if (reader.at !== bytes.length) {
    throw new MsgpackError("trailing", `${bytes.length - reader.at} bytes after the value`);
  }
  return value;
}

/** @param {Uint8Array} raw */
function textOf(raw) {
  try {
    return utf8.decode(raw);
  } catch {
    throw new MsgpackError("bad_utf8", `text of ${raw.length} bytes is not UTF-8`);
  }
}

/**
 * Short texts that were read before, each in the place its bytes name: the decoder is behind a
 * border of the browser, and keys and names come again with every message.
 */
const WORDS = Object.freeze({ bytes: 32, most: 256 });
/** @type {({raw: Uint8Array, text: string} | undefined)[]} */
const words = new Array(WORDS.most);

function same(/** @type {Uint8Array} */ one, /** @type {Uint8Array} */ other) {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

class Reader {
  /**
   * @param {Uint8Array} bytes
   * @param {typeof LIMITS} bounds
   */
  constructor(bytes, bounds) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.bounds = bounds;
    this.at = 0;
    this.items = 0;
  }

  /**
   * @param {number} depth
   * @returns {any}
   */
  value(depth) {
    if (++this.items > this.bounds.items) {
      throw new MsgpackError("too_many", `more than ${this.bounds.items} values`);
    }
    const tag = this.bytes[this.take(1)];
    if (tag < 0x80) return tag;
    if (tag >= 0xe0) return tag - 0x100;
    if (tag < 0x90) return this.map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.array(tag & 0x0f, depth);
    if (tag < 0xc0) return this.text(tag & 0x1f);
    return this.tagged(tag, depth);
  }

  /**
   * @param {number} tag
   * @param {number} depth
   */
  tagged(tag, depth) {
    switch (tag) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.bin(this.uint(1));
      case 0xc5: return this.bin(this.uint(2));
      case 0xc6: return this.bin(this.uint(4));
      case 0xca: return this.view.getFloat32(this.take(4));
      case 0xcb: return this.view.getFloat64(this.take(8));
      case 0xcc: return this.uint(1);
      case 0xcd: return this.uint(2);
      case 0xce: return this.uint(4);
      case 0xcf: return this.safe(this.view.getBigUint64(this.take(8)));
      case 0xd0: return this.view.getInt8(this.take(1));
      case 0xd1: return this.view.getInt16(this.take(2));
      case 0xd2: return this.view.getInt32(this.take(4));
      case 0xd3: return this.safe(this.view.getBigInt64(this.take(8)));
      case 0xd9: return this.text(this.uint(1));
      case 0xda: return this.text(this.uint(2));
      case 0xdb: return this.text(this.uint(4));
      case 0xdc: return this.array(this.uint(2), depth);
      case 0xdd: return this.array(this.uint(4), depth);
      case 0xde: return this.map(this.uint(2), depth);
      case 0xdf: return this.map(this.uint(4), depth);
      default:
        throw new MsgpackError("unsupported", `type byte 0x${tag.toString(16)}`);
    }
  }

  /** Step over `count` bytes; answers where they begin. @param {number} count */
  take(count) {
    const start = this.at;
    if (count > this.bytes.length - start) {
      throw new MsgpackError("truncated", `${count} bytes wanted at ${start}`);
    }
    this.at = start + count;
    return start;
  }

  /** @param {1 | 2 | 4} size */
  uint(size) {
    const start = this.take(size);
    if (size === 1) return this.view.getUint8(start);
    return size === 2 ? this.view.getUint16(start) : this.view.getUint32(start);
  }

  /** @param {bigint} wide */
  safe(wide) {
    const number = Number(wide);
    if (!Number.isSafeInteger(number)) throw new MsgpackError("unsafe_integer", `${wide}`);
    return number;
  }

  /** @param {number} length */
  bin(length) {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** @param {number} length */
  text(length) {
    const raw = this.bin(length);
    if (length > WORDS.bytes) return textOf(raw);
    let hash = length;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + raw[i]) | 0;
    const place = (hash >>> 0) % WORDS.most;
    const known = words[place];
    if (known && same(known.raw, raw)) return known.text;
    const text = textOf(raw);
    words[place] = { raw: raw.slice(), text };
    return text;
  }

  /** A count is checked against the bytes that are left before anything is allocated. */
  count(/** @type {number} */ length, /** @type {number} */ bytesEach, /** @type {number} */ depth) {
    if (depth >= this.bounds.depth) {
      throw new MsgpackError("too_deep", `more than ${this.bounds.depth} levels`);
    }
    if (length * bytesEach > this.bytes.length - this.at) {
      throw new MsgpackError("truncated", `${length} items announced at ${this.at}`);
    }
  }

  /**
   * @param {number} length
   * @param {number} depth
   * @returns {any[]}
   */
  array(length, depth) {
    this.count(length, 1, depth);
    const out = [];
    for (let i = 0; i < length; i++) out.push(this.value(depth + 1));
    return out;
  }

  /**
   * @param {number} length
   * @param {number} depth
   */
  map(length, depth) {
    this.count(length, 2, depth);
    /** @type {Record<string, any>} */
    const out = Object.create(null); // a key like `__proto__` is then only a key
    for (let i = 0; i < length; i++) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new MsgpackError("bad_key", `key ${String(key)}`);
      out[key] = this.value(depth + 1);
    }
    return out;
  }
}

/**
 * Write one value in its shortest form. Properties that are `undefined` are left out.
 *
 * @param {any} value null, boolean, number, string, Uint8Array, ArrayBuffer, array or plain object
 * @param {Partial<typeof LIMITS>} [limits]
 * @returns {Uint8Array}
 * @throws {MsgpackError}
 */
export function encode(value, limits = {}) {
  const writer = new Writer({ ...LIMITS, ...limits });
  writer.value(value, 0);
  return writer.bytes.slice(0, writer.at);
}

class Writer {
  /** @param {typeof LIMITS} bounds */
  constructor(bounds) {
    this.bounds = bounds;
    this.bytes = new Uint8Array(256);
    this.view = new DataView(this.bytes.buffer);
    this.at = 0;
  }

  /** Make room for `count` bytes; answers where they begin. @param {number} count */
  room(count) {
    const start = this.at;
    const end = start + count;
    if (end > this.bounds.bytes) {
      throw new MsgpackError("too_large", `more than ${this.bounds.bytes} bytes`);
    }
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, start));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.at = end;
    return start;
  }

  /**
   * @param {any} value
   * @param {number} depth
   */
  value(value, depth) {
    if (value === null || value === undefined) return this.byte(0xc0);
    if (value === false || value === true) return this.byte(value ? 0xc3 : 0xc2);
    if (typeof value === "number") return this.number(value);
    if (typeof value === "string") return this.text(value);
    if (value instanceof Uint8Array) return this.bin(value);
    if (value instanceof ArrayBuffer) return this.bin(new Uint8Array(value));
    if (typeof value !== "object") {
      throw new MsgpackError("unsupported", `a ${typeof value} has no MessagePack form`);
    }
    if (depth >= this.bounds.depth) {
      throw new MsgpackError("too_deep", `more than ${this.bounds.depth} levels`);
    }
    return Array.isArray(value) ? this.array(value, depth) : this.map(value, depth);
  }

  /** @param {number} byte */
  byte(byte) {
    const start = this.room(1);
    this.bytes[start] = byte;
  }

  /** A tag and its unsigned number, 1, 2 or 4 bytes wide. */
  head(/** @type {number} */ tag, /** @type {1 | 2 | 4} */ size, /** @type {number} */ number) {
    const start = this.room(1 + size);
    this.bytes[start] = tag;
    if (size === 1) this.view.setUint8(start + 1, number);
    else if (size === 2) this.view.setUint16(start + 1, number);
    else this.view.setUint32(start + 1, number);
  }

  /** @param {number} number */
  number(number) {
    if (!Number.isSafeInteger(number) || Object.is(number, -0)) {
      const start = this.room(9);
      this.bytes[start] = 0xcb;
      this.view.setFloat64(start + 1, number);
    } else if (number >= 0) this.positive(number);
    else this.negative(number);
  }

  /** @param {number} number */
  positive(number) {
    if (number < 0x80) this.byte(number);
    else if (number < 0x100) this.head(0xcc, 1, number);
    else if (number < 0x10000) this.head(0xcd, 2, number);
    else if (number < 0x100000000) this.head(0xce, 4, number);
    else {
      const start = this.room(9);
      this.bytes[start] = 0xcf;
      this.view.setBigUint64(start + 1, BigInt(number));
    }
  }

  /** @param {number} number */
  negative(number) {
    if (number >= -0x20) this.byte(number + 0x100);
    else if (number >= -0x80) this.head(0xd0, 1, number);
    else if (number >= -0x8000) this.head(0xd1, 2, number);
    else if (number >= -0x80000000) this.head(0xd2, 4, number);
    else {
      const start = this.room(9);
      this.bytes[start] = 0xd3;
      this.view.setBigInt64(start + 1, BigInt(number));
    }
  }

  /** @param {string} text */
  text(text) {
    const raw = toUtf8.encode(text);
    if (raw.length < 0x20) this.byte(0xa0 | raw.length);
    else if (raw.length < 0x100) this.head(0xd9, 1, raw.length);
    else if (raw.length < 0x10000) this.head(0xda, 2, raw.length);
    else this.head(0xdb, 4, raw.length);
    const start = this.room(raw.length); // may replace this.bytes
    this.bytes.set(raw, start);
  }

  /** @param {Uint8Array} raw */
  bin(raw) {
    if (raw.length < 0x100) this.head(0xc4, 1, raw.length);
    else if (raw.length < 0x10000) this.head(0xc5, 2, raw.length);
    else this.head(0xc6, 4, raw.length);
    const start = this.room(raw.length);
    this.bytes.set(raw, start);
  }

  /**
   * @param {any[]} items
   * @param {number} depth
   */
  array(items, depth) {
    if (items.length < 0x10) this.byte(0x90 | items.length);
    else if (items.length < 0x10000) this.head(0xdc, 2, items.length);
    else this.head(0xdd, 4, items.length);
    for (const item of items) this.value(item, depth + 1);
  }

  /**
   * @param {Record<string, any>} object
   * @param {number} depth
   */
  map(object, depth) {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined);
    if (entries.length < 0x10) this.byte(0x80 | entries.length);
    else if (entries.length < 0x10000) this.head(0xde, 2, entries.length);
    else this.head(0xdf, 4, entries.length);
    for (const [key, value] of entries) {
      this.text(key);
      this.value(value, depth + 1);
    }
  }
}
