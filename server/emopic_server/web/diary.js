/** The diary: what lines meant over time. See docs/history.md. */
import { Controls } from "./diary-controls.js";
import { addDays, ask, daysBetween, download, HistoryError, stretches, sum, totals } from "./diary-data.js";
import { showLines } from "./diary-lines.js";
import { showMessage } from "./diary-message.js";
import { calendar, mixPicture, speakersPicture, table } from "./diary-pictures.js";
import { setPatterns, swatch } from "./diary-svg.js";
import { DIARY_TEXTS } from "./diary-texts.js";
import { OverTime } from "./diary-time.js";
import * as words from "./diary-words.js";
import { byId, make } from "./dom.js";
import { currentLanguage, extend, preferredLanguage, setLanguage, t } from "./i18n.js";
import { takeToken, TokenDialog } from "./token.js";

extend(DIARY_TEXTS);
const holder = { token: takeToken() };
const tokenDialog = new TokenDialog(holder, () => read());
const controls = new Controls(() => read());
const overTime = new OverTime(byId("time"), {
  label: (bar) => words.under(bar, asked().by),
  tip: (bar) => t("diaryTip", {
    when: words.stretch(bar, asked().by), lines: words.number(bar.total), list: words.listOf(bar.lines, emotions),
  }),
  take: (bar) => chooseStretch(bar),
});
/** @type {{id: string, ko: string}[]} */
let emotions = [];
/** @type {any} what the server said last: `asked`, `mix`, `other`, `shares`, `streaks`, `lines` */
let shown = null;
/** @type {{begin: string, end: string} | null} the bar whose lines are shown */
let stretch = null;
let turn = 0;

const asked = () => shown.asked;

// ── reading ──────────────────────────────────────────────────────────────────────────────────────

async function get(/** @type {string} */ path, /** @type {Record<string, any>} */ parameters) {
  return (await ask(path, parameters, holder.token)).json();
}

/** Ask everything again; a later turn wins. */
async function read() {
  const mine = ++turn;
  const now = controls.asked;
  const { since, until, by, zone, character, speaker } = now;
  const part = { since, until, zone, character, speaker };
  document.body.dataset.state = "loading";
  byId("announcement").textContent = t("diaryLoading");
  try {
    const [mix, shares, streaks, lines, other, all] = await Promise.all([
      get("mix", { ...part, by }),
      get("shares", part),
      get("streaks", part),
      get("lines", { ...part, order: byId("order").value, limit: "40" }),
      now.other && get("mix", { ...part, ...now.other, by: "day" }),
      character || speaker ? get("shares", { since, until, zone }) : null,
    ]);
    if (mine !== turn) return;
    shown = { asked: now, mix, shares, streaks, lines, other };
    stretch = null;
    emotions = mix.emotions;
    controls.offer((all ?? shares).rows);
    show();
  } catch (error) {
    if (mine === turn) fail(error);
  }
}

function fail(/** @type {unknown} */ error) {
  if (!(error instanceof HistoryError)) throw error;
  shown = null;
  document.body.dataset.state = "failed";
  byId("announcement").textContent = "";
  if (tokenDialog.ask(error.code)) return;
  byId("cards").hidden = true;
  showMessage(error.code, error.message, read);
}

async function readLines() {
  const { since, until, zone, character, speaker } = asked();
  const when = stretch ? { since: stretch.begin, until: stretch.end } : { since, until };
  const mine = turn;
  try {
    const lines = await get("lines", {
      zone, character, speaker, ...when, order: byId("order").value, limit: "40",
    });
    if (mine !== turn) return;
    shown.lines = lines;
    showChosenLines();
  } catch (error) {
    fail(error);
  }
}

function chooseStretch(/** @type {{begin: string, end: string}} */ bar) {
  stretch = bar;
  readLines();
}

// ── showing ──────────────────────────────────────────────────────────────────────────────────────

