/**
 * The Emopic client for browsers: a line goes in, an emotion and a moving face come out.
 *
 *     import { EmopicClient, FaceCanvas } from "http://127.0.0.1:8765/emopic.js";
 *
 *     const emopic = new EmopicClient({ url: "http://127.0.0.1:8765" });
 *     new FaceCanvas(document.querySelector("canvas")).attach(emopic, "hero");
 *     await emopic.connect();
 *     await emopic.putCharacter("hero", { builtin: emopic.hello.builtins[0].id });
 *     emopic.watch("hero", { frames: { size: 512 } });
 *     const { top } = await emopic.line("hero", "드디어 이겼다!");
 *
 * Payloads keep the wire's names; `server/PROTOCOL.md` describes them. The connection heals by
 * itself: missed events are replayed, and if the server forgot the session, characters are put and
 * watched again. There is one send queue; it is bounded and keeps within the server's rate.
 *
 * Over 400 lines because it is one class whose methods share the state of one conversation; what
 * could be taken out of it stands in files of its own.
 */
import { EmopicError } from "./errors.js";
import { FaceCanvas } from "./face-canvas.js";
import { decode, encode, MsgpackError } from "./msgpack.js";
import { SendQueue } from "./send-queue.js";
import { Shelves } from "./shelf.js";
import { Unanswered } from "./unanswered.js";
import { Waiters } from "./waiters.js";
import { PATH, PROTOCOL, SUBPROTOCOL, lineKey, stopReason, streamUrl } from "./wire.js";

export { EmopicError, FaceCanvas, MsgpackError, PATH, SUBPROTOCOL };

const BACKOFF = { first: 250, most: 10_000 };
const OPEN_MS = 15_000;
const PONG_MS = 10_000;
const PUT_MS = 60_000;
const READ_MS = 60_000;

/**
 * One conversation with a server. See `emopic.d.ts` for every type.
 *
 * Events (all `CustomEvent`, with the message as `detail`): `status`, `hello`, `character`,
 * `dropped`, `emotion`, `frame`, `blendshapes`, `notice`, `error`.
 */
export class EmopicClient extends EventTarget {
  /**
   * @param {{url?: string | URL, token?: string | null, client?: string, lineTimeoutMs?: number,
   *   guard?: "off" | "mask" | "refuse", history?: "off" | "scores" | "text"}} [options]
   */
  constructor({
    url, token = null, client = "emopic.js", lineTimeoutMs = 15_000, guard, history,
  } = {}) {
    super();
    this.guard = guard;
    this.history = history;
    this.url = streamUrl(url);
    this.token = token;
    this.client = client;
    this.lineTimeoutMs = lineTimeoutMs;
    /** @type {any} */
    this.hello = null;
    /** @type {string | null} */
    this.session = null;
    /** @type {string} */
    this.status = "idle";
    this.seq = 0;
    /** Whether the token lets this client only watch. */
    this.readOnly = false;
  }

  #queue = new SendQueue();
  /** @type {WebSocket | null} */
  #socket = null;
  #attempt = 0;
  #heard = 0;
  #pinged = 0;
  #nextLine = 1;
  /** @type {any} */
  #bye = null;
  /** @type {Map<string, any>} the last put of each character */
  #characters = new Map();
  /** @type {Map<string, any>} the last watch of each character */
  #watches = new Map();
  /** Who waits: `connect`, or `put`, `line` and `ping` with what they are about. */
  #waiters = new Waiters();
  #unanswered = new Unanswered();
  /** @type {Map<string, string[]>} */
  #blendshapeNames = new Map();
  #shelves = new Shelves();
  /** @type {Record<string, ReturnType<typeof setTimeout> | undefined>} */
  #timers = {};

  // ── what a caller may ask ──────────────────────────────────────────────────────────────────

  /** Connect and keep connected. Settles with `hello` when ready, or when it cannot ever be. */
  connect() {
    if (this.status === "ready") return Promise.resolve(this.hello);
    const answer = this.#waiters.wait("connect");
    if (this.status === "idle" || this.status === "stopped") {
      this.#attempt = 0;
      this.#open();
    }
    return answer;
  }

  /** End the conversation. Whoever still waits is told `stopped`. */
  close() {
    this.#leave("idle", new EmopicError("stopped", "the client was closed"));
  }

  /** Try again now instead of waiting for the back-off to pass. */
  reconnectNow() {
    if (this.status === "waiting") this.#open();
  }

