/** The overlay page: one face for a stream, steered by its address alone. See docs/overlay.md. */
import { byId } from "./dom.js";
import { EmopicClient, FaceCanvas } from "./emopic.js";
import { currentLanguage, preferredLanguage, setLanguage } from "./i18n.js";
import { readOptions } from "./overlay-options.js";
import { colourOf, namesOf } from "./palette.js";

const RETRY_MS = 4_000;
const SUBTITLE_MS = 5_000;

setLanguage(preferredLanguage());
const { options, problems } = readOptions(new URL(location.href));
/** @type {any} its `hello` is there in every place that reads it */
const client = new EmopicClient({ client: "emopic-overlay", token: options.token });
const face = new FaceCanvas(byId("face"));
/** @type {Record<string, ReturnType<typeof setTimeout> | undefined>} */
const timers = {};

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
  if (problems.length) debug(problems.join("\n"));
}

/** Errors are for the one who sets the overlay up, never for the audience. */
function debug(/** @type {string} */ text) {
  const output = byId("debug");
  output.hidden = !options.debug;
  output.textContent = text;
}

function watch() {
  const { format, size, fps } = options;
  client.watch(options.character, { frames: { format, size, fps, quality: 90 } });
}

/** Nobody has put this character: use the built-in face that is named, else ask again later. */
async function provide() {
  const { character } = options;
  const known = client.hello.builtins.some((/** @type {any} */ one) => one.id === character);
  const builtin = options.builtin ?? (known ? character : null);
  clearTimeout(timers.retry);
  if (!builtin) {
    timers.retry = setTimeout(watch, RETRY_MS);
    return;
  }
  try {
    await client.putCharacter(character, { builtin, shared: true }); // `character` then watches
  } catch (error) {
    debug(`${/** @type {Error} */ (error).message}`);
    timers.retry = setTimeout(watch, RETRY_MS);
  }
}

client.addEventListener("error", (/** @type {CustomEvent} */ event) => {
  const error = event.detail;
  debug(`${error.code}: ${error.message}`);
  if (error.code === "unknown_character" && error.ref === options.character) void provide();
});

client.addEventListener("dropped", (/** @type {CustomEvent} */ event) => {
  const { character, reason } = event.detail;
  if (character === options.character && reason !== "replaced") void provide();
});

client.addEventListener("character", (/** @type {CustomEvent} */ event) => {
  if (event.detail.character === options.character) watch();
});

client.addEventListener("status", (/** @type {CustomEvent} */ event) => {
  const { status, code, reason } = event.detail;
  if (status === "ready") debug("");
  if (status === "ready") byId("debug").hidden = true;
  if (status === "waiting") debug("reconnecting");
  if (status === "stopped") {
    debug(`${code}: ${reason}`);
    timers.connect = setTimeout(connect, RETRY_MS);
  }
});

client.addEventListener("emotion", (/** @type {CustomEvent} */ event) => {
  const emotion = event.detail;
  if (!options.subtitle || emotion.character !== options.character) return;
  const index = client.hello.emotions.findIndex((/** @type {any} */ one) => one.id === emotion.top);
  byId("emotion").textContent = namesOf(client.hello.emotions[index], currentLanguage())[0];
  const subtitle = byId("subtitle");
  subtitle.style.setProperty("--colour", colourOf(emotion.top, index));
  subtitle.hidden = false;
  subtitle.classList.remove("faded");
  clearTimeout(timers.subtitle);
  timers.subtitle = setTimeout(() => subtitle.classList.add("faded"), SUBTITLE_MS);
});

face.addEventListener("paint", () => byId("face").classList.add("shown"));
face.attach(client, options.character);

/** Why it failed is told by the `status` event. */
function connect() {
  client.connect().then(watch, () => null);
}

applyOptions();
if (options.character) connect();
