/** Name the face: one question after the other, each with what to look at. */
import { byId, make } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { namesOf } from "./palette.js";
import { Answers } from "./practice-answers.js";
import { apart, CLUES } from "./practice-clues.js";
import { byDay, staircaseOf } from "./practice-data.js";
import { any, bag, near, STEPS } from "./practice-staircase.js";

const PARTS = /** @type {const} */ ([
  ["brows", "practiceBrows"], ["eyes", "practiceEyes"], ["mouth", "practiceMouth"],
]);
const SLIDE_MS = 150; // a slider asks for faces no faster than the server takes messages

export class Quiz {
  /**
   * @param {import("./practice-stage.js").Stage} stage
   * @param {{nextFace: () => string, answers: () => any[], keep: (answer: any) => void,
   *   came: () => void, failed: (error: unknown) => void}} actions
   */
  constructor(stage, actions) {
    this.stage = stage;
    this.actions = actions;
    this.answers = new Answers(byId("answers"), (id) => this.#answer(id));
    /** @type {string[]} what comes next, in order */
    this.bag = [];
    /** @type {any} the question, from when the face is there */
    this.question = null;
    /** @type {any} the answer to it */
    this.given = null;
    this.looking = ""; // the emotion that the face shows after the answer
    this.described = false;
    this.turn = 0;
    /** @type {{id: string, ko: string}[]} */
    this.emotions = [];
    byId("next").addEventListener("click", () => this.ask({ focus: true }));
    byId("again").addEventListener("click", () => this.ask({ focus: true }));
    byId("describe").addEventListener("click", () => this.#describe());
    byId("as-seen").addEventListener("click", () => this.#tune(this.question.strength || STEPS));
    byId("full").addEventListener("click", () => this.#tune(STEPS));
    byId("see-shown").addEventListener("click", () => this.#see(this.given.shown));
    byId("see-said").addEventListener("click", () => this.#see(this.given.said));
    byId("amount").addEventListener("input", () => this.#slide());
  }

  /** @param {{id: string, ko: string}[]} emotions */
  setEmotions(emotions) {
    if (JSON.stringify(emotions) !== JSON.stringify(this.emotions)) this.bag = [];
    this.emotions = emotions;
    this.answers.set(emotions);
  }

  /** Show another face and ask about it. With `focus`, the question gets the keyboard. */
  async ask({ focus = false } = {}) {
    const mine = ++this.turn;
    this.question = this.given = null;
    this.described = false;
    this.#state("loading");
    try {
      const next = this.#draw();
      await this.stage.use(next.face);
      await this.stage.show(next.shown, next.strength);
      if (mine !== this.turn) return;
      this.question = { ...next, began: performance.now() };
      this.#state("asking");
      this.actions.came();
      if (focus) byId("question").focus();
    } catch (error) {
      if (mine !== this.turn) return;
      this.#state("failed");
      this.actions.failed(error);
    }
  }

  /** Another view is shown: what the face does now is not a question's. */
  leave() {
    this.turn += 1;
    this.question = this.given = null;
  }

  /** Say everything again in the present language. */
  relabel() {
    this.answers.set(this.emotions);
    this.showToday();
    byId("question-hint").textContent = t(
      this.answers.keys ? "practiceQuestionKeys" : "practiceQuestionClick",
      { count: Math.min(9, this.emotions.length) });
    if (this.described) this.#sayDescription();
    if (this.given) this.#showFeedback();
  }

  showToday() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const date = new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(Date.now());
    const day = byDay(this.actions.answers(), zone).find((one) => one.date === date);
    byId("today").textContent = day
      ? t("practiceToday", { count: day.right + day.wrong, right: day.right })
      : t("practiceTodayNone");
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────

  #draw() {
    if (this.bag.length === 0) this.bag = bag(this.emotions.map(({ id }) => id), Math.random);
    const shown = /** @type {string} */ (this.bag.pop());
    const mode = byId("mode").value;
    return { face: this.actions.nextFace(), shown, mode, strength: this.#strength(shown, mode) };
  }

  #strength(/** @type {string} */ shown, /** @type {string} */ mode) {
    if (shown === "neutral") return 0;
    if (mode === "full") return STEPS;
    if (mode === "any") return any(Math.random);
    return near(staircaseOf(this.actions.answers(), shown).level, Math.random);
  }

  #state(/** @type {"loading" | "asking" | "answered" | "failed"} */ state) {
    document.body.dataset.quiz = state;
    byId("feedback").hidden = state !== "answered";
    byId("again").hidden = state !== "failed";
    byId("describe").disabled = state !== "asking";
    byId("describe").parentElement.hidden = state === "answered";
    if (state !== "asking") byId("described").textContent = "";
    if (state !== "answered") this.answers.enable(state === "asking");
    byId("face").setAttribute("aria-label", t(state === "loading" ? "practiceLoading" : "practiceFaceHidden"));
  }

  #describe() {
    this.described = true;
    this.#sayDescription();
  }

  #sayDescription() {
    const { shown, strength } = this.question;
    const clue = CLUES[shown];
    const language = currentLanguage();
    byId("described").textContent = clue
      ? t("practiceDescribed", {
        amount: t(`practiceAmount${Math.ceil(strength / 4)}`),
        ...Object.fromEntries(PARTS.map(([part]) => [part, clue[part][language]])),
      })
      : t("practiceNoWords");
  }

  // ── answering ──────────────────────────────────────────────────────────────────────────────────

  #answer(/** @type {string} */ said) {
    const { face, shown, strength, mode, began } = this.question;
    this.given = {
      at: Date.now(), face, shown, strength, said, ms: Math.round(performance.now() - began),
      mode, described: this.described,
    };
    this.answers.enable(false);
    this.answers.mark(shown, "right");
    if (said !== shown) this.answers.mark(said, "wrong");
    this.actions.keep(this.given);
    this.looking = shown;
    this.#state("answered");
    this.#showFeedback();
    this.showToday();
    byId("next").focus();
    byId("amount").value = STEPS;
    this.#see(shown);
  }

  #showFeedback() {
    const { shown, said, strength } = this.given;
    const right = shown === said;
    const percent = Math.round((strength / STEPS) * 100);
    byId("verdict").textContent = t(right ? "practiceRight" : "practiceWrong");
    byId("feedback").dataset.right = String(right);
    byId("was").textContent = [
      t(strength ? "practiceWas" : "practiceWasNeutral", { name: this.#name(shown), percent }),
      ...(right ? [] : [t("practiceSaid", { name: this.#name(said) })]),
    ].join(" · ");
    byId("which").hidden = right;
    byId("see-shown").textContent = t("practiceSeeShown", { name: this.#name(shown) });
    byId("see-said").textContent = t("practiceSeeSaid", { name: this.#name(said) });
    const hint = right ? null : apart(shown, said, currentLanguage());
    byId("apart").hidden = !hint;
    byId("apart").textContent = hint ?? "";
    this.#showClues(shown);
    this.#showAmount();
  }

  #showClues(/** @type {string} */ id) {
    const clue = CLUES[id];
    const language = currentLanguage();
    byId("clues").replaceChildren(...(clue
      ? PARTS.map(([part, title]) => make(
        "div", {}, make("dt", {}, t(title)), make("dd", {}, clue[part][language])))
      : [make("div", {}, make("dd", {}, t("practiceNoWords")))]));
  }

  #name(/** @type {string} */ id) {
    return namesOf(this.emotions.find((one) => one.id === id) ?? { id, ko: id }, currentLanguage())[0];
  }

  // ── looking again ──────────────────────────────────────────────────────────────────────────────

  /** Let the face show what it was, or what it was taken for. */
  #see(/** @type {string} */ id) {
    this.looking = id;
    this.#tune(Number(byId("amount").value));
  }

  #tune(/** @type {number} */ strength) {
    byId("amount").value = strength;
    this.#showAmount();
    this.stage.show(this.looking, this.looking === "neutral" ? 0 : strength).catch(this.actions.failed);
  }

  /** A slider moves faster than a server should be asked: the last place counts. */
  #slide() {
    this.#showAmount();
    clearTimeout(this.timer);
    const { given } = this;
    this.timer = setTimeout(() => {
      if (given === this.given) this.#tune(Number(byId("amount").value));
    }, SLIDE_MS);
  }

  #showAmount() {
    const percent = Math.round((byId("amount").value / STEPS) * 100);
    document.querySelector("output[for=amount]")?.replaceChildren(`${percent}%`);
    byId("amount").setAttribute("aria-valuetext", `${percent}%`);
    if (!this.given) return;
    const { looking } = this;
    byId("tune").hidden = looking === "neutral";
    byId("see-shown").setAttribute("aria-pressed", String(looking === this.given.shown));
    byId("see-said").setAttribute("aria-pressed", String(looking !== this.given.shown));
    byId("face").setAttribute("aria-label", t("practiceFaceShown", {
      name: this.#name(looking), percent: looking === "neutral" ? 0 : percent,
    }));
  }
}
