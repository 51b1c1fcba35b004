const TYPES = ["image/jpeg", "image/png", "image/webp"];
const SIDE = 2048;

/**
 * A file as the server takes it: as it is where it fits the limits, else made smaller here.
 *
 * @param {Blob} file
 * @param {{face_bytes: number, face_side: number, face_pixels: number}} limits
 * @returns {Promise<Uint8Array>}
 * @throws {DOMException} the browser cannot open it as a picture
 */
export async function preparePicture(file, limits) {
  const picture = await createImageBitmap(file);
  const { width, height } = picture;
  const fits = TYPES.includes(file.type) && file.size <= limits.face_bytes &&
    Math.max(width, height) <= limits.face_side && width * height <= limits.face_pixels;
  const blob = fits ? file : await shrink(picture, limits.face_bytes);
  picture.close();
  return new Uint8Array(await blob.arrayBuffer());
}

/**
 * A base face as the server takes it: a picture, or a ZIP of drawn ones as it is.
 *
 * @param {Blob} file
 * @param {{face_bytes: number, face_side: number, face_pixels: number}} limits
 * @returns {Promise<Uint8Array>}
 */
export async function prepareFace(file, limits) {
  const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const zip = [0x50, 0x4b, 0x03, 0x04].every((byte, i) => start[i] === byte);
  return zip ? new Uint8Array(await file.arrayBuffer()) : preparePicture(file, limits);
}

/** Redraw at 2048 pixels at most; WebP keeps transparency, JPEG is the way out when it is too big. */
async function shrink(/** @type {ImageBitmap} */ picture, /** @type {number} */ bytes) {
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.92 });
  return blob.size <= bytes ? blob : canvas.convertToBlob({ type: "image/jpeg", quality: 0.88 });
}
