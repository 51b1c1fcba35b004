/**
 * The token from the address' `#token=…`, else the one this tab used before. It is taken out of the
 * address, so that it is neither bookmarked nor shown on a stream.
 *
 * @returns {string | null}
 */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("emopic.token", given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return given ?? (sessionStorage.getItem("emopic.token") || null);
}
