/** Types of emopic.js. Payloads keep the wire's names; see server/PROTOCOL.md. */

export const SUBPROTOCOL: "emopic.v1.msgpack";
export const PATH: "/v1/stream";

export type Fault = "client" | "server";
export type FrameFormat = "jpeg" | "webp" | "png" | "raw";
export type BlendshapeSet = "arkit" | "vrm0" | "vrm1";
export type Status = "idle" | "connecting" | "ready" | "waiting" | "stopped";

export interface EmotionLabel { id: string; ko: string }
export type CharacterKind = "picture" | "sprites";
export interface Builtin { id: string; name: string; ko: string; kind?: CharacterKind }

export interface EngineInfo {
  backend: string;
  device: string;
  precision: string;
  text_model: string;
  face_model: string;
  versions: Record<string, string>;
  /** What the face model moves beside emotions: `blink`, `mouth_open`. */
  face_channels?: string[];
  /** Why this backend runs: it was asked for, or what `auto` chose and why. */
  reason?: string;
}

export interface Limits {
  message_bytes: number;
  face_bytes: number;
  face_side: number;
  face_pixels: number;
  line_chars: number;
  identify_s: number;
  messages_per_minute: number;
  messages_burst: number;
  connections_per_token: number;
  characters_per_session: number;
  outbox_events: number;
  resume_s: number;
  resume_events: number;
  ping_s: number;
  frame_side: number;
  fps: number;
}

export interface Hello {
  type: "hello";
  protocol: number;
  server: string;
  emotions: EmotionLabel[];
  engine: EngineInfo;
  builtins: Builtin[];
  limits: Limits;
  auth: boolean;
}

/** How a face follows its emotions; absent fields keep the server's defaults. */
export interface CharacterOptions {
  strength?: number;
  contrast?: number;
  transition_ms?: number;
  hold_ms?: number;
  decay_ms?: number;
  min_confidence?: number;
  max_emotions?: number;
  /** Whether the face blinks by itself; not, by default. */
  blink?: boolean;
  /** Whether the mouth moves while a line is being said; not, by default. */
  speak?: boolean;
  /** Whether the frames of transitions are rendered before they are needed; not, by default. */
  bake?: boolean;
  /** How frames are marked as generated; the server may mark more. */
  mark?: "off" | "metadata" | "visible";
  /** What stands behind the person: `keep`, `transparent` or `#rrggbb`. */
  background?: string;
}

export interface FrameOptions {
  format?: FrameFormat;
  /** The longest side in pixels; 0 is the face's own size. */
  size?: number;
  fps?: number;
  quality?: number;
  patches?: boolean;
  /** How many pictures this client keeps, 0 … 256, so that none has to be sent twice. */
  keep?: number;
}

export interface CharacterReady {
  type: "character.ready";
  seq: number;
  character: string;
  width: number;
  height: number;
  source: "builtin" | "found" | "centred";
  kind?: CharacterKind;
  /** What its frames show beside emotions: `blink`, `mouth_open`. */
  channels?: string[];
  /** Of sprites: the name of the picture that shows each emotion. */
  pictures?: Record<string, string>;
}

export interface CharacterDropped {
  type: "character.dropped";
  seq: number;
  character: string;
  reason: string;
}

export interface Reading { id: string; text: string; confidence: number }

export interface Emotion {
  type: "emotion";
  seq: number;
  character: string;
  line: string;
  /** In the order of `hello.emotions`; they sum to 1. */
  scores: number[];
  top: string;
  intensity: number;
  final: boolean;
  spans_ms: Record<string, number>;
  /** The line's text, for those who watch the character with `text`. */
  text?: string | null;
}

export interface Notice {
  type: "notice";
  seq: number;
  code: string;
  text: string;
  character?: string;
  line?: string;
}

export interface Frame {
  type: "frame";
  character: string;
  n: number;
  expression: number[];
  format: FrameFormat;
  width: number;
  height: number;
  data: Uint8Array;
  rect?: [x: number, y: number, width: number, height: number] | null;
  line?: string | null;
  cached?: boolean;
  /** How far the lids are closed and the mouth is open. */
  blink?: number;
  mouth_open?: number;
  /** Where the picture is kept; `data` is always filled in here. */
  slot?: number | null;
}

export interface Blendshapes {
  type: "blendshapes";
  character: string;
  n: number;
  names_id: BlendshapeSet;
  values: number[];
  /** Always filled in here, although the wire sends the names only once. */
  names: string[] | null;
  line?: string | null;
  /** What the values are made of: a weight for each emotion, in the order of `hello`. */
  expression?: number[] | null;
  blink?: number;
  mouth_open?: number;
}

