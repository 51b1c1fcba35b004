"""Wire protocol v1: one tagged struct per message, one typed decoder per direction.

Pure: no sockets, no clock. The server imports this module, so both ends speak from one source;
`server/PROTOCOL.md` is the normative text. Unknown fields are ignored; unknown types, wrong types
and numbers or names out of range are a `WireError`, so nothing that was decoded holds a NaN, an
infinity or an integer that JavaScript cannot hold. It is one file, long as it is, because it is
one thing: the whole wire, in the order of the specification.

Delivery classes (never mixed):

* events — `character.ready`, `character.dropped`, `emotion`, `reading`, `notice`, `error`:
  ordered, numbered with `seq` (1, 2, 3 … within a session), kept for resume;
* states — `frame`, `blendshapes`: latest wins, numbered with `n` per character, never replayed.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

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
GuardMode: TypeAlias = Literal["off", "mask", "refuse"]
HistoryMode: TypeAlias = Literal["off", "scores", "text"]
MarkMode: TypeAlias = Literal["off", "metadata", "visible"]
CharacterKind: TypeAlias = Literal["picture", "sprites"]

Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Side: TypeAlias = Annotated[int, Meta(ge=0, le=65_535)]  # pixels
Rect: TypeAlias = tuple[Side, Side, Side, Side]  # x, y, width, height in pixels of the full frame
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]  # in code points
CharacterName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Address: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2048)]
Label: TypeAlias = Annotated[str, Meta(max_length=128)]
Weight: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1.001)]  # [0, 1] and the server's rounding
Seconds: TypeAlias = Annotated[float, Meta(ge=0, le=1e9)]
Millis: TypeAlias = Annotated[float, Meta(ge=0, le=1e12)]
HoldMs: TypeAlias = Annotated[int, Meta(ge=0, le=3_600_000)]
BackgroundName: TypeAlias = Annotated[str, Meta(pattern=r"^(keep|transparent|#[0-9a-fA-F]{6})\Z")]
Slot: TypeAlias = Annotated[int, Meta(ge=0, le=255)]


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
    """A face that ships with the server: a picture that is moved, or a set of drawn ones."""

    id: str
    name: str
    ko: str
    kind: CharacterKind = "picture"


class EngineInfo(_Part, frozen=True, omit_defaults=False):
    """What really runs: names, not wishes. `face_channels` are what the face model moves beside
    emotions: `blink`, `mouth_open` or nothing. `reason` says why this backend runs.
    """

    backend: str
    device: str
    precision: str
    text_model: str
    face_model: str
    versions: dict[str, str]
    face_channels: tuple[str, ...] = ()
    reason: str = ""


class Limits(_Part, frozen=True, omit_defaults=False):
    """Every bound the server enforces. Sizes in bytes or pixels, times in seconds unless named."""

    message_bytes: Count = 64 * 1024
    face_bytes: Count = 4 * 1024 * 1024
    face_side: Count = 4096
    face_pixels: Count = 16_000_000
    line_chars: Count = 500
    identify_s: Seconds = 10.0
    messages_per_minute: Count = 120
    messages_burst: Count = 40
    connections_per_token: Count = 8
    characters_per_session: Count = 16
    outbox_events: Count = 512
    resume_s: Seconds = 60.0
    resume_events: Count = 512
    ping_s: Seconds = 20.0
    frame_side: Count = 2048
    fps: Count = 60


class Resume(_Part, frozen=True):
    """Continue `session`; `seq` is the last event number the client has processed."""

    session: Name
    seq: Count


class CharacterOptions(_Part, frozen=True):
    """How a character's face follows its emotions. Absent fields keep the server's defaults.

    `strength` scales what lines do to the face (0 … 2). `contrast` sharpens (> 1) or flattens
    (< 1) the mix of emotions. `transition_ms` is the time from one expression to the next,
    `hold_ms` how long it stays, `decay_ms` the way back to neutral. Lines whose top score is
    below `min_confidence` leave the face alone. At most `max_emotions` are mixed. With `blink` the
    face blinks by itself, with `speak` its mouth moves while a line is being said. With `bake` the
    frames of transitions are rendered before they are needed. `mark` says how its pictures are
    marked as generated; the server may mark more. `background` is what stands behind the person
    instead of what was there: `transparent`, a colour like `#102030`, or, to `keep` it, nothing.
    """

    strength: Annotated[float, Meta(ge=0, le=2)] | UnsetType = UNSET
    contrast: Annotated[float, Meta(ge=0.1, le=10)] | UnsetType = UNSET
    transition_ms: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET
    hold_ms: HoldMs | UnsetType = UNSET
    decay_ms: Annotated[int, Meta(ge=0, le=60_000)] | UnsetType = UNSET
    min_confidence: Weight | UnsetType = UNSET
    max_emotions: Annotated[int, Meta(ge=1, le=64)] | UnsetType = UNSET
    blink: bool | UnsetType = UNSET
    speak: bool | UnsetType = UNSET
    bake: bool | UnsetType = UNSET
    mark: MarkMode | UnsetType = UNSET
    background: BackgroundName | UnsetType = UNSET


class FrameOptions(_Part, frozen=True):
    """What pictures a watcher wants. `size` is the longest side in pixels, 0 the face's own size.

    `quality` (1 … 100) is for JPEG and lossy WebP. With `patches`, a frame may be a rectangle of
    the picture instead of all of it; the first frame is always full. `keep` is how many pictures
    the client keeps, so that they need not be sent again.
    """

    format: FrameFormat = "jpeg"
    size: Side = 0
    fps: Annotated[int, Meta(ge=1, le=240)] = 30
    quality: Annotated[int, Meta(ge=1, le=100)] = 85
    patches: bool = True
    keep: Annotated[int, Meta(ge=0, le=256)] = 0


# ── client → server ──────────────────────────────────────────────────────────────────────────────


class Identify(_Message, tag="identify", frozen=True):
    """The client's first message. `client` names the program, for logs and metrics.

    `guard` is what happens to profane lines of this session; the server may be stricter. `history`
    is what the server may keep of its lines; it may keep less.
    """

    client: Label
    token: str | None = None
    resume: Resume | None = None
    guard: GuardMode | None = None
    history: HistoryMode | None = None


class CharacterPut(_Message, tag="character.put", frozen=True):
    """Register or replace a character with an uploaded `face` (JPEG, PNG, WebP, or a ZIP with a
    picture for each emotion), a `builtin`, the picture at a web address: `url`, also of a page,
    whose largest face is then taken, or `sprites`: pictures by the emotion they show.

    A `shared` character is seen by every session with the same token; a private one only by the
    session that put it. `history` is what the server may keep of lines to it. `backdrop`
    is a picture to stand behind the person, instead of `options.background`.
    """

    character: CharacterName
    face: bytes | None = None
    builtin: Name | None = None
    options: CharacterOptions = CharacterOptions()
    shared: bool = False
    url: Address | None = None
    history: HistoryMode | None = None
    sprites: dict[Name, bytes] | None = None
    backdrop: bytes | None = None


class CharacterDrop(_Message, tag="character.drop", frozen=True):
    """Forget a character."""

    character: CharacterName


class Line(_Message, tag="line", frozen=True):
    """A chat line for a character. `partial` lines with the same `id` replace each other.

    `cut` asks that a line over the limit be shortened instead of refused.
    """

    character: CharacterName
    id: Name
    text: str
    partial: bool = False
    cut: bool = False


class Read(_Message, tag="read", frozen=True):
    """Read the writing in a `picture` (JPEG, PNG, WebP); a `reading` with the same `id` answers."""

    id: Name
    picture: bytes


class Express(_Message, tag="express", frozen=True):
    """Drive the face directly: weights in [0, 1] by emotion id, `blink` or `mouth_open`, held for
    `hold_ms`.

    With `lock`, lines leave the face alone until `hold_ms` are over or another `express` comes.
    """

    character: CharacterName
    expression: dict[Name, Weight]
    hold_ms: HoldMs | None = None
    lock: bool = False


class Watch(_Message, tag="watch", frozen=True):
    """Receive emotions of a character, and frames or blendshapes if asked for.

    With `text`, each emotion carries the text of its line.
    """

    character: CharacterName
    frames: FrameOptions | None = None
    blendshapes: BlendshapeSet | None = None
    text: bool = False


class Unwatch(_Message, tag="unwatch", frozen=True):
    """Receive nothing more of a character."""

    character: CharacterName


class Ping(_Message, tag="ping", frozen=True):
    """Ask for a `pong` with the same `token`."""

    token: Label = ""


ClientMessage: TypeAlias = (
    Identify | CharacterPut | CharacterDrop | Line | Read | Express | Watch | Unwatch | Ping
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
    protocol: Count = PROTOCOL_VERSION


class Ready(_Message, tag="ready", frozen=True):
    """The session is open. `seq` is the number of the last event before what follows.

    `resumed` true: every missed event follows, in order. False: nothing of the past follows and
    the client has to put and watch its characters again. `read_only`: the session may watch, and
    change nothing. `guard` is what really happens to profane lines, `history` what is really kept
    of lines to characters that ask for nothing.
    """

    session: Name
    seq: Count
    resumed: bool
    read_only: bool = False
    guard: GuardMode = "off"
    history: HistoryMode = "off"


class CharacterReady(_Message, tag="character.ready", frozen=True):
    """A character can be watched. `width` and `height` are the base face's, in pixels.

    `channels` are what its pictures show beside emotions. Of `sprites`, `pictures` says which one
    is shown for each emotion.
    """

    seq: Count
    character: CharacterName
    width: Side
    height: Side
    source: FaceSource
    kind: CharacterKind = "picture"
    channels: tuple[str, ...] = ()
    pictures: dict[str, str] = {}


class CharacterDropped(_Message, tag="character.dropped", frozen=True):
    """A character is gone: `reason` is `dropped`, `replaced` or `expired`."""

    seq: Count
    character: CharacterName
    reason: str


class Emotion(_Message, tag="emotion", frozen=True):
    """What a line means. `scores` are in the order of `hello.emotions` and sum to 1.

    `intensity` in [0, 1] is how strongly the face will show it; `final` is false for partial
    lines. `spans_ms` holds the time the line spent in each stage on the server. `text` is the
    line's, for those who watch the character with `text`.
    """

    seq: Count
    character: CharacterName
    line: Name
    scores: tuple[Share, ...]
    top: str
    intensity: Share
    final: bool
    spans_ms: dict[str, Millis] = {}
    text: str | None = None


class Reading(_Message, tag="reading", frozen=True):
    """What the picture of a `read` says. It is no line: show it, let a person correct it, and send
    it as one. `confidence` is the reader's own.
    """

    seq: Count
    id: Name
    text: str
    confidence: Share


class Notice(_Message, tag="notice", frozen=True):
    """Something the user may want to know; nothing failed."""

    seq: Count
    code: str
    text: str
    character: CharacterName | None = None
    line: Name | None = None


class Error(_Message, tag="error", frozen=True):
    """A message was refused or failed. `ref` is the line id, else the character, else the type;
    absent when the message could not be read.

    `fault` says who can mend it; `retry_ms` when trying again makes sense. Errors before `ready`
    have no `seq`.
    """

    code: str
    message: str
    fault: Fault
    seq: Count | None = None
    ref: str | None = None
    retry_ms: Count | None = None


class Frame(_Message, tag="frame", frozen=True):
    """A picture of the character's expression.

    `width` and `height` are of the full frame. With `rect` = [x, y, w, h], `data` is only that
    rectangle of it, to be drawn over the last full frame. `raw` data is RGBA, row by row, 8 bits a
    channel. `line` is the line that moved the face, if any. `cached` says that the picture was
    not rendered for this frame but found among those rendered before. `blink` and `mouth_open` are
    what it shows beside emotions. `slot` is where a client that keeps pictures keeps this one;
    without `data` it is the one that lies there.
    """

    character: CharacterName
    n: Count
    expression: tuple[Share, ...]
    format: FrameFormat
    width: Side
    height: Side
    data: bytes
    rect: Rect | None = None
    line: Name | None = None
    cached: bool = False
    blink: Share = 0.0
    mouth_open: Share = 0.0
    slot: Slot | None = None


class Blendshapes(_Message, tag="blendshapes", frozen=True):
    """The expression as named weights in [0, 1]. `names` comes with the first of a `names_id`.

    `expression` is what they were made of: a weight for each emotion, in the order of `hello`;
    with `blink` and `mouth_open`.
    """

    character: CharacterName
    n: Count
    names_id: BlendshapeSet
    values: tuple[Share, ...]
    names: tuple[str, ...] | None = None
    line: Name | None = None
    expression: tuple[Share, ...] | None = None
    blink: Share = 0.0
    mouth_open: Share = 0.0


class Pong(_Message, tag="pong", frozen=True):
    """The answer to a `ping`."""

    token: Label = ""


class Bye(_Message, tag="bye", frozen=True, omit_defaults=False):
    """The server closes the connection next. `code` is the close code that follows."""

    code: Annotated[int, Meta(ge=1000, le=4999)]
    reason: str
    reconnect: bool


Event: TypeAlias = CharacterReady | CharacterDropped | Emotion | Reading | Notice | Error
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
    """Encode one message. In JSON, picture bytes become base64 text.

    Raises `WireError` for text that is not Unicode (half a surrogate pair) and for integers past
    64 bits. Ranges are checked by whoever decodes.
    """
    encoder = _json_encoder if encoding == "json" else _msgpack_encoder
    try:
        return encoder.encode(message)
    except (UnicodeError, OverflowError, TypeError) as error:
        raise WireError("bad_field", f"bad field: {error}") from error


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
        code = "unknown_type" if text.endswith(_NO_TYPE) else "bad_field"
        raise WireError(code, _short(f"{code.replace('_', ' ')}: {text}")) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError, TypeError) as error:
        raise WireError("bad_message", _short(f"not a message: {error}")) from error


_NO_TYPE: Final = ("at `$.type`", "missing required field `type`")


def _short(text: str, most: int = 200) -> str:
    """A refused value may be as long as a message, its refusal may not."""
    return text if len(text) <= most else f"{text[:most]}…"
