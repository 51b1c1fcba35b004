/** Names and rules of the wire (server/PROTOCOL.md) that the client needs. */

export const SUBPROTOCOL = "emopic.v1.msgpack";
export const PATH = "/v1/stream";
export const PROTOCOL = 1;

/** Close codes after which connecting again cannot help, with our name for each. */
const STOP_CODES = new Map([
  [1002, "protocol_error"],
  [1003, "unsupported_data"],
  [1007, "invalid_data"],
  [1008, "policy_violation"],
  [1009, "message_too_large"],
  [1010, "extension_required"],
  [4001, "identify_timeout"],
  [4002, "auth_failed"],
  [4003, "not_identified"],
  [4004, "bad_message"],
  [4006, "too_many_connections"],
  [4007, "session_taken"],
]);
const AGAIN_CODES = new Set([4005, 4008, 4009]);
/** `identify` came late. A client that had a session knows how, so it was merely slow. */
const LATE = 4001;

/**
 * Why a client must stop after this close code, or null when it should connect again.
 *
 * @param {number} code
 * @param {{reconnect: boolean} | null} bye what the server said before, if it did
 * @param {boolean} known whether this client has had a session
 */
export function stopReason(code, bye, known) {
  if (AGAIN_CODES.has(code) || (code === LATE && known)) return null;
  const stop = bye ? !bye.reconnect : STOP_CODES.has(code) || code >= 4000;
  return stop ? (STOP_CODES.get(code) ?? "stopped") : null;
}

/** The websocket address of a server given as any http, https, ws or wss address. */
export function streamUrl(/** @type {string | URL | undefined} */ address) {
  const url = new URL(PATH, address ?? globalThis.location?.href);
  url.protocol = url.protocol.replace(/^http/, "ws");
  return url.href;
}

/** Who waits for a line's emotion. */
export const lineKey = (/** @type {string} */ character, /** @type {string} */ id) =>
  `line\n${character}\n${id}`;
