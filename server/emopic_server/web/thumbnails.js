const SIDE = 128;
const PATIENCE_MS = 15_000;
const PREFIX = "thumbnail-";

/** Whether a character is one of those put here, for a moment. */
export const isThumbnail = (/** @type {string | null} */ id) => id?.startsWith(PREFIX) ?? false;

/**
 * A small picture of each built-in face, drawn by the engine itself, one after the other. A face
 * that cannot be drawn is left out.
 *
 * @param {any} client a connected `EmopicClient`
 * @param {{id: string}[]} builtins
 * @param {(id: string, picture: Blob) => void} onPicture
 */
export async function drawThumbnails(client, builtins, onPicture) {
  for (const { id } of builtins) {
    const character = PREFIX + id;
    try {
      await client.putCharacter(character, { builtin: id });
      const picture = firstFrame(client, character);
      client.watch(character, { frames: { format: "webp", size: SIDE, fps: 1, quality: 85 } });
      onPicture(id, await picture);
    } catch {
      continue; // its initials stay
    } finally {
      client.dropCharacter(character);
    }
  }
}

/** @returns {Promise<Blob>} */
function firstFrame(/** @type {any} */ client, /** @type {string} */ character) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      client.removeEventListener("frame", onFrame);
    };
    const onFrame = (/** @type {CustomEvent} */ { detail }) => {
      if (detail.character !== character) return;
      stop();
      resolve(new Blob([detail.data], { type: "image/webp" }));
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error("no frame"));
    }, PATIENCE_MS);
    client.addEventListener("frame", onFrame);
  });
}