  /**
   * Register or replace a character: `{builtin}`, `{face}` (bytes of a picture, or of a ZIP of
   * drawn ones) or `{sprites}` (bytes of drawn pictures by emotion), `options`, `shared`.
   */
  putCharacter(
    /** @type {string} */ character,
    /** @type {any} */ { builtin, face, sprites, backdrop, options, shared } = {},
  ) {
    const bytes = face instanceof ArrayBuffer ? new Uint8Array(face) : face;
    const from = { builtin, face: bytes, sprites, backdrop };
    const message = { type: "character.put", character, ...from, options, shared };
    const answer = this.#waiters.wait(`put\n${character}`, { ms: PUT_MS, ref: character });
    this.#characters.set(character, message);
    this.#send(message, `put\n${character}`);
    return answer;
  }

  /** Forget a character. */
  dropCharacter(/** @type {string} */ character) {
    this.#characters.delete(character);
    this.#watches.delete(character);
    this.#shelves.forget(character);
    this.#send({ type: "character.drop", character });
  }

  /**
   * Send a line. Settles with its `emotion`; a partial line that was replaced by a newer one of the
   * same `id` settles with the newer one's.
   */
  line(
    /** @type {string} */ character,
    /** @type {string} */ text,
    /** @type {any} */ { id = this.newLineId(), partial = false, cut = false } = {},
  ) {
    const key = lineKey(character, id);
    const answer = this.#waiters.wait(key, { ms: this.lineTimeoutMs, ref: id, final: !partial });
    this.#send({ type: "line", character, id, text, partial, cut }, key);
    return answer;
  }

  /**
   * Have the writing in a picture (bytes) read. Settles with `{text, confidence}`: no line yet, but
   * what a person may confirm and send as one.
   */
  read(/** @type {Uint8Array | ArrayBuffer} */ picture) {
    const id = this.newLineId();
    const bytes = picture instanceof ArrayBuffer ? new Uint8Array(picture) : picture;
    const answer = this.#waiters.wait(`read\n${id}`, { ms: READ_MS, ref: id });
    this.#send({ type: "read", id, picture: bytes }, `read\n${id}`);
    return answer;
  }

  /** An id for `line` that this client has not used. */
  newLineId() {
    return `l${this.#nextLine++}-${Math.random().toString(36).slice(2, 8)}`;
  }

  /**
   * Drive the face directly: weights in [0, 1] by emotion id, `blink` or `mouth_open`. With `lock`, lines leave it alone for
   * `hold_ms` or until the next `express`.
   */
  express(
    /** @type {string} */ character,
    /** @type {Record<string, number>} */ expression,
    /** @type {{hold_ms?: number, lock?: boolean}} */ { hold_ms, lock } = {},
  ) {
    this.#send({ type: "express", character, expression, hold_ms, lock });
  }

  /**
   * Receive a character's emotions, and `frames` or `blendshapes` if asked for. With `text`, the
   * emotions carry the text of their lines.
   */
  watch(/** @type {string} */ character, /** @type {any} */ { frames, blendshapes, text } = {}) {
    const message = { type: "watch", character, frames, blendshapes, text };
    this.#watches.set(character, message);
    if (frames?.keep) this.#shelves.open(character);
    else this.#shelves.forget(character);
    this.#send(message);
  }

  /** Receive nothing more of a character. */
  unwatch(/** @type {string} */ character) {
    this.#watches.delete(character);
    this.#shelves.forget(character);
    this.#send({ type: "unwatch", character });
  }

  /** The way to the server and back, in milliseconds. */
  async ping() {
    const token = Math.random().toString(36).slice(2);
    const answer = this.#waiters.wait(`ping\n${token}`, { ms: PONG_MS, ref: "ping" });
    const start = performance.now();
    this.#send({ type: "ping", token }, `ping\n${token}`);
    await answer;
    return performance.now() - start;
  }

  // ── connection ─────────────────────────────────────────────────────────────────────────────

