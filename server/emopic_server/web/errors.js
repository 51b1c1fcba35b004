/**
 * A request failed, here or on the server.
 *
 * `code` is stable; `message` is safe to show. `fault` says who can mend it; `retryMs` is set when
 * trying again makes sense; `ref` is the line id, else the character, else the message type.
 *
 * Codes made here: `queue_full`, `timeout`, `session_lost`, `stopped`, `token_required`,
 * `unknown_protocol`, `bad_message`, `event_gap`, and the names of close codes in wire.js. All others come from the server.
 */
export class EmopicError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{fault?: "client" | "server", ref?: string | null, retryMs?: number | null}} [more]
   */
  constructor(code, message, { fault = "client", ref = null, retryMs = null } = {}) {
    super(message);
    this.name = "EmopicError";
    this.code = code;
    this.fault = fault;
    this.ref = ref;
    this.retryMs = retryMs;
  }
}
