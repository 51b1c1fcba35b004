/** The studio page: wires the parts to one `EmopicClient`. */
import { Composer } from "./composer.js";
import { byId, make } from "./dom.js";
import { EmopicClient, FaceCanvas } from "./emopic.js";
import { Faces } from "./faces.js";
import { EXAMPLES, currentLanguage, has, preferredLanguage, setLanguage, t } from "./i18n.js";
import { Latency } from "./latency.js";
import { LineLog } from "./line-log.js";
import { takeNotes } from "./note.js";
import { backendName, colourOf, namesOf } from "./palette.js";
import { prepareFace, preparePicture } from "./picture.js";
import { Scores } from "./scores.js";
import { drawThumbnails, isThumbnail } from "./thumbnails.js";
import { Timeline } from "./timeline.js";
import { Toasts } from "./toasts.js";
import { takeToken, TokenDialog } from "./token.js";

const PREVIEW_MS = 1600;
const SIDES = [256, 384, 512, 640, 768];
const SWITCHES = ["blink", "speak", "mark", "cutout"];
const LOCAL_ERRORS = new Set(["timeout", "queue_full", "session_lost"]);
const SLIDERS = /** @type {const} */ ([
  ["strength", "strength", "times"], ["transition", "transition_ms", "ms"], ["hold", "hold_ms", "seconds"],
]);

/** @type {any} its `hello` is there in every place that reads it */
const client = new EmopicClient({ client: "emopic-studio", token: takeToken() });
const tokenDialog = new TokenDialog(client, () => connect());
const character = ownCharacter();
const face = new FaceCanvas(byId("face"));
const toasts = new Toasts(byId("toasts"));
const latency = new Latency();
const timeline = new Timeline(byId("timeline"));
const scores = new Scores(byId("scores"), preview);
const log = new LineLog(byId("history"), byId("history-empty"), (text) => composer.fill(text));
const faces = new Faces(byId("faces"), { onBuiltin: useBuiltin, onUpload: () => byId("picture").click() });
const composer = new Composer(byId("composer"), {
  newId: () => client.newLineId(), onPartial: sayPartial, onFinal: sayFinal,
});
/** @type {any} what the face is made of: `{builtin}` or `{face, opaque}` */
let source = null;
/** @type {any} the last emotion, for the caption */
let mood = null;
/** @type {any} */
let status = { status: "connecting" };
/** Lines of which only partials were sent: their errors are not worth a message. */
const drafts = new Set();

// ── face ─────────────────────────────────────────────────────────────────────────────────────────

/** One character per browser, so that an overlay address keeps working. */
function ownCharacter() {
  const kept = localStorage.getItem("emopic.character");
  const id = kept ?? `studio-${Math.random().toString(36).slice(2, 8)}`;
  localStorage.setItem("emopic.character", id);
  return id;
}

async function useFace(/** @type {any} */ next) {
  source = next;
  byId("stage").dataset.state = "loading";
  try {
    const { builtin, face: bytes } = next;
    const cut = byId("cutout").checked;
    // JPEG is quicker, WebP keeps what is transparent
    const format = next.opaque && !cut ? "jpeg" : "webp";
    if (cut && face.base) client.watch(character, { frames: { format } }); // JPEG could not show it
    const put = { builtin, face: bytes, options: options(), shared: true };
    const ready = await client.putCharacter(character, put);
    face.reset();
    client.watch(character, { frames: { format, quality: 88, fps: 30, size: sideFor(ready) } });
  } catch (error) {
    reportOurs(error);
    byId("stage").dataset.state = face.base ? "live" : "empty";
  }
}

function useBuiltin(/** @type {string} */ id) {
  localStorage.setItem("emopic.face", id);
  faces.choose(id);
  void useFace({ builtin: id });
}

async function usePicture(/** @type {Blob | null | undefined} */ file) {
  if (!file || !client.hello) return;
  try {
    const bytes = await prepareFace(file, client.hello.limits);
    faces.setOwn(file);
    await useFace({ face: bytes, opaque: file.type === "image/jpeg" });
  } catch {
    toasts.show(t("pictureUnreadable"), "error");
  }
}

/** The picture size to ask for: what the screen shows, never more than the face has. */
function sideFor(/** @type {{width: number, height: number}} */ ready) {
  const shown = Math.max(byId("face").clientWidth, 256) * devicePixelRatio;
  const side = SIDES.find((step) => step >= shown) ?? SIDES[SIDES.length - 1];
  const most = Math.min(client.hello.limits.frame_side, Math.max(ready.width, ready.height));
  return Math.min(side, most);
}

function startFace() {
  if (source) return;
  const kept = localStorage.getItem("emopic.face");
  const { builtins } = client.hello;
  const first = builtins.find((/** @type {any} */ one) => one.id === kept) ?? builtins[0];
  if (first) useBuiltin(first.id);
}

const ambient = byId("ambient").getContext("2d");
ambient.imageSmoothingQuality = "high";

face.addEventListener("paint", () => { // the face itself comes first
  const { builtins } = client.hello;
  void drawThumbnails(client, builtins, (id, picture) => faces.setPicture(id, picture));
}, { once: true });