function show() {
  const { since, until, by } = asked();
  const whole = sum(shown.mix.rows.flatMap((/** @type {any} */ row) => Object.values(row.lines)));
  document.body.dataset.state = "ready";
  document.title = t("diaryTitle");
  byId("about").textContent = period(since, until);
  byId("cards").hidden = whole === 0;
  byId("message").hidden = whole > 0;
  byId("announcement").textContent = t("diaryLoaded", { lines: words.number(whole) });
  if (whole === 0) {
    showMessage("empty", "", read);
    return;
  }
  setPatterns(emotions);
  byId("legend").replaceChildren(...emotions.map(({ id }, index) => make(
    "span", {}, swatch(index), words.nameOf(emotions, id))));
  showTime(stretches(shown.mix.rows, since, until, by), whole);
  showMix();
  showStreaks();
  showSpeakers();
  showChosenLines();
}

const period = (/** @type {string} */ since, /** @type {string} */ until) =>
  `${words.day(since, { year: "numeric" })} – ${words.day(addDays(until, -1), { year: "numeric" })}`;

const names = () => emotions.map(({ id }) => words.nameOf(emotions, id));

function showTime(/** @type {any[]} */ bars, /** @type {number} */ whole) {
  const { since, until, by } = asked();
  const most = [...totals(shown.mix.rows, emotions)].sort((one, two) => two.lines - one.lines)[0];
  overTime.asShares = byId("share").checked;
  overTime.show(bars, emotions, t("diaryTimeHelp", {
    begin: words.day(since), end: words.day(addDays(until, -1)), lines: words.number(whole),
    name: words.nameOf(emotions, most.id), percent: words.percent(most.share),
  }));
  const rows = bars.filter((bar) => bar.total).map((bar) => [
    words.stretch(bar, by), words.number(bar.total),
    ...emotions.map(({ id }) => words.number(bar.lines[id] ?? 0)),
  ]);
  byId("time-table").replaceChildren(
    table(t("diaryTime"), [t("diaryFrom"), t("diaryCount"), ...names()], rows));
}

function showMix() {
  const mine = totals(shown.mix.rows, emotions);
  const { other: when } = asked();
  const there = shown.other?.rows.length > 0;
  const theirs = there ? totals(shown.other.rows, emotions) : null;
  const rows = mine.map(({ id, share }, index) => ({
    name: words.nameOf(emotions, id), share, other: theirs ? theirs[index].share : null,
    note: theirs ? words.points(share - theirs[index].share) : "",
  }));
  const list = rows.map((row) => `${row.name} ${words.percent(row.share)}% ${row.note}`.trim()).join(", ");
  byId("mix").replaceChildren(mixPicture(rows, t("diaryMixHelp", { list })));
  byId("mix-hint").textContent = when
    ? t(there ? "diaryThenFrom" : "diaryThenEmpty", {
      begin: words.day(when.since), end: words.day(addDays(when.until, -1)),
    })
    : "";
  const heads = [t("diaryEmotion"), t("diaryCount"), t("diaryNow"), t("diaryIntensity")];
  const more = theirs ? [t("diaryThen"), t("diaryChange")] : [];
  byId("mix-table").replaceChildren(table(t("diaryMix"), [...heads, ...more], mine.map((one, index) => [
    rows[index].name, words.number(one.lines), `${words.percent(one.share)}%`,
    one.lines ? `${words.percent(one.intensity)}%` : "–",
    ...(theirs ? [`${words.percent(theirs[index].share)}%`, rows[index].note] : []),
  ])));
}

