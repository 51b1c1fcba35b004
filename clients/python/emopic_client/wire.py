"""Wire protocol v1: one tagged struct per message, one typed decoder per direction.

Pure: no sockets, no clock. The server imports this module, so both ends speak from one source;
`server/PROTOCOL.md` is the normative text. Unknown fields are ignored, unknown types and wrong
types are a `WireError`.

Delivery classes (never mixed):

* events — `character.ready`, `character.dropped`, `emotion`, `notice`, `error`: ordered, numbered
  with `seq` (1, 2, 3 … within a session), kept for resume;
* states — `frame`, `blendshapes`: latest wins, numbered with `n` per character, never replayed.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

PROTOCOL_VERSION: Final = 1
PATH: Final = "/v1/stream"
MSGPACK_SUBPROTOCOL: Final = "emopic.v1.msgpack"
JSON_SUBPROTOCOL: Final = "emopic.v1.json"
SUBPROTOCOLS: Final = (MSGPACK_SUBPROTOCOL, JSON_SUBPROTOCOL)

Encoding: TypeAlias = Literal["msgpack", "json"]
FrameFormat: TypeAlias = Literal["jpeg", "webp", "png", "raw"]
BlendshapeSet: TypeAlias = Literal["arkit", "vrm0", "vrm1"]
Fault: TypeAlias = Literal["client", "server"]
FaceSource: TypeAlias = Literal["builtin", "found", "centred"]
Rect: TypeAlias = tuple[int, int, int, int]  # x, y, width, height in pixels of the full frame


class WireError(Exception):
    """A message cannot be read: `code` is `bad_message`, `unknown_type` or `bad_field`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class _Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A map inside a message."""


class _Message(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """A message; its tag is the `type` field."""


# ── parts ────────────────────────────────────────────────────────────────────────────────────────


class EmotionLabel(_Part, frozen=True, omit_defaults=False):
    """One of the model's emotions: `id` is used on the wire, `ko` is its Korean name."""

    id: str
    ko: str


class Builtin(_Part, frozen=True, omit_defaults=False):
    """A face that ships with the server."""

    id: str
    name: str
    ko: str


class EngineInfo(_Part, frozen=True, omit_defaults=False):
    """What really runs: names, not wishes."""

    backend: str
    device: str
    precision: str
    text_model: str
    face_model: str
    versions: dict[str, str]


class Limits(_Part, frozen=True, omit_defaults=False):
    """Every bound the server enforces. Sizes in bytes or pixels, times in seconds unless named."""

    message_bytes: int = 64 * 1024
    face_bytes: int = 4 * 1024 * 1024
    face_side: int = 4096
    face_pixels: int = 16_000_000
    line_chars: int = 500
    identify_s: float = 10.0
    messages_per_minute: int = 120
    messages_burst: int = 40
    connections_per_token: int = 8
    characters_per_session: int = 16
    outbox_events: int = 512
    resume_s: float = 60.0
    resume_events: int = 512
    ping_s: float = 20.0
    frame_side: int = 2048
    fps: int = 60


class Resume(_Part, frozen=True):
    """Continue `session`; `seq` is the last event number the client has processed."""

    session: str
    seq: int


class CharacterOptions(_Part, frozen=True):
    """How a character's face follows its emotions. Absent fields keep the server's defaults.

    `strength` scales every expression (0 … 2). `contrast` sharpens (> 1) or flattens (< 1) the
    mix of emotions. `transition_ms` is the time from one expression to the next, `hold_ms` how
    long it stays, `decay_ms` the way back to neutral. Lines whose top score is below
    `min_confidence` leave the face alone. At most `max_emotions` are mixed.
    """

    strength: float | UnsetType = UNSET
    contrast: float | UnsetType = UNSET
    transition_ms: int | UnsetType = UNSET
    hold_ms: int | UnsetType = UNSET
    decay_ms: int | UnsetType = UNSET
    min_confidence: float | UnsetType = UNSET
    max_emotions: int | UnsetType = UNSET


class FrameOptions(_Part, frozen=True):
    """What pictures a watcher wants. `size` is the longest side in pixels, 0 the face's own size.

    `quality` (1 … 100) is for JPEG and lossy WebP. With `patches`, a frame may be a rectangle of
    the picture instead of all of it; the first frame is always full.
    """

    format: FrameFormat = "jpeg"
    size: int = 0
    fps: int = 30
    quality: int = 85
    patches: bool = True


