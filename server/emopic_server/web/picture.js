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

/** Redraw at 2048 pixels at most; WebP keeps transparency, JPEG is the way out when it is too big. */
async function shrink(/** @type {ImageBitmap} */ picture, /** @type {number} */ bytes) {
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.92 });
  return blob.size <= bytes ? blob : canvas.convertToBlob({ type: "image/jpeg", quality: 0.88 });
}