function showStreaks() {
  const { days, leaders, longest, runs } = shown.streaks;
  const { since, until } = asked();
  const told = (/** @type {any} */ run) => ({
    days: run.days, begin: words.day(run.begin), end: words.day(run.end),
  });
  byId("streak-hint").textContent = t("diaryStreaksHint");
  byId("calendar").replaceChildren(calendar(since, until, leaders, emotions, {
    help: t("diaryCalendarHelp", { days: Object.keys(leaders).length }),
    initials: Object.fromEntries(emotions.map(({ id }) => [id, words.nameOf(emotions, id).slice(0, 1)])),
    name: (date) => `${words.day(date)} ${leaders[date] ? words.nameOf(emotions, leaders[date]) : "–"}`,
  }));
  const best = Object.entries(longest).sort(([, one], [, two]) => two.days - one.days);
  const facts = [
    days.current ? t("diaryCurrent", told(days.current)) : t("diaryNoCurrent"),
    ...(days.longest ? [t("diaryLongest", told(days.longest))] : []),
    ...best.slice(0, 2).map(([id, run]) => t("diaryRun", { name: words.nameOf(emotions, id), ...told(run) })),
    ...runs.slice(0, 1).map(lineRun),
  ];
  byId("facts").replaceChildren(...facts.map((text) => make("li", {}, text)));
  const rows = emotions.map(({ id }) => {
    const run = runs.find((/** @type {any} */ one) => one.top === id);
    return [words.nameOf(emotions, id), longest[id]?.days ?? 0, run ? run.lines : 0];
  });
  byId("streak-table").replaceChildren(
    table(t("diaryStreaks"), [t("diaryEmotion"), t("diaryDays"), t("diaryInARow")], rows));
}

function lineRun(/** @type {any} */ run) {
  return t("diaryLineRun", {
    name: words.nameOf(emotions, run.top), lines: run.lines, speaker: run.speaker,
    character: run.character, begin: words.moment(run.begin, asked().zone),
  });
}

function showSpeakers() {
  const rows = [...shown.shares.rows]
    .map((row) => ({ ...row, total: sum(Object.values(row.lines)) }))
    .sort((one, two) => two.total - one.total);
  byId("speakers").replaceChildren(speakersPicture(rows.slice(0, 12).map((row) => ({
    who: `${row.speaker} → ${row.character}`, lines: row.lines,
    count: t("diaryCountOf", { lines: words.number(row.total) }),
    help: t("diarySpeakerHelp", {
      speaker: row.speaker, character: row.character, list: words.listOf(row.lines, emotions),
    }),
  })), emotions));
  byId("speakers-table").replaceChildren(
    table(t("diarySpeakers"), [t("diaryWho"), t("diaryCount"), ...names()], rows.map((row) => [
      `${row.speaker} → ${row.character}`, words.number(row.total),
      ...emotions.map(({ id }) => words.number(row.lines[id] ?? 0)),
    ])));
}

function showChosenLines() {
  const { by, zone } = asked();
  byId("chosen").hidden = !stretch;
  if (stretch) {
    const when = words.stretch(stretch, by);
    byId("chosen").firstElementChild.textContent = t("diaryChosen", { when });
  }
  showLines(shown.lines, emotions, zone);
}

// ── the rest ─────────────────────────────────────────────────────────────────────────────────────

byId("share").addEventListener("change", () => {
  overTime.asShares = byId("share").checked;
  overTime.draw();
});
byId("order").addEventListener("change", readLines);
byId("all").addEventListener("click", () => {
  stretch = null;
  readLines();
});
byId("print").addEventListener("click", () => window.print());

for (const format of ["csv", "json"]) {
  byId(format).addEventListener("click", async () => {
    const { since, until, zone, character, speaker } = controls.asked;
    try {
      const found = await ask(`export.${format}`, { since, until, zone, character, speaker }, holder.token);
      await download(found, `emopic-history-${since}.${format}`);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      if (!tokenDialog.ask(error.code)) showMessage(error.code, error.message, read);
    }
  });
}

/** @type {HTMLDetailsElement[]} opened for paper */
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details")].filter((one) => !one.open);
  for (const one of opened) one.open = true;
});
window.addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
});

function speak(/** @type {"ko" | "en"} */ language) {
  setLanguage(language);
  document.title = t("diaryTitle");
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute(
      "aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.language === currentLanguage()));
  }
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    const { language } = /** @type {HTMLElement} */ (button).dataset;
    localStorage.setItem("emopic.lang", language ?? "");
    speak(language === "ko" ? "ko" : "en");
    if (shown) {
      controls.offer(shown.shares.rows);
      show();
    } else read();
  });
}

speak(preferredLanguage());
read();