# ── client → server ──────────────────────────────────────────────────────────────────────────────


class Identify(_Message, tag="identify", frozen=True):
    """The client's first message. `client` names the program, for logs and metrics."""

    client: str
    token: str | None = None
    resume: Resume | None = None


class CharacterPut(_Message, tag="character.put", frozen=True):
    """Register or replace a character with an uploaded `face` (JPEG, PNG, WebP) or a `builtin`.

    A `shared` character is seen by every session with the same token; a private one only by the
    session that put it.
    """

    character: str
    face: bytes | None = None
    builtin: str | None = None
    options: CharacterOptions = CharacterOptions()
    shared: bool = False


class CharacterDrop(_Message, tag="character.drop", frozen=True):
    """Forget a character."""

    character: str


class Line(_Message, tag="line", frozen=True):
    """A chat line for a character. `partial` lines with the same `id` replace each other.

    `cut` asks that a line over the limit be shortened instead of refused.
    """

    character: str
    id: str
    text: str
    partial: bool = False
    cut: bool = False


class Express(_Message, tag="express", frozen=True):
    """Drive the face directly: weights in [0, 1] by emotion id, held for `hold_ms`."""

    character: str
    expression: dict[str, float]
    hold_ms: int | None = None


class Watch(_Message, tag="watch", frozen=True):
    """Receive emotions of a character, and frames or blendshapes if asked for."""

    character: str
    frames: FrameOptions | None = None
    blendshapes: BlendshapeSet | None = None


class Unwatch(_Message, tag="unwatch", frozen=True):
    """Receive nothing more of a character."""

    character: str


class Ping(_Message, tag="ping", frozen=True):
    """Ask for a `pong` with the same `token`."""

    token: str = ""


ClientMessage: TypeAlias = (
    Identify | CharacterPut | CharacterDrop | Line | Express | Watch | Unwatch | Ping
)


# ── server → client ──────────────────────────────────────────────────────────────────────────────


class Hello(_Message, tag="hello", frozen=True, omit_defaults=False):
    """The server's first message."""

    server: str
    emotions: tuple[EmotionLabel, ...]
    engine: EngineInfo
    builtins: tuple[Builtin, ...]
    limits: Limits
    auth: bool
    protocol: int = PROTOCOL_VERSION


class Ready(_Message, tag="ready", frozen=True, omit_defaults=False):
    """The session is open. `seq` is the number of the last event before what follows.

    `resumed` true: every missed event follows, in order. False: nothing of the past follows and
    the client has to put and watch its characters again.
    """

    session: str
    seq: int
    resumed: bool


class CharacterReady(_Message, tag="character.ready", frozen=True):
    """A character can be watched. `width` and `height` are the base face's, in pixels."""

    seq: int
    character: str
    width: int
    height: int
    source: FaceSource


class CharacterDropped(_Message, tag="character.dropped", frozen=True):
    """A character is gone: `reason` is `dropped`, `replaced` or `expired`."""

    seq: int
    character: str
    reason: str


class Emotion(_Message, tag="emotion", frozen=True, omit_defaults=False):
    """What a line means. `scores` are in the order of `hello.emotions` and sum to 1.

    `intensity` in [0, 1] is how strongly the face will show it; `final` is false for partial
    lines. `spans_ms` holds the time the line spent in each stage on the server.
    """

    seq: int
    character: str
    line: str
    scores: tuple[float, ...]
    top: str
    intensity: float
    final: bool
    spans_ms: dict[str, float] = {}


class Notice(_Message, tag="notice", frozen=True):
    """Something the user may want to know; nothing failed."""

    seq: int
    code: str
    text: str
    character: str | None = None
    line: str | None = None


class Error(_Message, tag="error", frozen=True):
    """A message was refused or failed. `ref` is the line id, else the character, else the type.

    `fault` says who can mend it; `retry_ms` when trying again makes sense. Errors before `ready`
    have no `seq`.
    """

    code: str
    message: str
    fault: Fault
    seq: int | None = None
    ref: str | None = None
    retry_ms: int | None = None


class Frame(_Message, tag="frame", frozen=True):
    """A picture of the character's expression.

    `width` and `height` are of the full frame. With `rect` = [x, y, w, h], `data` is only that
    rectangle of it, to be drawn over the last full frame. `raw` data is RGBA, row by row, 8 bits a
    channel. `line` is the line that moved the face, if any. `cached` says that the picture was
    not rendered for this frame but found among those rendered before.
    """

    character: str
    n: int
    expression: tuple[float, ...]
    format: FrameFormat
    width: int
    height: int
    data: bytes
    rect: Rect | None = None
    line: str | None = None
    cached: bool = False


