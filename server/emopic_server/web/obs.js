/**
 * Whether OBS shows this page's source anywhere. In a page that OBS does not run, always true.
 *
 * OBS says so in events of its own; of the state at load only the document knows. A browser window
 * that is merely covered still counts as shown: somebody may be capturing it.
 *
 * @param {(shown: boolean) => void} changed called now and at every change
 */
export function followObs(changed) {
  const inObs = /** @type {any} */ (window).obsstudio !== undefined;
  let shown = !(inObs && document.visibilityState === "hidden");
  changed(shown);
  if (!inObs) return;
  const set = (/** @type {boolean} */ now) => {
    if (now === shown) return;
    shown = now;
    changed(shown);
  };
  window.addEventListener("obsSourceVisibleChanged", (event) => {
    set(Boolean(/** @type {CustomEvent} */ (event).detail?.visible));
  });
}
