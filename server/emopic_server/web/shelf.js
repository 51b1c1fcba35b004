/**
 * The pictures that a client keeps for the frames that come without theirs (`frames.keep`), by
 * character and slot. A server numbers at most 256 of a character, and no more than the watch asked.
 */
export class Shelves {
  /** @type {Map<string, Map<number, Uint8Array>>} */
  #shelves = new Map();

  /** A character is watched and its server may keep pictures here. */
  open(/** @type {string} */ character) {
    if (!this.#shelves.has(character)) this.#shelves.set(character, new Map());
  }

  /** A watch has ended; what it kept will not be asked for. */
  forget(/** @type {string} */ character) {
    this.#shelves.delete(character);
  }

  /** The connection has ended, and with it all that was kept. */
  clear() {
    for (const shelf of this.#shelves.values()) shelf.clear();
  }

  /**
   * Give a frame its picture. False where it is missing: the frame is of an earlier watch, and a
   * full one of the present watch follows it.
   *
   * @param {any} frame
   */
  fill(frame) {
    if (frame.slot === undefined || frame.slot === null) return true;
    const shelf = this.#shelves.get(frame.character);
    if (frame.data.length > 0) {
      shelf?.set(frame.slot, frame.data);
      return true;
    }
    frame.data = shelf?.get(frame.slot);
    return frame.data !== undefined;
  }
}