  #open() {
    this.#clearTimers();
    this.#bye = null;
    this.#setStatus("connecting");
    const socket = new WebSocket(this.url, [SUBPROTOCOL]);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
    this.#socket = socket;
    this.#timers.open = setTimeout(() => this.#abandon(), OPEN_MS);
  }

  /** Give this socket up without waiting for its closing handshake. */
  #abandon() {
    const socket = this.#socket;
    if (!socket) return;
    this.#closed(socket, 1006);
    socket.close();
  }

  #closed(/** @type {WebSocket} */ socket, /** @type {number} */ code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#clearTimers();
    const stop = stopReason(code, this.#bye, this.session !== null);
    if (stop) {
      const reason = this.#bye?.reason ?? `the server closed the connection (${code})`;
      this.#leave("stopped", new EmopicError(stop, reason));
      return;
    }
    const ceiling = Math.min(BACKOFF.most, BACKOFF.first * 2 ** this.#attempt++);
    const retryMs = Math.round(ceiling * (0.5 + Math.random() / 2));
    this.#timers.retry = setTimeout(() => this.#open(), retryMs);
    this.#setStatus("waiting", { retryMs });
  }

  /** Stop for good and tell everyone who waits. */
  #leave(/** @type {string} */ status, /** @type {EmopicError} */ error) {
    const socket = this.#socket;
    this.#socket = null;
    this.#clearTimers();
    socket?.close();
    for (const key of this.#waiters.keys()) this.#waiters.reject(key, error);
    this.#setStatus(status, { code: error.code, reason: error.message });
  }

  #setStatus(/** @type {string} */ status, more = {}) {
    this.status = status;
    this.#emit("status", { status, ...more });
  }

  #emit(/** @type {string} */ type, /** @type {any} */ detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #clearTimers() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#timers = {};
  }

  /** A connection that is silent for longer than the server's ping is asked, then given up. */
  #watchSilence() {
    const now = performance.now();
    const silence = now - this.#heard;
    if (this.#pinged > this.#heard) {
      if (now - this.#pinged > PONG_MS) return this.#abandon();
    } else if (silence > this.hello.limits.ping_s * 1000) {
      this.#pinged = now;
      this.#socket?.send(encode({ type: "ping", token: "" }));
    }
    this.#timers.silence = setTimeout(() => this.#watchSilence(), 5_000);
  }

  // ── sending ────────────────────────────────────────────────────────────────────────────────

  #send(/** @type {any} */ message, /** @type {string} */ key = "") {
    try {
      this.#queue.push(message);
    } catch (error) {
      if (!key) throw error;
      this.#waiters.reject(key, error);
      return;
    }
    this.#drain();
  }

  #drain() {
    clearTimeout(this.#timers.drain);
    if (this.status !== "ready" || !this.#socket) return;
    for (;;) {
      const message = this.#queue.take(performance.now());
      if (!message) break;
      const key = message.type === "line" ? lineKey(message.character, message.id) : null;
      if (key && !this.#waiters.has(key)) continue; // nobody waits any more: it is too old
      this.#socket.send(encode(message));
      this.#unanswered.add(message);
    }
    const delay = this.#queue.delay(performance.now());
    if (delay !== null) this.#timers.drain = setTimeout(() => this.#drain(), delay);
  }

  // ── receiving ──────────────────────────────────────────────────────────────────────────────

  #receive(/** @type {WebSocket} */ socket, /** @type {unknown} */ data) {
    if (socket !== this.#socket) return;
    this.#heard = performance.now();
    try {
      if (!(data instanceof ArrayBuffer)) throw new MsgpackError("unsupported", "a text message");
      this.#handle(decode(new Uint8Array(data)));
    } catch (error) {
      if (!(error instanceof MsgpackError)) throw error;
      const text = `the server sent what cannot be read: ${error.message}`;
      this.#emit("error", new EmopicError("bad_message", text, { fault: "server" }));
      this.#abandon();
    }
  }

  #handle(/** @type {any} */ message) {
    if (typeof message.seq === "number" && message.type !== "ready" && !this.#count(message)) return;
    switch (message.type) {
      case "hello": return this.#onHello(message);
      case "ready": return this.#onReady(message);
      case "character.ready":
        this.#waiters.resolve(`put\n${message.character}`, message);
        return this.#emit("character", message);
      case "character.dropped": return this.#emit("dropped", message);
      case "emotion": return this.#onEmotion(message);
      case "reading": return this.#waiters.resolve(`read\n${message.id}`, message);
      case "frame": return this.#shelves.fill(message) ? this.#emit("frame", message) : undefined;
      case "blendshapes": return this.#onBlendshapes(message);
      case "notice": return this.#emit("notice", message);
      case "error": return this.#onError(message);
      case "pong": return this.#waiters.resolve(`ping\n${message.token ?? ""}`, message);
      case "bye":
        this.#bye = message;
        return;
      default: // a newer server may say more than this client knows
    }
  }

  /** Note an event's number; false for one that was already handled. */
  #count(/** @type {any} */ message) {
    if (message.seq <= this.seq) return false;
    if (message.seq !== this.seq + 1) {
      const text = `events ${this.seq + 1} to ${message.seq - 1} are missing`;
      this.#emit("error", new EmopicError("event_gap", text, { fault: "server" }));
    }
    this.seq = message.seq;
    return true;
  }

  #onHello(/** @type {any} */ hello) {
    this.hello = hello;
    if (hello.protocol !== PROTOCOL) {
      const text = `the server speaks protocol ${hello.protocol}, this client ${PROTOCOL}`;
      this.#leave("stopped", new EmopicError("unknown_protocol", text));
      return;
    }
    this.#emit("hello", hello);
    if (hello.auth && !this.token) {
      this.#leave("stopped", new EmopicError("token_required", "the server asks for a token"));
      return;
    }
    const resume = this.session ? { session: this.session, seq: this.seq } : undefined;
    const token = this.token ?? undefined;
    const { client, guard, history } = this;
    this.#socket?.send(encode({ type: "identify", client, token, resume, guard, history }));
  }

  #onReady(/** @type {any} */ ready) {
    clearTimeout(this.#timers.open);
    this.#shelves.clear();
    const { messages_per_minute: perMinute, messages_burst: burst } = this.hello.limits;
    this.#queue.pace(perMinute, burst, performance.now());
    if (!ready.resumed) this.#startOver(ready);
    this.session = ready.session;
    this.readOnly = ready.read_only ?? false;
    this.#attempt = 0;
    this.#restore(ready.resumed);
    this.#setStatus("ready", { resumed: ready.resumed });
    this.#waiters.resolve("connect", this.hello);
    if (ready.resumed) void this.#repeatLost();
    this.#watchSilence();
    this.#drain();
  }

  /** A new session: nothing of the old one will be answered. */
  #startOver(/** @type {any} */ ready) {
    this.seq = ready.seq;
    this.#blendshapeNames.clear();
    this.#unanswered.clear();
    if (!this.session) return;
    const lost = new EmopicError("session_lost", "the server started over", { fault: "server" });
    const queued = this.#queue.waiting.filter((m) => m.type === "line");
    const waiting = new Set(queued.map((m) => lineKey(m.character, m.id)));
    for (const key of this.#waiters.keys()) {
      if (key.startsWith("line\n") && !waiting.has(key)) this.#waiters.reject(key, lost);
    }
  }

  /** Say again what the server has to know: in a resumed session only what it may have missed. */
  #restore(/** @type {boolean} */ resumed) {
    const puts = [...this.#characters.entries()]
      .filter(([character]) => !resumed || this.#waiters.has(`put\n${character}`))
      .map(([, message]) => message);
    if (!resumed) this.#queue.remove((m) => m.type === "character.drop" || m.type === "unwatch");
    this.#queue.restart([...puts, ...this.#watches.values()]);
  }

  /** Send again what was lost with the old connection: a pong comes after all earlier answers. */
  async #repeatLost() {
    if (this.#unanswered.size === 0) return;
    const lost = await this.ping().then(() => this.#unanswered.entries(), () => []);
    for (const [key, message] of lost) {
      if (this.#waiters.has(key)) this.#send(message, key);
    }
  }

  #onEmotion(/** @type {any} */ message) {
    const key = lineKey(message.character, message.line);
    message.spans_ms ??= {};
    if (!this.#unanswered.answered(key, message.final)) return;
    this.#waiters.resolve(key, message, message.final);
    this.#emit("emotion", message);
  }

  #onBlendshapes(/** @type {any} */ message) {
    if (message.names) this.#blendshapeNames.set(message.names_id, message.names);
    const names = this.#blendshapeNames.get(message.names_id) ?? null;
    this.#emit("blendshapes", { ...message, names });
  }

  #onError(/** @type {any} */ message) {
    const error = new EmopicError(message.code, message.message, {
      fault: message.fault,
      ref: message.ref ?? null,
      retryMs: message.retry_ms ?? null,
    });
    for (const key of this.#waiters.keys()) {
      if (/^(put|line|read)\n/.test(key)) {
        if (key.split("\n").at(-1) !== error.ref) continue;
        this.#unanswered.forget(key);
        this.#waiters.reject(key, error);
      }
    }
    const hopeless = error.code === "unknown_builtin" || error.code === "read_only";
    if (error.ref && hopeless) this.#characters.delete(error.ref);
    this.#emit("error", error);
  }
}
