/** The practice page: faces to name, words to see. See docs/practice.md. */
import { byId } from "./dom.js";
import { EmopicClient } from "./emopic.js";
import { Faces } from "./faces.js";
import { extend, has, preferredLanguage, setLanguage, t } from "./i18n.js";
import { prepareFace } from "./picture.js";
import { Books } from "./practice-books.js";
import { OwnWords } from "./practice-own.js";
import { showProgress } from "./practice-progress.js";
import { Quiz } from "./practice-quiz.js";
import { Stage } from "./practice-stage.js";
import { PRACTICE_TEXTS } from "./practice-texts.js";
import { drawThumbnails, isThumbnail } from "./thumbnails.js";
import { takeToken, TokenDialog } from "./token.js";

extend(PRACTICE_TEXTS);
const VIEWS = ["name", "own", "progress"];
const KEPT = ["turns", "keys"];
const OWN = "own";

/** @type {any} what is written here is for this page alone, whatever a server keeps of others */
const client = new EmopicClient({ client: "emopic-practice", token: takeToken(), history: "off" });
const tokenDialog = new TokenDialog(client, () => connect());
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const stage = new Stage(client, byId("face"), calm);
const books = new Books({ changed: show, warn });
const faces = new Faces(byId("faces"), { onBuiltin: useBuiltin, onUpload: () => byId("picture").click() });
const quiz = new Quiz(stage, {
  nextFace, failed, came, answers: () => books.kept.answers, keep: (answer) => void keepAnswer(answer),
});
const own = new OwnWords(client, stage, {
  failed, face: () => chosen, lines: () => books.kept.lines,
  keep: (line) => books.add("lines", line), drop: (id) => books.drop("lines", id),
});
let chosen = "";
let view = "name";
let thumbnails = false;
/** @type {any} */
let status = { status: "connecting" };

// ── faces ────────────────────────────────────────────────────────────────────────────────────────

/**
 * Whose face comes next: the chosen one, or another one than before. Drawn characters take no
 * turns: a weak expression of theirs is two pictures that lie over each other.
 */
function nextFace() {
  if (!byId("turns").checked || chosen === OWN) return chosen;
  const others = client.hello.builtins.filter((/** @type {any} */ { id, kind }) =>
    kind !== "sprites" && `practice-${id}` !== stage.current?.character);
  return others[Math.floor(Math.random() * others.length)]?.id ?? chosen;
}

function choose(/** @type {string} */ id) {
  chosen = id;
  byId("turns").checked = false;
  byId("turns").dispatchEvent(new Event("change"));
  begin();
}

function useBuiltin(/** @type {string} */ id) {
  localStorage.setItem("emopic.face", id);
  faces.choose(id);
  choose(id);
}

async function usePicture(/** @type {Blob | undefined} */ file) {
  if (!file || !client.hello) return;
  try {
    const face = await prepareFace(file, client.hello.limits);
    faces.setOwn(file);
    stage.offer(OWN, { face, opaque: file.type === "image/jpeg" });
    choose(OWN);
  } catch {
    warn(t("pictureUnreadable"));
  }
}

/** Small pictures for the settings, once, after the first real face. */
function drawFaces() {
  if (thumbnails) return;
  thumbnails = true;
  void drawThumbnails(client, client.hello.builtins, (id, picture) => faces.setPicture(id, picture));
}

// ── views ────────────────────────────────────────────────────────────────────────────────────────

function open(/** @type {string} */ next) {
  view = next;
  document.body.dataset.view = next;
  for (const one of VIEWS) {
    const tab = byId(`tab-${one}`);
    tab.setAttribute("aria-selected", String(one === view));
    tab.tabIndex = one === view ? 0 : -1;
    byId(`view-${one}`).hidden = one !== view;
  }
  byId("stage").hidden = byId("settings").hidden = view === "progress";
  begin();
}

/** Start what this view does. */
function begin() {
  show();
  if (client.status !== "ready" || client.readOnly) return;
  quiz.leave();
  if (view === "name") void quiz.ask().then(drawFaces);
  if (view === "own") void own.enter().then(drawFaces);
}

function show() {
  quiz.showToday();
  own.showLines();
  if (view === "progress" && client.hello) showProgress(books.kept.answers, client.hello.emotions);
}

