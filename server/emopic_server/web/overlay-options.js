import { takeToken } from "./token.js";

/** @type {Record<string, [string, string]>} vertical and horizontal place */
const POSITIONS = {
  center: ["center", "center"],
  top: ["start", "center"],
  bottom: ["end", "center"],
  left: ["center", "start"],
  right: ["center", "end"],
  "top-left": ["start", "start"],
  "top-right": ["start", "end"],
  "bottom-left": ["end", "start"],
  "bottom-right": ["end", "end"],
};
const FORMATS = ["webp", "png", "jpeg"];
const SWITCH = { 0: false, 1: true };
const SUBTITLES = { 0: null, 1: "line", line: "line", live: "live", emotion: "emotion" };

/**
 * The overlay's options from its address. A value that cannot be used is named in `problems`, and
 * its default takes its place.
 *
 * @param {URL} url
 */
export function readOptions(url) {
  const given = url.searchParams;
  /** @type {string[]} */
  const problems = [];

  const number = (
    /** @type {string} */ name, /** @type {number} */ otherwise,
    /** @type {number} */ least, /** @type {number} */ most,
  ) => {
    const text = given.get(name);
    const value = Number(text);
    if (text === null) return otherwise;
    if (text !== "" && value >= least && value <= most) return value;
    problems.push(`${name}=${text}: a number from ${least} to ${most} is expected`);
    return otherwise;
  };
  const choice = (
    /** @type {string} */ name, /** @type {any} */ otherwise, /** @type {Record<string, any>} */ of,
  ) => {
    const text = given.get(name);
    if (text === null) return otherwise;
    if (Object.hasOwn(of, text)) return of[text];
    problems.push(`${name}=${text}: one of ${Object.keys(of).join(", ")} is expected`);
    return otherwise;
  };
  const colour = () => {
    const text = given.get("bg") ?? "transparent";
    const hex = /^#?([0-9a-f]{6})$/i.exec(text);
    if (hex) return `#${hex[1]}`;
    if (text !== "transparent") problems.push(`bg=${text}: transparent or #rrggbb is expected`);
    return null;
  };

  const options = {
    character: given.get("character") ?? "",
    builtin: given.get("builtin"),
    size: Math.round(number("size", 512, 32, 2048)),
    scale: number("scale", 1, 0.05, 4),
    fps: Math.round(number("fps", 30, 1, 60)),
    format: choice("format", "webp", Object.fromEntries(FORMATS.map((name) => [name, name]))),
    flip: choice("flip", false, SWITCH),
    direct: choice("direct", null, SWITCH),
    keep: Math.round(number("keep", 128, 0, 256)),
    subtitle: choice("subtitle", null, SUBTITLES),
    transition: given.has("transition") ? Math.round(number("transition", 350, 0, 10_000)) : null,
    position: choice("position", POSITIONS.center, POSITIONS),
    bg: colour(),
    debug: choice("debug", false, SWITCH),
    token: given.get("token") ?? takeToken(),
  };
  if (!options.character) problems.push("character is missing: /overlay?character=NAME");
  return { options, problems };
}