class Blendshapes(_Message, tag="blendshapes", frozen=True):
    """The expression as named weights in [0, 1]. `names` comes with the first of a `names_id`."""

    character: str
    n: int
    names_id: BlendshapeSet
    values: tuple[float, ...]
    names: tuple[str, ...] | None = None
    line: str | None = None


class Pong(_Message, tag="pong", frozen=True):
    """The answer to a `ping`."""

    token: str = ""


class Bye(_Message, tag="bye", frozen=True, omit_defaults=False):
    """The server closes the connection next. `code` is the close code that follows."""

    code: int
    reason: str
    reconnect: bool


Event: TypeAlias = CharacterReady | CharacterDropped | Emotion | Notice | Error
State: TypeAlias = Frame | Blendshapes
ServerMessage: TypeAlias = Hello | Ready | Event | State | Pong | Bye


# ── codes ────────────────────────────────────────────────────────────────────────────────────────


class CloseCode(Struct, frozen=True):
    """A websocket close code in 4000 … 4999 and what the client should do."""

    code: int
    reason: str
    reconnect: bool


IDENTIFY_TIMEOUT: Final = CloseCode(4001, "no identify in time", False)
AUTH_FAILED: Final = CloseCode(4002, "token missing or wrong", False)
NOT_IDENTIFIED: Final = CloseCode(4003, "the first message must be identify", False)
BAD_MESSAGE: Final = CloseCode(4004, "message cannot be read", False)
RATE_LIMITED: Final = CloseCode(4005, "too many messages", True)
TOO_MANY_CONNECTIONS: Final = CloseCode(4006, "too many connections for this token", False)
SESSION_TAKEN: Final = CloseCode(4007, "session continued on another connection", False)
SLOW_CLIENT: Final = CloseCode(4008, "client reads too slowly", True)
SERVER_FAULT: Final = CloseCode(4009, "server fault", True)
CLOSE_CODES: Final = {
    c.code: c
    for c in (
        IDENTIFY_TIMEOUT,
        AUTH_FAILED,
        NOT_IDENTIFIED,
        BAD_MESSAGE,
        RATE_LIMITED,
        TOO_MANY_CONNECTIONS,
        SESSION_TAKEN,
        SLOW_CLIENT,
        SERVER_FAULT,
    )
}

# ── encoding ─────────────────────────────────────────────────────────────────────────────────────

_msgpack_encoder = msgspec.msgpack.Encoder()
_json_encoder = msgspec.json.Encoder()
_client_msgpack = msgspec.msgpack.Decoder(ClientMessage)
_client_json = msgspec.json.Decoder(ClientMessage)
_server_msgpack = msgspec.msgpack.Decoder(ServerMessage)
_server_json = msgspec.json.Decoder(ServerMessage)


def encoding_of(subprotocol: str | None) -> Encoding:
    """The encoding that a negotiated subprotocol means; none negotiated means msgpack."""
    return "json" if subprotocol == JSON_SUBPROTOCOL else "msgpack"


def encode(message: ClientMessage | ServerMessage, encoding: Encoding = "msgpack") -> bytes:
    """Encode one message. In JSON, picture bytes become base64 text."""
    return (_json_encoder if encoding == "json" else _msgpack_encoder).encode(message)


def decode_client(data: bytes | str, encoding: Encoding = "msgpack") -> ClientMessage:
    """Decode what a client sent. Raises `WireError` and nothing else."""
    message: ClientMessage = _decode(_client_json if encoding == "json" else _client_msgpack, data)
    return message


def decode_server(data: bytes | str, encoding: Encoding = "msgpack") -> ServerMessage:
    """Decode what a server sent. Raises `WireError` and nothing else."""
    message: ServerMessage = _decode(_server_json if encoding == "json" else _server_msgpack, data)
    return message


def _decode(decoder: Any, data: bytes | str) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        text = str(error)
        code = (
            "unknown_type"
            if "`$.type`" in text or "missing required field `type`" in text
            else "bad_field"
        )
        raise WireError(code, f"{code.replace('_', ' ')}: {text}") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError, TypeError) as error:
        raise WireError("bad_message", f"not a message: {error}") from error
