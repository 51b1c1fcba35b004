const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Whether this browser composes its pages on a graphics card. Without one (there is none, or
 * hardware acceleration is off) every frame of a page is copied by the processor.
 *
 * Browsers do not tell, but they do 3D with a card only, or say by whom else it is done.
 */
export function onGraphicsCard() {
  const context = new OffscreenCanvas(1, 1).getContext("webgl");
  if (!context) return false;
  const named = context.getExtension("WEBGL_debug_renderer_info");
  const name = context.getParameter(named?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  context.getExtension("WEBGL_lose_context")?.loseContext(); // its memory, at once
  return !SOFTWARE.test(name);
}