export type StatusDetail =
  | { status: "idle" | "stopped"; code: string; reason: string }
  | { status: "connecting" }
  | { status: "waiting"; retryMs: number }
  | { status: "ready"; resumed: boolean };

export class EmopicError extends Error {
  code: string;
  fault: Fault;
  ref: string | null;
  retryMs: number | null;
}

export class MsgpackError extends Error {
  code: string;
}

export interface ClientEvents {
  status: CustomEvent<StatusDetail>;
  hello: CustomEvent<Hello>;
  character: CustomEvent<CharacterReady>;
  dropped: CustomEvent<CharacterDropped>;
  emotion: CustomEvent<Emotion>;
  frame: CustomEvent<Frame>;
  blendshapes: CustomEvent<Blendshapes>;
  notice: CustomEvent<Notice>;
  error: CustomEvent<EmopicError>;
}

export interface ClientOptions {
  /** Any http, https, ws or wss address of the server; the page's own by default. */
  url?: string | URL;
  token?: string | null;
  /** Names your program, for the server's logs. */
  client?: string;
  lineTimeoutMs?: number;
  /** What happens to profane lines; the server may be stricter. */
  guard?: "off" | "mask" | "refuse";
  /** What the server may keep of the lines; it may keep less. */
  history?: "off" | "scores" | "text";
}

export interface CharacterSource {
  builtin?: string;
  /** JPEG, PNG or WebP, or a ZIP of drawn pictures: `joy.png`, `anger.png` … */
  face?: Uint8Array | ArrayBuffer;
  /** Drawn pictures by the emotion they show. */
  sprites?: Record<string, Uint8Array>;
  /** A picture to stand behind the person, instead of `options.background`. */
  backdrop?: Uint8Array;
  options?: CharacterOptions;
  shared?: boolean;
}

export interface LineOptions {
  id?: string;
  partial?: boolean;
  cut?: boolean;
}

export class EmopicClient extends EventTarget {
  constructor(options?: ClientOptions);
  readonly url: string;
  token: string | null;
  readonly status: Status;
  readonly hello: Hello | null;
  readonly session: string | null;
  readonly seq: number;
  /** Whether the token lets this client only watch. */
  readonly readOnly: boolean;
  connect(): Promise<Hello>;
  close(): void;
  reconnectNow(): void;
  putCharacter(character: string, source: CharacterSource): Promise<CharacterReady>;
  dropCharacter(character: string): void;
  line(character: string, text: string, options?: LineOptions): Promise<Emotion>;
  /** Have the writing in a picture read; what it says is no line before it is sent as one. */
  read(picture: Uint8Array | ArrayBuffer): Promise<Reading>;
  newLineId(): string;
  express(
    character: string, expression: Record<string, number>,
    options?: { hold_ms?: number; lock?: boolean },
  ): void;
  watch(
    character: string,
    options?: { frames?: FrameOptions; blendshapes?: BlendshapeSet; text?: boolean },
  ): void;
  unwatch(character: string): void;
  ping(): Promise<number>;
  addEventListener<K extends keyof ClientEvents>(
    type: K, listener: (event: ClientEvents[K]) => void, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof ClientEvents>(
    type: K, listener: (event: ClientEvents[K]) => void, options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

export interface FaceCanvasEvents {
  paint: CustomEvent<Frame>;
  error: CustomEvent<unknown>;
}

export class FaceCanvas extends EventTarget {
  /**
   * `cacheBytes` is the memory for decoded patches that may be used again: 24 MiB by default.
   * `desynchronized` lets the canvas go past the page's own compositor, as in `getContext`: cheaper
   * where no graphics card composes, but with one some browsers show black for what is clear.
   */
  constructor(
    canvas: HTMLCanvasElement | OffscreenCanvas,
    options?: { cacheBytes?: number; desynchronized?: boolean },
  );
  readonly canvas: HTMLCanvasElement | OffscreenCanvas;
  /** The last full frame; null before there was one. */
  readonly base: ImageBitmap | null;
  /** Frames that were replaced before they were decoded, and patches without a full frame. */
  readonly skipped: number;
  attach(client: EmopicClient, character: string): () => void;
  draw(frame: Frame): void;
  reset(): void;
  addEventListener<K extends keyof FaceCanvasEvents>(
    type: K, listener: (event: FaceCanvasEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}
