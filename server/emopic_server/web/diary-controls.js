/** What the diary is asked about: its form, and the same in the page's address. */
import { addDays, daysBetween, today } from "./diary-data.js";
import { byId, make } from "./dom.js";
import { t } from "./i18n.js";

const KEPT = ["by", "character", "speaker", "compare"];
const HOURS_DAYS = 93; // the server answers no longer time by hour

/**
 * @typedef {{since: string, until: string, by: string, zone: string, character: string,
 *   speaker: string, other: {since: string, until: string} | null}} Asked `until` is the day after
 */

export class Controls {
  /** @param {() => void} changed */
  constructor(changed) {
    const given = new URLSearchParams(location.search);
    this.zone = given.get("zone") ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const name of ["period", ...KEPT]) this.#take(name, given.get(name));
    byId("since").value = given.get("since") ?? "";
    byId("last").value = given.get("last") ?? "";
    byId("compare-since").value = given.get("compare-since") ?? "";
    this.#show();
    byId("controls").addEventListener("change", () => {
      this.#show();
      this.#remember();
      changed();
    });
    byId("controls").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  }

  /** @returns {Asked} */
  get asked() {
    const { since, until } = this.#period();
    return {
      since, until, by: byId("by").value, zone: this.zone,
      character: byId("character").value, speaker: byId("speaker").value,
      other: this.#other(since, until),
    };
  }

  /** Offer these characters and speakers. @param {{character: string, speaker: string}[]} rows */
  offer(rows) {
    for (const name of /** @type {const} */ (["character", "speaker"])) {
      const select = byId(name);
      const chosen = select.value;
      const known = new Set([...rows.map((row) => row[name]), ...(chosen ? [chosen] : [])]);
      const options = [...known].sort().map((value) => make("option", { value }, value));
      select.replaceChildren(make("option", { value: "" }, t("diaryEverybody")), ...options);
      select.value = chosen;
    }
  }

  #take(/** @type {string} */ name, /** @type {string | null} */ value) {
    const select = byId(name);
    if (!value) return;
    const free = name === "character" || name === "speaker";
    if (free) select.append(make("option", { value }, value));
    if ([...select.options].some((option) => option.value === value)) select.value = value;
  }

  #period() {
    const tomorrow = addDays(today(this.zone), 1);
    const days = byId("period").value;
    if (days !== "own") return { since: addDays(tomorrow, -Number(days)), until: tomorrow };
    const last = byId("last").value || addDays(tomorrow, -1);
    const since = byId("since").value || addDays(last, -27);
    return since <= last ? { since, until: addDays(last, 1) } : { since: last, until: addDays(since, 1) };
  }

  #other(/** @type {string} */ since, /** @type {string} */ until) {
    const days = daysBetween(since, until);
    const kind = byId("compare").value;
    if (kind === "none") return null;
    if (kind === "before" || !byId("compare-since").value) return { since: addDays(since, -days), until: since };
    const begin = byId("compare-since").value;
    return { since: begin, until: addDays(begin, days) };
  }

  #show() {
    const own = byId("period").value === "own";
    for (const label of document.querySelectorAll(".own")) label.toggleAttribute("hidden", !own);
    document.querySelector(".compare-own")?.toggleAttribute("hidden", byId("compare").value !== "own");
    const { since, until } = this.#period();
    const long = daysBetween(since, until) > HOURS_DAYS;
    byId("by").options[0].disabled = long;
    if (long && byId("by").value === "hour") byId("by").value = "day";
  }

  #remember() {
    const address = new URL(location.href);
    for (const name of ["period", ...KEPT, "since", "last", "compare-since"]) {
      const { value } = byId(name);
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(null, "", address);
  }
}
