"""What the server and an engine process say to each other, over a socket between the two.

A message is its length (4 bytes, little-endian) and one msgpack-encoded struct; pictures and faces
travel in it as raw bytes. The server sends orders, the process reports. `Begin` comes first and is
answered with `Loaded` or `NotLoaded`; then every `Lines`, `Face` and `Frames` gets one `Answer`, in
order. Large pictures do not travel, they lie on a tray beside the socket (see `tray`). `Forget` has
no answer. A `Beat` comes by itself. The end of the socket is the end of both.
"""

from __future__ import annotations

import struct
from typing import Any, Final, TypeAlias

import msgspec

from emopic_client.wire import MarkMode
from emopic_server.core.work import Background

_LENGTH: Final = struct.Struct("<I")
HEAD: Final = _LENGTH.size


# ── orders ───────────────────────────────────────────────────────────────────────────────────────


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """Load the engine that `target` (`module:function`) makes of `argument`.

    `paths` is where Python looks for modules, `attempt` counts the starts of this worker from 0.
    """

    target: str
    argument: bytes
    paths: list[str]
    attempt: int
    log_level: int
    beat_s: float


class Lines(msgspec.Struct, frozen=True, tag="lines"):
    """Classify these texts."""

    texts: list[str]


class Face(msgspec.Struct, frozen=True, tag="face"):
    """Make a face of a picture, or of a built-in's name, and keep it under the number `face`."""

    face: int
    picture: bytes | None
    builtin: str | None
    portrait: bool = False
    background: str | None = None
    backdrop: bytes | None = None

    @property
    def behind(self) -> Background | None:
        """What the engine is to set behind the face."""
        return self.backdrop if self.background is None else self.background

    def of(self, picture: bytes) -> Face:
        """The same with another picture, whole."""
        return msgspec.structs.replace(self, picture=picture, portrait=False)


class FrameOrder(msgspec.Struct, frozen=True, array_like=True):
    """One frame of a known face; the fields of `emopic_engine.engine.RenderJob`."""

    face: int
    expression: tuple[float, ...]
    size: int
    format: str
    quality: int
    patch: bool
    mark: MarkMode = "off"


class Frames(msgspec.Struct, frozen=True, tag="frames"):
    """Render these frames, after making the faces in `first`, which the process does not have."""

    frames: list[FrameOrder]
    first: list[Face] = []


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """These faces are not needed any more."""

    faces: list[int]


Order: TypeAlias = Begin | Lines | Face | Frames | Forget


# ── reports ──────────────────────────────────────────────────────────────────────────────────────


class Info(msgspec.Struct, frozen=True):
    """What really runs, as `emopic_engine.engine.EngineInfo` says it."""

    backend: str
    device: str
    precision: str
    text_model: str
    face_model: str
    versions: dict[str, str]
    face_channels: tuple[str, ...] = ()
    reason: str = ""


class Builtin(msgspec.Struct, frozen=True):
    """A face that ships with the engine."""

    id: str
    name: str
    ko: str
    kind: str = "picture"


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """The engine has warmed up."""

    names: tuple[str, ...]
    korean: tuple[str, ...]
    info: Info
    builtins: tuple[Builtin, ...]


class NotLoaded(msgspec.Struct, frozen=True, tag="not loaded"):
    """The engine cannot be loaded. `error` is the class of what was raised."""

    error: str
    code: str
    message: str


class Felt(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """What a line means; see `core.work.ScoresLike`."""

    values: tuple[float, ...]
    top: int
    intensity: float


class Made(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A face that was registered; see `core.work.FaceLike`."""

    key: str
    width: int
    height: int
    source: str
    portrait: bytes | None
    faces: int = 1
    kind: str = "picture"
    channels: tuple[str, ...] = ()
    pictures: dict[str, str] = {}


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a picture lies on the tray, in bytes."""

    start: int
    size: int


class Drawn(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """An encoded picture; see `core.work.PictureLike`. A large one lies on the tray meanwhile."""

    data: bytes | Place
    width: int
    height: int
    rect: tuple[int, int, int, int] | None
    encode_s: float = 0.0


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """An item the engine refused or failed; see `core.work.Failed`."""

    code: str
    message: str


Outcome: TypeAlias = Felt | Made | Drawn | Refused


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """One outcome for each item. Times in seconds of the machine's monotonic clock.

    `lost` says why the process ends after this answer; empty when it goes on.
    """

    outcomes: list[Outcome]
    started: float
    finished: float
    lost: str = ""


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """The process lives, and holds this much memory (resident bytes)."""

    memory: int


Report: TypeAlias = Loaded | NotLoaded | Answer | Beat


# ── the socket's bytes ───────────────────────────────────────────────────────────────────────────

_encoder: Final = msgspec.msgpack.Encoder()
_orders: Final = msgspec.msgpack.Decoder(Order)
_reports: Final = msgspec.msgpack.Decoder(Report)


def pack(message: Order | Report) -> bytearray:
    """A message with its length in front."""
    data = bytearray(HEAD)
    _encoder.encode_into(message, data, HEAD)
    _LENGTH.pack_into(data, 0, len(data) - HEAD)
    return data


def length(head: bytes | bytearray | memoryview) -> int:
    """The length that the first `HEAD` bytes tell."""
    return int(_LENGTH.unpack_from(head)[0])


def order(data: bytes | bytearray | memoryview) -> Order:
    """Decode an order without its length. Raises `msgspec.DecodeError`."""
    decoded: Order = _orders.decode(data)
    return decoded


def report(data: bytes | bytearray | memoryview) -> Report:
    """Decode a report without its length. Raises `msgspec.DecodeError`."""
    decoded: Report = _reports.decode(data)
    return decoded


class Reader:
    """Cuts a stream of bytes into reports. Holds at most the one that is not complete yet.

    A large report comes in many pieces. They are put together once, when the last is there: a
    buffer that grows with each of them costs more than the transport.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0
        self._needed = HEAD

    def feed(self, data: bytes) -> list[Report]:
        """The reports that are complete now. Raises `msgspec.DecodeError`."""
        self._pieces.append(data)
        self._held += len(data)
        return self._cut(b"".join(self._pieces)) if self._held >= self._needed else []

    def _cut(self, data: bytes) -> list[Report]:
        view = memoryview(data)
        reports: list[Report] = []
        start = 0
        while start + (needed := _needed(view[start:])) <= len(data):
            reports.append(report(view[start + HEAD : start + needed]))
            start += needed
        self._pieces = [data[start:]]
        self._held, self._needed = len(data) - start, needed
        return reports


def _needed(data: memoryview) -> int:
    """How many bytes it takes to go on with a message that begins like this."""
    return HEAD if len(data) < HEAD else HEAD + length(data)


def outcome(item: Any) -> Outcome:
    """What the engine returned for one item, as a message. Raises `TypeError` for anything else."""
    if hasattr(item, "data"):
        return Drawn(item.data, item.width, item.height, item.rect, item.encode_s)
    if hasattr(item, "values"):
        values = tuple(float(value) for value in item.values)
        return Felt(values, int(item.top), float(item.intensity))
    if hasattr(item, "source"):
        return Made(
            item.key,
            item.width,
            item.height,
            item.source,
            item.portrait,
            item.faces,
            item.kind,
            item.channels,
            dict(item.pictures),
        )
    if hasattr(item, "code"):
        return Refused(item.code, item.message)
    raise TypeError(f"the engine returned a {type(item).__name__}")