async function keepAnswer(/** @type {any} */ answer) {
  await books.add("answers", answer);
  quiz.showToday();
}

byId("views").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const tab = /** @type {HTMLElement} */ (event.target).closest("[role=tab]");
  if (tab) open(tab.id.replace("tab-", ""));
});
byId("views").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  const at = VIEWS.indexOf(view);
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: VIEWS.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  open(VIEWS[(next + VIEWS.length) % VIEWS.length]);
  byId(`tab-${view}`).focus();
});

// ── connection ───────────────────────────────────────────────────────────────────────────────────

client.addEventListener("hello", () => {
  const { builtins, emotions, limits } = client.hello;
  for (const { id } of builtins) stage.offer(id, { builtin: id });
  faces.setBuiltins(builtins);
  const kept = localStorage.getItem("emopic.face");
  chosen ||= (builtins.find((/** @type {any} */ one) => one.id === kept) ?? builtins[0])?.id ?? "";
  faces.choose(chosen);
  quiz.setEmotions(emotions);
  own.set(emotions, limits.line_chars);
  quiz.relabel();
});

client.addEventListener("status", (/** @type {CustomEvent} */ event) => {
  status = event.detail;
  showStatus();
  if (status.status === "ready") {
    came();
    if (client.readOnly) warn(t("practiceReadOnly"), true);
    else if (!status.resumed && !quiz.question && !own.heard) begin();
  }
  if (status.status === "stopped" && !tokenDialog.ask(status.code)) failed(status);
});

client.addEventListener("error", (/** @type {CustomEvent} */ event) => {
  if (!isThumbnail(event.detail.ref)) failed(event.detail);
});

function showStatus() {
  byId("connection").dataset.status = status.status;
  byId("connection-text").textContent = t(status.status);
  byId("retry").hidden = !["waiting", "stopped"].includes(status.status);
}

/** Say what went wrong, in the user's language where we can. @param {any} error */
function failed(error) {
  const limit = client.hello?.limits.line_chars;
  const key = `error.${error.code}`;
  const known = has(key) ? t(key, { limit }) : (error.reason ?? error.message);
  warn(error.code ? known : t("practiceFailed"));
}

/** What went wrong before is over. */
function came() {
  if (!byId("note").dataset.lasting) byId("note").hidden = true;
}

function warn(/** @type {string} */ text, lasting = false) {
  byId("note").textContent = text;
  byId("note").dataset.lasting = lasting ? "yes" : "";
  byId("note").hidden = false;
}

byId("retry").addEventListener("click", () => {
  if (client.status === "waiting") client.reconnectNow();
  else connect();
});

/** Why it failed is told by the `status` event. */
function connect() {
  client.connect().catch(() => null);
}

// ── settings ─────────────────────────────────────────────────────────────────────────────────────

for (const id of KEPT) {
  const kept = localStorage.getItem(`emopic.practice.${id}`);
  if (kept !== null) byId(id).checked = kept === "true";
  byId(id).addEventListener("change", () => {
    localStorage.setItem(`emopic.practice.${id}`, String(byId(id).checked));
    applyKeys();
  });
}
const mode = localStorage.getItem("emopic.practice.mode");
if ([...byId("mode").options].some(({ value }) => value === mode)) byId("mode").value = mode;
byId("mode").addEventListener("change", () => localStorage.setItem("emopic.practice.mode", byId("mode").value));
byId("picture").addEventListener("change", () => {
  void usePicture(byId("picture").files[0]);
  byId("picture").value = ""; // choosing the same file again is a change, too
});

function applyKeys() {
  quiz.answers.keys = own.answers.keys = byId("keys").checked;
  quiz.relabel();
}

function speak(/** @type {import("./i18n.js").Language} */ language) {
  setLanguage(language);
  document.title = t("practiceTitle");
  for (const button of document.querySelectorAll("[data-language]")) {
    const { dataset } = /** @type {HTMLElement} */ (button);
    button.setAttribute("aria-pressed", String(dataset.language === language));
  }
  applyKeys();
  own.relabel();
  faces.relabel();
  void books.relabel();
  showStatus();
  show();
}
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    const language = /** @type {any} */ (button).dataset.language;
    localStorage.setItem("emopic.lang", language);
    speak(language);
  });
}

speak(preferredLanguage());
open(view);
await books.begin();
connect();
