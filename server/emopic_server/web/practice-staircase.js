/**
 * How strong the next expression is: a weighted up-down staircase for each emotion (C. Kaernbach,
 * "Simple adaptive testing with the weighted up-down method", Perception & Psychophysics 49, 1991).
 *
 * A right answer makes the next face of that emotion one step weaker, a wrong one three steps
 * stronger. It settles where `p · down = (1 − p) · up`: at the strength that is named right three
 * times in four. Nothing in here knows about pages or time.
 *
 * Strengths are whole steps of 1/16, the grid that faces move on.
 */

export const STEPS = 16;
export const START = 12;
const WEAKEST = 1;
const DOWN = 1;
const UP = 3;
const HASTE = 2; // until the first mistake, so that easy faces are soon behind
const SPREAD = 1; // the strength shown lies at most so far from the staircase's own
const ENOUGH = 8; // answers before a threshold is named
const RECENT = 24; // answers that it is the mean of

/** What a staircase has come to. @typedef {{level: number, settled: boolean}} Rung */

/** @type {Readonly<Rung>} */
export const FIRST = Object.freeze({ level: START, settled: false });

/** Where the staircase stands after one more answer. @returns {Rung} */
export function climb(/** @type {Rung} */ { level, settled }, /** @type {boolean} */ right) {
  if (!right) return { level: Math.min(STEPS, level + UP), settled: true };
  return { level: Math.max(WEAKEST, level - DOWN * (settled ? 1 : HASTE)), settled };
}

/** The strength to show: near the staircase's level, by chance. @param {() => number} random */
export function near(/** @type {number} */ level, random) {
  return within(level - SPREAD + draw(2 * SPREAD + 1, random));
}

/** Any strength but the very weakest, by chance. @param {() => number} random */
export const any = (random) => 3 + draw(STEPS - 2, random);

/**
 * Each of these twice, shuffled: nobody can tell what comes next, and all come equally often.
 *
 * @template T
 * @param {readonly T[]} things
 * @param {() => number} random in [0, 1)
 */
export function bag(things, random) {
  const all = [...things, ...things];
  for (let last = all.length - 1; last > 0; last--) {
    const other = draw(last + 1, random);
    [all[last], all[other]] = [all[other], all[last]];
  }
  return all;
}

/**
 * The staircase over the answers about one emotion, oldest first, and what it says.
 *
 * `trail` holds the level each answer was given at. `threshold` is the strength, in [0, 1], that is
 * named right three times in four: the mean level since the first mistake, or null before there
 * are enough answers.
 *
 * @param {readonly boolean[]} answers whether each was right
 */
export function staircase(answers) {
  /** @type {Rung} */
  let rung = FIRST;
  const trail = [];
  const settled = [];
  for (const right of answers) {
    trail.push(rung.level);
    if (rung.settled) settled.push(rung.level);
    rung = climb(rung, right);
  }
  const recent = settled.slice(-RECENT);
  const mean = recent.reduce((whole, one) => whole + one, 0) / recent.length;
  return { ...rung, trail, threshold: recent.length < ENOUGH ? null : mean / STEPS };
}

const draw = (/** @type {number} */ count, /** @type {() => number} */ random) =>
  Math.floor(random() * count);
const within = (/** @type {number} */ level) => Math.max(WEAKEST, Math.min(STEPS, level));
