/** The other way round: write how you feel, see the face, say whether it is right. */
import { Composer } from "./composer.js";
import { byId, make } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { namesOf } from "./palette.js";
import { Answers } from "./practice-answers.js";
import { linesCsv, linesTsv, oneRow } from "./practice-data.js";
import { save } from "./practice-files.js";
import { STEPS } from "./practice-staircase.js";

const SLIDE_MS = 150;
const SHOWN = 200; // kept lines in the list; a file has them all

export class OwnWords {
  /**
   * @param {any} client
   * @param {import("./practice-stage.js").Stage} stage
   * @param {{lines: () => any[], keep: (line: any) => Promise<boolean>,
   *   drop: (id: number) => Promise<boolean>, face: () => string, failed: (error: any) => void}} actions
   */
  constructor(client, stage, actions) {
    this.stage = stage;
    this.actions = actions;
    /** @type {{id: string, ko: string}[]} */
    this.emotions = [];
    /** @type {any} the line that was heard: `text`, `heard`, `scores` */
    this.heard = null;
    this.chosen = "";
    this.answers = new Answers(byId("corrections"), (id) => this.#choose(id));
    this.composer = new Composer(byId("composer"), {
      newId: () => client.newLineId(),
      onPartial: async () => undefined, // a feeling is read when it is finished
      onFinal: (_id, text) => this.#say(text),
    });
    byId("yes").addEventListener("click", () => this.#keep(this.heard.heard));
    byId("keep").addEventListener("click", () => this.#keep(this.chosen));
    byId("leave").addEventListener("click", () => this.#done(t("practiceLeft")));
    byId("own-amount").addEventListener("input", () => this.#slide());
    byId("lines-tsv").addEventListener("click", () => this.#save("tsv", "text/tab-separated-values", linesTsv));
    byId("lines-csv").addEventListener("click", () => this.#save("csv", "text/csv", linesCsv));
  }

  /** @param {{id: string, ko: string}[]} emotions @param {number} characters the longest line */
  set(emotions, characters) {
    this.emotions = emotions;
    this.answers.set(emotions);
    this.composer.setLimit(characters);
  }

  /** The view is shown: the face is at rest until there is a line. */
  async enter() {
    byId("face").setAttribute("aria-label", t("practiceFaceOwn"));
    try {
      await this.stage.use(this.actions.face());
      await this.stage.show("neutral", 0);
      document.body.dataset.quiz = "own";
    } catch (error) {
      this.actions.failed(error);
    }
  }

  relabel() {
    this.answers.set(this.emotions);
    if (this.heard) this.#showHeard();
    this.showLines();
  }

  // ── a line ─────────────────────────────────────────────────────────────────────────────────────

  async #say(/** @type {string} */ written) {
    const text = oneRow(written);
    byId("kept").textContent = "";
    try {
      const { scores, top } = await this.stage.hear(text);
      this.heard = { text, scores, heard: top };
    } catch (error) {
      this.composer.fill(written); // it is not lost
      this.actions.failed(error);
      return;
    }
    this.chosen = "";
    byId("keep").disabled = true;
    byId("own-tune").hidden = true;
    byId("heard").hidden = false;
    this.answers.enable(true);
    this.#showHeard();
    byId("heard-title").focus();
  }

  #showHeard() {
    const { text, scores, heard } = this.heard;
    const ranked = scores
      .map((/** @type {number} */ score, /** @type {number} */ index) => ({ score, id: this.emotions[index].id }))
      .sort((/** @type {any} */ one, /** @type {any} */ two) => two.score - one.score);
    const said = (/** @type {any} */ { id, score }) => ({ name: this.#name(id), percent: Math.round(score * 100) });
    byId("heard-text").textContent = text;
    byId("heard-emotion").textContent =
      `${t("practiceHeard", said(ranked[0]))} · ${t("practiceHeardNext", said(ranked[1]))}`;
    byId("face").setAttribute("aria-label", t("practiceFaceShown", said(ranked.find(({ id }) => id === heard))));
    if (this.chosen) this.answers.press(this.chosen);
  }

  #choose(/** @type {string} */ id) {
    this.chosen = id;
    this.answers.press(id);
    byId("keep").disabled = false;
    byId("own-tune").hidden = id === "neutral";
    this.#show();
  }

  #slide() {
    this.#showAmount();
    clearTimeout(this.timer);
    const { chosen } = this;
    this.timer = setTimeout(() => chosen && chosen === this.chosen && this.#show(), SLIDE_MS);
  }

  #show() {
    this.#showAmount();
    const strength = this.chosen === "neutral" ? 0 : Number(byId("own-amount").value);
    this.stage.show(this.chosen, strength).catch(this.actions.failed);
  }

  #showAmount() {
    const percent = Math.round((byId("own-amount").value / STEPS) * 100);
    document.querySelector("output[for=own-amount]")?.replaceChildren(`${percent}%`);
    byId("own-amount").setAttribute("aria-valuetext", `${percent}%`);
    byId("face").setAttribute("aria-label", t("practiceFaceShown", { name: this.#name(this.chosen), percent }));
  }

  // ── keeping ────────────────────────────────────────────────────────────────────────────────────

  async #keep(/** @type {string} */ label) {
    const { text, heard, scores } = this.heard;
    const read = Math.round(Math.max(...scores) * STEPS);
    const own = label === this.chosen ? Number(byId("own-amount").value) : read;
    const line = { at: Date.now(), text, label, heard, strength: label === "neutral" ? 0 : Math.max(1, own) };
    if (await this.actions.keep(line)) this.#done(t("practiceKept", { name: this.#name(label) }));
  }

  #done(/** @type {string} */ said) {
    this.heard = null;
    this.chosen = "";
    this.answers.enable(false);
    byId("heard").hidden = true;
    byId("kept").textContent = said;
    this.showLines();
    this.composer.field.focus();
  }

  showLines() {
    const lines = this.actions.lines();
    byId("no-lines").hidden = lines.length > 0;
    byId("lines-out").hidden = lines.length === 0;
    byId("lines").replaceChildren(...lines.slice(-SHOWN).reverse().map((line) => this.#line(line)));
  }

  #line(/** @type {any} */ { id, text, label, heard }) {
    const name = label === heard
      ? this.#name(label)
      : t("practiceCorrected", { heard: this.#name(heard), label: this.#name(label) });
    return make(
      "li", { "data-label": label },
      make("span", { lang: "ko" }, text), make("b", {}, name),
      make("button", {
        class: "quiet", type: "button", "aria-label": t("practiceDropLine", { text }), onclick: () => this.#drop(id),
      }, "×"),
    );
  }

  async #drop(/** @type {number} */ id) {
    if (!await this.actions.drop(id)) return;
    this.showLines();
    byId("kept").textContent = t("practiceDropped");
    byId("lines-title").focus();
  }

  #save(/** @type {string} */ ending, /** @type {string} */ type, /** @type {(lines: any[]) => string} */ write) {
    save(`emopic-lines.${ending}`, type, write(this.actions.lines()));
  }

  #name(/** @type {string} */ id) {
    return namesOf(this.emotions.find((one) => one.id === id) ?? { id, ko: id }, currentLanguage())[0];
  }
}