face.addEventListener("paint", (event) => {
  const frame = /** @type {CustomEvent} */ (event).detail;
  latency.painted(frame.line, performance.now());
  timeline.sample(frame.expression);
  spread(byId("face"));
  byId("face").style.setProperty("--ratio", String(frame.width / frame.height));
  byId("stage").dataset.state = "live";
  glow(frame.expression);
});
face.attach(client, character);

/** Continue the picture's left and right edges across the scene: a few pixels, stretched. */
function spread(/** @type {HTMLCanvasElement} */ { width, height }) {
  const edge = Math.max(1, Math.round(width * 0.04));
  ambient.clearRect(0, 0, 8, 8);
  ambient.drawImage(byId("face"), 0, 0, edge, height, 0, 0, 4, 8);
  ambient.drawImage(byId("face"), width - edge, 0, edge, height, 4, 0, 4, 8);
}

/** Light the scene in the colour of what the face shows. */
function glow(/** @type {number[]} */ expression) {
  const weights = expression.map((w, i) => (client.hello.emotions[i]?.id === "neutral" ? 0 : w));
  const most = Math.max(...weights);
  const scene = byId("scene");
  scene.style.setProperty("--feeling", most.toFixed(3));
  if (most > 0.1) {
    const index = weights.indexOf(most);
    scene.style.setProperty("--mood", colourOf(client.hello.emotions[index].id, index));
  }
  scene.classList.toggle("resting", most <= 0.1);
}

// ── lines ────────────────────────────────────────────────────────────────────────────────────────

async function sayPartial(/** @type {string} */ id, /** @type {string} */ text) {
  drafts.add(id);
  latency.lineSent(id, performance.now());
  // a draft that fails is followed by another draft or by the line itself
  await client.line(character, text, { id, partial: true }).catch(() => null);
}

async function sayFinal(/** @type {string} */ id, /** @type {string} */ text) {
  drafts.delete(id);
  log.add(id, text);
  latency.lineSent(id, performance.now());
  try {
    const emotion = await client.line(character, text, { id });
    timeline.line(text, emotion);
    byId("announcement").textContent = `${text}: ${byId("mood-name").textContent}`;
  } catch (error) {
    log.fail(id);
    reportOurs(error);
  }
}

function preview(/** @type {string} */ id) {
  client.express(character, { [id]: 1 }, { hold_ms: PREVIEW_MS });
}

client.addEventListener("emotion", (/** @type {CustomEvent} */ event) => {
  const emotion = event.detail;
  if (emotion.character !== character) return;
  latency.emotionCame(emotion.line, performance.now());
  scores.show(emotion.scores);
  if (emotion.final) log.settle(emotion);
  mood = emotion;
  showMood();
});

function showMood() {
  if (!mood) return;
  const index = client.hello.emotions.findIndex((/** @type {any} */ one) => one.id === mood.top);
  const [first, second] = namesOf(client.hello.emotions[index], currentLanguage());
  byId("mood-name").textContent = first;
  byId("mood-more").textContent = `${second} · ${Math.round(mood.scores[index] * 100)}%`;
  byId("scene").style.setProperty("--named", colourOf(mood.top, index));
}

function showSpeed() {
  const ms = (/** @type {number | null} */ value) =>
    value === null ? t("none") : t("ms", { value: value < 100 ? value.toFixed(1) : Math.round(value) });
  byId("to-emotion").textContent = ms(latency.toEmotion);
  byId("to-frame").textContent = ms(latency.toFrame);
  const fps = latency.fps(performance.now());
  if (fps !== null) byId("fps").textContent = fps.toFixed(0);
}
setInterval(showSpeed, 250);

// ── connection ───────────────────────────────────────────────────────────────────────────────────

client.addEventListener("hello", () => {
  const { hello } = client;
  scores.setEmotions(hello.emotions);
  log.emotions = timeline.emotions = hello.emotions;
  faces.setBuiltins(hello.builtins);
  composer.setLimit(hello.limits.line_chars);
  showEngine();
});

client.addEventListener("status", (/** @type {CustomEvent} */ event) => {
  status = event.detail;
  showStatus();
  if (status.status === "ready") startFace();
  if (status.status !== "stopped") return;
  if (!tokenDialog.ask(status.code)) report(status);
});

client.addEventListener("error", (/** @type {CustomEvent} */ event) => {
  const error = event.detail;
  if (!drafts.has(error.ref) && !isThumbnail(error.ref)) report(error);
});

client.addEventListener("notice", (/** @type {CustomEvent} */ event) => {
  const { code, text } = event.detail;
  toasts.show(has(`notice.${code}`) ? t(`notice.${code}`) : text);
});

/** Report what failed here; what the server refuses comes as an `error` event, too. */
function reportOurs(/** @type {any} */ error) {
  if (LOCAL_ERRORS.has(error.code)) report(error);
}

/** Show an error in the user's language, with the server's own words where we have none. */
function report(/** @type {any} */ error) {
  const limit = client.hello?.limits.line_chars;
  const key = `error.${error.code}`;
  toasts.show(has(key) ? t(key, { limit }) : (error.message ?? error.reason), "error");
}

