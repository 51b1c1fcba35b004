"""A hub on a simulated clock, with an engine that answers when it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from emopic_client import wire
from emopic_engine.emotions import DEFAULT
from emopic_server.core.history import HistoryPolicy
from emopic_server.core.hub import Hub, Settings
from emopic_server.core.scheduler import Bounds
from emopic_server.core.work import Classify, Done, Failed, FrameJob, Register, Render, Work

M = TypeVar("M")
JOY = (0.9, 0.02, 0.02, 0.02, 0.02, 0.02)
UNSURE = (0.5, 0.1, 0.1, 0.2, 0.05, 0.05)  # joy, but hardly more than neutral
SMALL = wire.FrameOptions(size=64)
INFO = wire.EngineInfo(
    backend="none", device="none", precision="none", text_model="t", face_model="f", versions={}
)


@dataclass(frozen=True)
class Face:
    key: str
    width: int = 64
    height: int = 48
    source: str = "builtin"
    portrait: bytes | None = None
    faces: int = 1
    kind: str = "picture"
    channels: tuple[str, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scores:
    values: tuple[float, ...] = JOY
    top: int = 0
    intensity: float = 0.9


@dataclass(frozen=True)
class Picture:
    data: bytes
    rect: tuple[int, int, int, int] | None
    width: int = 64
    height: int = 48
    encode_s: float = 0.002


class Swearing:
    """A censor that minds one word."""

    def find(self, line: str) -> list[tuple[int, int]]:
        return [(line.index("젠장"), line.index("젠장") + 2)] if "젠장" in line else []

    def mask(self, line: str) -> str:
        return line.replace("젠장", "**")


@dataclass
class Bench:
    """A hub, its clock, and its engine."""

    limits: wire.Limits = field(default_factory=wire.Limits)
    tokens: frozenset[str] = frozenset()
    readers: Mapping[str, str] = field(default_factory=dict)
    guard: wire.GuardMode = "off"
    history: HistoryPolicy = field(default_factory=HistoryPolicy)
    mark: wire.MarkMode = "off"
    now: float = 1000.0
    atlas_bytes: int = 0
    tracing: bool = False
    cutting: bool = False
    keeping: bool = False
    rendered: list[FrameJob] = field(default_factory=list)

    def __post_init__(self) -> None:
        ids = (f"session-{number}" for number in count(1))
        settings = Settings(
            server="test",
            emotions=DEFAULT,
            engine=INFO,
            builtins=(wire.Builtin(id="haru", name="Haru", ko="하루"),),
            limits=self.limits,
            tokens=self.tokens,
            readers=self.readers,
            bounds=Bounds(line_batch=4, frame_batch=2),
            guard=self.guard,
            history=self.history,
            mark=self.mark,
            atlas_bytes=self.atlas_bytes,
            tracing=self.tracing,
            cutting=self.cutting,
            keeping=self.keeping,
        )
        self.hub = Hub(
            settings,
            new_id=lambda: next(ids),
            censor=Swearing(),
        )

    def open(self, **identify: Any) -> int:
        connection = self.hub.connect("msgpack", self.now)
        self.send(connection, wire.Identify(client="test", **identify))
        return connection

    def send(self, connection: int, *messages: wire.ClientMessage) -> None:
        for message in messages:
            self.hub.receive(connection, wire.encode(message), self.now)

    def read(self, connection: int) -> list[wire.ServerMessage]:
        return list(self._read(connection))

    def _read(self, connection: int) -> Iterator[wire.ServerMessage]:
        while (message := self.hub.take(connection)) is not None:
            yield wire.decode_server(wire.encode(message))

    def work(self, seconds: float = 0.01) -> Work | None:
        """Let the engine do one piece of work, which takes `seconds`."""
        work = self.hub.work()
        if work is not None:
            self.finish(work, seconds)
        return work

    def finish(self, work: Work, seconds: float = 0.01) -> None:
        """Let the engine be done with work it has taken."""
        started = self.now
        self.now += seconds
        self.hub.done(Done(work, tuple(self.results(work)), started, self.now), self.now)

    def results(self, work: Work) -> Iterator[object]:
        match work:
            case Classify(jobs=jobs):
                for job in jobs:
                    yield self._scores(job.text)
            case Register(job=job):
                yield Face(job.builtin or "upload")
            case Render(jobs=frames):
                for frame in frames:
                    self.rendered.append(frame)
                    yield Picture(bytes([frame.n % 256]), (0, 0, 8, 8) if frame.patch else None)

    def _scores(self, text: str) -> object:
        if text == "!":
            return Failed("device", "out of memory")
        return Scores(UNSURE, 0, 0.5) if text.endswith("?") else Scores()

    def settle(self) -> None:
        while self.work() is not None:
            pass

    def run(self, seconds: float) -> None:
        """Let time pass, from deadline to deadline, with an engine that answers at once."""
        end = self.now + seconds
        while (deadline := self.hub.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.hub.tick(self.now)
            while self.work(0.0) is not None:
                pass
        self.now = end


def of(kind: type[M], messages: list[wire.ServerMessage]) -> list[M]:
    return [message for message in messages if isinstance(message, kind)]


def put(name: str = "a", **more: Any) -> wire.CharacterPut:
    return wire.CharacterPut(character=name, builtin="haru", **more)


def line(line_id: str, text: str = "기쁘다", **more: Any) -> wire.Line:
    return wire.Line(character="a", id=line_id, text=text, **more)
