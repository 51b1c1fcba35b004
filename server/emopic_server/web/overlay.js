/** The overlay page: one face for a stream, steered by its address alone. See docs/clients/obs.md. */
import { onGraphicsCard } from "./compositing.js";
import { byId } from "./dom.js";
import { EmopicClient, FaceCanvas } from "./emopic.js";
import { preferredLanguage, setLanguage } from "./i18n.js";
import { followObs } from "./obs.js";
import { readOptions } from "./overlay-options.js";
import { Presence } from "./presence.js";
import { Subtitle } from "./subtitle.js";

const RETRY_MS = 4_000;

setLanguage(preferredLanguage());
const { options, problems } = readOptions(new URL(location.href));
/** @type {any} its `hello` is there in every place that reads it */
const client = new EmopicClient({ client: "emopic-overlay", token: options.token });
/** Composed by the processor, going past the page's compositor saves a third of a frame's cost. */
const face = new FaceCanvas(byId("face"), { desynchronized: options.direct ?? !onGraphicsCard() });
const subtitle = new Subtitle(byId("subtitle"));
let shown = true;

const presence = new Presence(client, {
  character: options.character,
  builtin: options.builtin,
  options: options.transition === null ? undefined : { transition_ms: options.transition },
  wanted: watchOptions,
  onProblem: debug,
});

/** Nothing is rendered for a source that OBS does not show; its last face stays on the canvas. */
function watchOptions() {
  const { format, size, fps, keep, subtitle: kind } = options;
  const frames = shown ? { format, size, fps, quality: 85, keep } : undefined;
  return { frames, text: kind === "line" || kind === "live" };
}

function applyOptions() {
  const [vertical, horizontal] = options.position;
  const place = byId("place").style;
  place.setProperty("--vertical", vertical);
  place.setProperty("--horizontal", horizontal);
  place.setProperty("--scale", String(options.scale));
  /** @type {Record<string, [string, string]>} */
  const side = { start: ["top", "left"], center: ["center", "center"], end: ["bottom", "right"] };
  place.setProperty("--object", `${side[horizontal][1]} ${side[vertical][0]}`);
  byId("face").classList.toggle("flip", options.flip);
  if (options.bg) document.body.style.backgroundColor = options.bg;
}

/** Errors are for the one who sets the overlay up, never for the audience. */
function debug(/** @type {string} */ text) {
  const output = byId("debug");
  output.textContent = [...problems, text].filter(Boolean).join("\n");
  output.hidden = !options.debug || !output.textContent;
}

client.addEventListener("error", (/** @type {CustomEvent} */ event) => {
  debug(`${event.detail.code}: ${event.detail.message}`);
});

client.addEventListener("status", (/** @type {CustomEvent} */ event) => {
  const { status, code, reason } = event.detail;
  if (status === "ready") debug("");
  if (status === "waiting") debug("reconnecting");
  if (status === "stopped") {
    debug(`${code}: ${reason}`);
    setTimeout(connect, RETRY_MS);
  }
});

client.addEventListener("emotion", (/** @type {CustomEvent} */ event) => {
  const emotion = event.detail;
  if (!options.subtitle || emotion.character !== options.character) return;
  if (options.subtitle === "line" && !emotion.final) return; // it may still be typed, typos and all
  subtitle.show(emotion, client.hello.emotions);
});

face.addEventListener("paint", () => byId("face").classList.add("shown"), { once: true });
face.attach(client, options.character);

/** Why it failed is told by the `status` event. */
function connect() {
  client.connect().catch(() => null);
}

applyOptions();
debug("");
if (options.character) {
  followObs((now) => {
    shown = now;
    presence.watch();
  });
  connect();
}
