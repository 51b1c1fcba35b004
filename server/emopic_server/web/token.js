import { byId } from "./dom.js";

const TOKEN_CODES = new Set(["token_required", "auth_failed"]);

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

/** The dialog that asks for a token when the server wants one, or another one. */
export class TokenDialog {
  /**
   * @param {{token: string | null}} client gets the token
   * @param {() => void} connect tries again with it
   */
  constructor(client, connect) {
    byId("token-form").addEventListener("submit", () => {
      client.token = byId("token").value;
      sessionStorage.setItem("emopic.token", client.token ?? "");
      byId("token").value = "";
      connect();
    });
  }

  /**
   * Open it if this is why the connection ended.
   *
   * @param {string | undefined} code
   * @returns {boolean} whether it was
   */
  ask(code) {
    if (!code || !TOKEN_CODES.has(code)) return false;
    byId("token-wrong").hidden = code !== "auth_failed";
    const dialog = byId("token-dialog");
    if (!dialog.open) dialog.showModal();
    return true;
  }
}
