"""What the core asks of the engine, and what it needs to know about the answers.

The protocols are what `emopic_engine` really returns; the core needs no more of it than this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from emopic_client.wire import (
    CharacterKind,
    CharacterOptions,
    FaceSource,
    FrameFormat,
    HistoryMode,
    MarkMode,
    Rect,
)
from emopic_server.core.history import Record

LOSSY: Final = ("jpeg", "webp")

Background: TypeAlias = str | bytes
"""`TRANSPARENT`, a colour `#rrggbb`, or a picture; `emopic_engine.face.background` reads them."""

TRANSPARENT: Final = "transparent"

CharacterKey: TypeAlias = tuple[str, str]
"""(owner, id): the owner is a session for a private character, a group for a shared one."""


class FaceLike(Protocol):
    """A registered base face; `key` identifies its pixels.

    `portrait` is the picture that was cut out of a larger one, if it was. `faces` is how many were
    found in it. `kind` is `picture` or `sprites`; of these, `pictures` says which one shows each
    emotion. `channels` are those of `EXTRA_CHANNELS` that its frames show.
    """

    @property
    def key(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def portrait(self) -> bytes | None: ...
    @property
    def faces(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def channels(self) -> tuple[str, ...]: ...
    @property
    def pictures(self) -> Mapping[str, str]: ...


class ScoresLike(Protocol):
    """What a line means: `values` sum to 1, `top` is the index of the largest."""

    @property
    def values(self) -> Iterable[float]: ...
    @property
    def top(self) -> int: ...
    @property
    def intensity(self) -> float: ...


class PictureLike(Protocol):
    """An encoded picture, whole or the rectangle `rect` of one. Composing and encoding it took
    `encode_s` seconds."""

    @property
    def data(self) -> bytes: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def rect(self) -> Rect | None: ...
    @property
    def encode_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class LineJob:
    """Classify one line. Times in seconds on the caller's clock.

    `shown` is the text as others may read it: masked where the session's guard says so. `record`
    says how to keep the line, None that it is not kept.
    """

    session: str
    character: CharacterKey
    line: str
    text: str
    partial: bool
    arrived: float
    queued: float
    shown: str
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class RegisterJob:
    """Turn a picture, or the name of a built-in face, into a face.

    With `portrait`, only the largest face of the picture and what is around it is meant.
    `background` is what stands behind the person instead.
    """

    session: str
    character: CharacterKey
    generation: int
    picture: bytes | None
    builtin: str | None
    portrait: bool = False
    background: Background | None = None


@dataclass(frozen=True, slots=True)
class FrameJob:
    """Render one frame of a view; it has the fields of `emopic_engine.engine.RenderJob` and more.

    `n` orders the frames of a character, `generation` is that of its face, `line` is what moved
    it, `owner` is who waits for it in the scheduler's turn. `expression` has a weight for each
    emotion and, where one of them is not 0, one for each of `EXTRA_CHANNELS`. `asked` is when it
    was asked for; the first frame that a line moves has in `stirred` when the line was answered.
    """

    face: FaceLike
    expression: tuple[float, ...]
    size: int
    format: FrameFormat
    quality: int
    patch: bool
    character: CharacterKey
    view: int
    generation: int
    n: int
    line: str | None
    owner: str
    mark: MarkMode = "off"
    asked: float = 0.0
    stirred: float | None = None

    @property
    def atlas_key(self) -> tuple[object, ...]:
        """All that its bytes depend on. `face.key` stands for the pixels and the face model.

        A size beyond the face's own, or 0, is its own size; only lossy formats have a quality.
        """
        own = max(self.face.width, self.face.height)
        size = min(self.size or own, own)
        quality = self.quality if self.format in LOSSY else 0
        mark = self.mark
        return (self.face.key, self.expression, size, self.format, quality, self.patch, mark)


@dataclass(frozen=True, slots=True)
class Classify:
    """One batch of lines."""

    jobs: tuple[LineJob, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """One face."""

    job: RegisterJob


@dataclass(frozen=True, slots=True)
class Render:
    """One batch of frames."""

    jobs: tuple[FrameJob, ...]


Work: TypeAlias = Classify | Register | Render


@dataclass(frozen=True, slots=True)
class Failed:
    """An item the engine refused or failed: a code of `errors.CODES` and a safe message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """What came of `work`: one result per job, in order, and when the engine worked on it.

    `ended` says that its worker ended over it; the worker is away then.
    """

    work: Work
    results: tuple[object, ...]
    started: float
    finished: float
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A shared character as a store keeps it: exactly one of `builtin` and `face`, and the picture
    behind it, if it has one."""

    group: str
    character: str
    builtin: str | None
    face: bytes | None
    options: CharacterOptions
    history: HistoryMode | None = None
    backdrop: bytes | None = None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A shared character that is not to be kept any more."""

    group: str
    character: str


Change: TypeAlias = Kept | Forgotten

SOURCES: Final[tuple[FaceSource, ...]] = ("builtin", "found", "centred")
MARKS: Final[tuple[MarkMode, ...]] = ("off", "metadata", "visible")
KINDS: Final[tuple[CharacterKind, ...]] = ("picture", "sprites")
