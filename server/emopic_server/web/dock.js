/** The dock page: what a streamer needs beside OBS, small. See docs/clients/obs.md. */
import { CharacterList, OTHER } from "./character-list.js";
import { Composer } from "./composer.js";
import { byId, make } from "./dom.js";
import { EmopicClient, FaceCanvas } from "./emopic.js";
import { Hold } from "./hold.js";
import { currentLanguage, has, preferredLanguage, setLanguage, t } from "./i18n.js";
import { colourOf, namesOf } from "./palette.js";
import { Presence } from "./presence.js";
import { Toasts } from "./toasts.js";
import { takeToken, TokenDialog } from "./token.js";

const PREVIEW = { format: "webp", size: 192, fps: 10, quality: 80 };
const QUIET_CODES = new Set(["unknown_character"]); // the page waits for it, and says so

setLanguage(preferredLanguage());
document.title = t("dockTitle");
/** @type {any} its `hello` is there in every place that reads it */
const client = new EmopicClient({ client: "emopic-dock", token: takeToken() });
const tokenDialog = new TokenDialog(client, () => connect());
const list = new CharacterList(byId("character"));
const toasts = new Toasts(byId("toasts"));
const face = new FaceCanvas(byId("face"));
const composer = new Composer(byId("composer"), {
  newId: () => client.newLineId(),
  onPartial: async () => undefined, // what is being typed is not for the stream
  onFinal: say,
});
/** @type {{presence: Presence, hold: Hold, detach: () => void} | null} the chosen character */
let current = null;

// ── the character ────────────────────────────────────────────────────────────────────────────────

function use(/** @type {string} */ name) {
  if (current?.presence.character === name) return;
  leave();
  list.choose(name);
  face.reset();
  byId("scene").dataset.state = "empty";
  byId("mood").hidden = true;
  const wanted = () => ({ frames: document.hidden ? undefined : PREVIEW });
  const presence = new Presence(client, { character: name, wanted });
  const hold = new Hold(client, name);
  hold.weight = Number(byId("weight").value);
  current = { presence, hold, detach: face.attach(client, name) };
  presence.watch();
  showHold();
}

function leave() {
  current?.hold.end();
  current?.presence.end();
  current?.detach();
  current = null;
}

byId("character").addEventListener("change", () => {
  const { value } = byId("character");
  byId("other-form").hidden = value !== OTHER;
  if (value !== OTHER) use(value);
  else byId("other").focus();
});

byId("other-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const name = byId("other").value.trim();
  if (!name) return;
  byId("other").value = "";
  byId("other-form").hidden = true;
  use(name);
});

face.addEventListener("paint", () => { byId("scene").dataset.state = "live"; });
document.addEventListener("visibilitychange", () => current?.presence.watch());
window.addEventListener("pagehide", leave); // nobody could let go of the face any more

client.addEventListener("character", (/** @type {CustomEvent} */ event) => {
  if (event.detail.character === current?.presence.character) current?.hold.renew();
});

// ── lines ────────────────────────────────────────────────────────────────────────────────────────

function say(/** @type {string} */ id, /** @type {string} */ text) {
  if (!current) return;
  client.line(current.presence.character, text, { id }).catch((/** @type {any} */ error) => {
    if (error.code === "unknown_character") report(error); // others are told by the `error` event
    if (["timeout", "queue_full", "session_lost"].includes(error.code)) report(error);
  });
}

client.addEventListener("emotion", (/** @type {CustomEvent} */ event) => {
  const { character, top, scores } = event.detail;
  if (character !== current?.presence.character) return;
  const index = client.hello.emotions.findIndex((/** @type {any} */ one) => one.id === top);
  const name = namesOf(client.hello.emotions[index], currentLanguage())[0];
  const mood = byId("mood");
  mood.textContent = `${name} ${Math.round(scores[index] * 100)}%`;
  mood.dataset.emotion = top;
  mood.style.setProperty("--tone", colourOf(top, index));
  mood.hidden = false;
});

// ── holding ──────────────────────────────────────────────────────────────────────────────────────

function setEmotions(/** @type {{id: string, ko: string}[]} */ emotions) {
  byId("emotions").replaceChildren(...emotions.map((emotion, index) => {
    const button = make("button", {
      type: "button", "data-emotion": emotion.id, onclick: () => hold(emotion.id),
    }, namesOf(emotion, currentLanguage())[0]);
    button.style.setProperty("--tone", colourOf(emotion.id, index));
    return button;
  }));
  showHold();
}

function hold(/** @type {string} */ emotion) {
  current?.hold.toggle(emotion);
  showHold();
}

byId("mute").addEventListener("click", () => {
  current?.hold.mute(!current.hold.muted);
  showHold();
});

byId("weight").addEventListener("input", () => {
  current?.hold.setWeight(Number(byId("weight").value));
  showHold();
});

function showHold() {
  const muted = current?.hold.muted ?? false;
  for (const button of byId("emotions").children) {
    button.setAttribute("aria-pressed", String(button.dataset.emotion === current?.hold.emotion));
  }
  byId("mute").setAttribute("aria-pressed", String(muted));
  byId("mute").textContent = t(muted ? "dockMuted" : "dockMute");
  const { value } = byId("weight");
  document.querySelector("output[for=weight]")?.replaceChildren(`${Math.round(value * 100)}%`);
}

// ── connection ───────────────────────────────────────────────────────────────────────────────────

client.addEventListener("hello", () => {
  const { hello } = client;
  list.setBuiltins(hello.builtins);
  setEmotions(hello.emotions);
  composer.setLimit(hello.limits.line_chars);
  if (list.chosen !== null) use(list.chosen);
});

client.addEventListener("status", (/** @type {CustomEvent} */ event) => {
  const { status, code } = event.detail;
  byId("connection").dataset.status = status;
  byId("connection").title = byId("connection-text").textContent = t(status);
  byId("retry").hidden = !["waiting", "stopped"].includes(status);
  if (status === "ready") allow(!client.readOnly);
  if (status !== "stopped") return;
  if (!tokenDialog.ask(code)) report(event.detail);
});

client.addEventListener("error", (/** @type {CustomEvent} */ event) => {
  if (!QUIET_CODES.has(event.detail.code)) report(event.detail);
});

/** Show an error in the user's language, with the server's own words where we have none. */
function report(/** @type {any} */ error) {
  const key = `error.${error.code}`;
  const limit = client.hello?.limits.line_chars;
  toasts.show(has(key) ? t(key, { limit }) : (error.message ?? error.reason), "error");
}

/** Let the controls be used, or not with a token that may only watch. */
function allow(/** @type {boolean} */ steering) {
  byId("read-only").hidden = steering;
  for (const control of document.querySelectorAll("#composer *, #emotions *, #weight, #mute")) {
    if ("disabled" in control) control.disabled = !steering;
  }
}


byId("retry").addEventListener("click", () => {
  if (client.status === "waiting") client.reconnectNow();
  else connect();
});

byId("copy").addEventListener("click", async () => {
  const link = new URL("/overlay", location.href);
  link.searchParams.set("character", current?.presence.character ?? "");
  link.searchParams.set("subtitle", "1");
  if (client.token) link.hash = `token=${encodeURIComponent(client.token)}`;
  try {
    await navigator.clipboard.writeText(link.href);
    toasts.show(t("copied"));
  } catch {
    toasts.show(link.href); // to be selected by hand
  }
});

/** Why it failed is told by the `status` event. */
function connect() {
  client.connect().catch(() => null);
}

connect();