function showStatus() {
  byId("connection").dataset.status = status.status;
  byId("connection-text").textContent = t(status.status);
  byId("retry").hidden = !["waiting", "stopped"].includes(status.status);
}

function showEngine() {
  if (!client.hello) return;
  const { backend, device, precision, text_model: text, face_model } = client.hello.engine;
  const name = backendName(backend);
  const engine = byId("engine");
  engine.hidden = false;
  engine.textContent = t("engine", { backend: name, device: device.split(" (")[0], precision });
  engine.title = t("engineTitle", { text, face: face_model, device });
  byId("backend").textContent = name;
}

byId("retry").addEventListener("click", () => {
  if (client.status === "waiting") client.reconnectNow();
  else connect();
});

/** Why it failed is told by the `status` event. */
function connect() {
  client.connect().catch(() => null);
}

// ── controls ─────────────────────────────────────────────────────────────────────────────────────

function options() {
  const chosen = Object.fromEntries(SLIDERS.map(([id, option]) => [option, Number(byId(id).value)]));
  const mark = byId("mark").checked ? "visible" : "off";
  const background = byId("cutout").checked ? "transparent" : "keep";
  const [blink, speak] = [byId("blink").checked, byId("speak").checked];
  return { ...chosen, blink, speak, mark, background };
}

function showSliders() {
  for (const [id, , unit] of SLIDERS) {
    const value = Number(byId(id).value);
    const text = unit === "times" ? value.toFixed(1) : unit === "seconds" ? value / 1000 : value;
    byId("settings").querySelector(`output[for=${id}]`).textContent = t(unit, { value: text });
    byId(id).style.setProperty("--at", String((value - byId(id).min) / (byId(id).max - byId(id).min)));
  }
}

for (const [id] of SLIDERS) {
  byId(id).addEventListener("input", showSliders);
  byId(id).addEventListener("change", () => source && useFace(source));
}
for (const id of SWITCHES) {
  byId(id).addEventListener("change", () => source && useFace(source));
}
byId("reset").addEventListener("click", () => {
  for (const [id] of SLIDERS) byId(id).value = byId(id).defaultValue;
  for (const id of SWITCHES) byId(id).checked = byId(id).defaultChecked;
  showSliders();
  if (source) void useFace(source);
});

byId("settings").addEventListener("toggle", () => {
  if (byId("settings").open) byId("settings").scrollIntoView({ block: "nearest" });
});

byId("examples").append(...EXAMPLES.map((text) => make("button", {
  class: "example", type: "button", lang: "ko", onclick: () => composer.say(text),
}, text)));

takeNotes({ form: byId("composer"), button: byId("read"), file: byId("note") }, async (file) => {
  if (!client.hello) return;
  let picture;
  try {
    picture = await preparePicture(file, client.hello.limits);
  } catch {
    toasts.show(t("pictureUnreadable"), "error");
    return;
  }
  try {
    composer.propose((await client.read(picture)).text);
    toasts.show(t("readingProposed"));
  } catch (error) {
    reportOurs(error);
  }
});

byId("picture").addEventListener("change", () => {
  void usePicture(byId("picture").files[0]);
  byId("picture").value = ""; // choosing the same file again is a change, too
});
for (const [type, over] of /** @type {[string, boolean][]} */ ([
  ["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false],
])) {
  byId("stage").addEventListener(type, (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    byId("stage").classList.toggle("dropping", over);
    if (type === "drop") void usePicture(event.dataTransfer?.files[0]);
  });
}

byId("overlay-open").addEventListener("click", () => {
  const link = new URL("/overlay", location.href);
  link.searchParams.set("character", character);
  if (source?.builtin) link.searchParams.set("builtin", source.builtin);
  if (client.token) link.hash = `token=${encodeURIComponent(client.token)}`;
  byId("overlay-link").value = byId("overlay-view").href = link.href;
  byId("overlay-dialog").showModal();
});
byId("overlay-copy").addEventListener("click", async () => {
  byId("overlay-link").select();
  try {
    await navigator.clipboard.writeText(byId("overlay-link").value);
    toasts.show(t("copied"));
    byId("overlay-dialog").close();
  } catch {
    toasts.show(t("copyFailed"), "error");
  }
});
byId("overlay-dialog").querySelector("[data-close]").addEventListener("click", () => {
  byId("overlay-dialog").close();
});

function speak(/** @type {import("./i18n.js").Language} */ language) {
  setLanguage(language);
  document.title = t("title");
  for (const button of document.querySelectorAll("[data-language]")) {
    const { dataset } = /** @type {HTMLElement} */ (button);
    button.setAttribute("aria-pressed", String(dataset.language === language));
  }
  for (const part of [scores, log, faces]) part.relabel();
  showMood();
  showStatus();
  showEngine();
  showSliders();
  showSpeed();
}
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    const language = /** @type {any} */ (button).dataset.language;
    localStorage.setItem("emopic.lang", language);
    speak(language);
  });
}

speak(preferredLanguage());
connect();
