"""The hub fed by hand on a simulated clock: bytes in, messages and work out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

import msgspec
import pytest

from emopic_client import wire
from emopic_engine.emotions import DEFAULT
from emopic_server.core.hub import GOING_AWAY, Hub, Settings
from emopic_server.core.scheduler import Bounds
from emopic_server.core.work import Classify, Done, Failed, FrameJob, Register, Render, Work

M = TypeVar("M")
JOY = (0.9, 0.02, 0.02, 0.02, 0.02, 0.02)
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


@dataclass
class Bench:
    """A hub, its clock, and an engine that answers when it is told to."""

    limits: wire.Limits = field(default_factory=wire.Limits)
    tokens: frozenset[str] = frozenset()
    now: float = 1000.0
    cache: dict[tuple[float, ...], Picture] = field(default_factory=dict)
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
            bounds=Bounds(line_batch=4, frame_batch=2),
        )
        self.hub = Hub(
            settings,
            new_id=lambda: next(ids),
            cached=lambda job: None if job.patch else self.cache.get(job.expression),
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
            started = self.now
            self.now += seconds
            self.hub.done(Done(work, tuple(self._results(work)), started, self.now), self.now)
        return work

    def _results(self, work: Work) -> Iterator[object]:
        match work:
            case Classify(jobs=jobs):
                for job in jobs:
                    yield Failed("device", "out of memory") if job.text == "!" else Scores()
            case Register(job=job):
                yield Face(job.builtin or "upload")
            case Render(jobs=frames):
                for frame in frames:
                    self.rendered.append(frame)
                    yield Picture(bytes([frame.n % 256]), (0, 0, 8, 8) if frame.patch else None)

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


def test_opening() -> None:
    bench = Bench()
    connection = bench.open()
    hello, ready = bench.read(connection)
    assert isinstance(hello, wire.Hello)
    assert ready == wire.Ready(session="session-1", seq=0, resumed=False)
    assert bench.hub.deadline() is None, "identified, so nothing is due"


def test_identify_is_due() -> None:
    bench = Bench()
    connection = bench.hub.connect("msgpack", bench.now)
    bench.run(9.99)
    assert bench.hub.post.connections[connection].closing is None
    bench.run(0.02)
    assert bench.read(connection)[-1] == wire.Bye(
        code=4001, reason="no identify in time", reconnect=False
    )
    assert bench.read(connection) == []


def test_a_line_is_answered_then_shown() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL, blendshapes="vrm1"))
    bench.settle()
    bench.read(connection)
    bench.send(connection, line("1"))
    bench.now += 0.002
    assert isinstance(bench.work(0.005), Classify)
    emotion, shapes = bench.read(connection)
    assert isinstance(emotion, wire.Emotion)
    assert (emotion.line, emotion.top, emotion.final, emotion.seq) == ("1", "joy", True, 2)
    assert emotion.spans_ms == {"receive": 0.0, "queue": 2.0, "classify": 5.0, "deliver": 0.0}
    assert isinstance(shapes, wire.Blendshapes)
    assert (shapes.line, shapes.names) == ("1", None)
    assert isinstance(bench.work(), Render)
    (frame,) = bench.read(connection)
    assert isinstance(frame, wire.Frame)
    assert (frame.line, frame.rect) == ("1", (0, 0, 8, 8))
    assert frame.expression[0] > 0


def test_everything_comes_to_rest() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL, blendshapes="arkit"))
    bench.settle()
    bench.read(connection)
    bench.send(connection, line("1"))
    bench.settle()
    bench.run(10.0)
    frames = of(wire.Frame, bench.read(connection))
    assert frames[-1].expression == (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    assert bench.hub.deadline() is None, "a face at rest costs nothing"
    assert bench.hub.work() is None


def test_frames_keep_their_rate() -> None:
    bench = Bench()
    connection = bench.open()
    slow = wire.FrameOptions(size=64, fps=5)
    bench.send(connection, put(), wire.Watch(character="a", frames=slow))
    bench.settle()
    bench.send(connection, line("1"))
    bench.settle()
    bench.rendered.clear()
    bench.run(1.0)
    assert 1 <= len(bench.rendered) <= 5


def test_a_full_frame_that_was_not_sent_is_not_patched_over() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL))
    bench.settle()
    bench.send(connection, line("1"))
    bench.settle()
    assert [frame.patch for frame in bench.rendered] == [False, False]
    (frame,) = of(wire.Frame, bench.read(connection))
    assert frame.rect is None
    bench.run(0.1)
    assert bench.rendered[-1].patch


def test_a_cached_frame_goes_out_at_once_and_overtakes() -> None:
    bench = Bench()
    connection = bench.open()
    watch = wire.Watch(character="a", frames=wire.FrameOptions(size=64, patches=False))
    bench.send(connection, put(options=wire.CharacterOptions(transition_ms=0)), watch)
    bench.settle()
    bench.read(connection)
    bench.send(connection, wire.Express(character="a", expression={"joy": 1.0}))
    late = bench.hub.work()
    assert isinstance(late, Render)
    bench.cache[0.0, 1.0, 0.0, 0.0, 0.0, 0.0] = Picture(b"cached", None)
    bench.send(connection, wire.Express(character="a", expression={"anger": 1.0}))
    (frame,) = bench.read(connection)
    assert isinstance(frame, wire.Frame)
    assert (frame.data, frame.cached) == (b"cached", True)
    bench.hub.done(Done(late, (Picture(b"late", None),), bench.now, bench.now), bench.now)
    assert bench.read(connection) == [], "an older frame never follows a newer one"


def test_a_failed_frame_is_said_once_and_tried_again() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL))
    bench.work()
    for _ in range(2):
        work = bench.hub.work()
        assert isinstance(work, Render)
        failed = Failed("device", "out of memory")
        bench.hub.done(Done(work, (failed,), bench.now, bench.now), bench.now)
        assert bench.hub.work() is None
        bench.now += 1.0
        bench.hub.tick(bench.now)
    bench.settle()
    messages = bench.read(connection)
    (error,) = of(wire.Error, messages)
    assert (error.code, error.fault, error.ref) == ("device", "server", "a")
    assert of(wire.Frame, messages)


def test_nothing_is_rendered_for_the_absent() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL))
    bench.settle()
    bench.send(connection, line("1"))
    bench.hub.disconnect(connection, bench.now)
    bench.rendered.clear()
    bench.run(5.0)
    bench.settle()
    assert bench.rendered == []
    again = bench.open(resume=wire.Resume(session="session-1", seq=1))
    bench.settle()
    messages = bench.read(again)
    assert [event.line for event in of(wire.Emotion, messages)] == ["1"]
    assert of(wire.Frame, messages)[0].rect is None


def test_a_session_expires_with_its_characters() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), put("b", shared=True))
    bench.settle()
    bench.hub.disconnect(connection, bench.now)
    bench.run(59.0)
    assert len(bench.hub.stage.characters) == 2
    bench.run(1.1)
    assert [character.id for character in bench.hub.stage.characters] == ["b"]
    bench.run(60.0)
    assert len(bench.hub.stage.characters) == 0
    assert bench.hub.post.sessions == {}


def test_a_watched_shared_character_survives_its_owner() -> None:
    bench = Bench()
    owner, watcher = bench.open(), bench.open()
    bench.send(owner, put(shared=True))
    bench.settle()
    bench.send(watcher, wire.Watch(character="a", frames=SMALL))
    bench.hub.disconnect(owner, bench.now)
    bench.run(200.0)
    assert len(bench.hub.stage.characters) == 1
    bench.send(watcher, wire.Unwatch(character="a"))
    bench.run(59.0)
    assert len(bench.hub.stage.characters) == 1
    bench.run(2.0)
    assert len(bench.hub.stage.characters) == 0


def test_a_name_means_what_the_session_put_last() -> None:
    bench = Bench()
    one, two = bench.open(), bench.open()
    bench.send(one, put(shared=True))
    bench.settle()
    bench.send(two, wire.Watch(character="a", blendshapes="vrm1"))
    bench.send(two, put())
    bench.settle()
    bench.read(two)
    bench.send(one, line("of one"))
    bench.send(two, line("of two"))
    bench.settle()
    assert [event.line for event in of(wire.Emotion, bench.read(two))] == ["of two"]
    bench.send(two, put(shared=True))
    bench.settle()
    messages = bench.read(two)
    assert [event.reason for event in of(wire.CharacterDropped, messages)] == ["replaced"]


def test_a_late_face_is_not_taken_for_a_newer_one() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, wire.CharacterPut(character="a", face=b"old"))
    old = bench.hub.work()
    assert isinstance(old, Register)
    bench.send(connection, wire.CharacterDrop(character="a"))
    bench.send(connection, wire.CharacterPut(character="a", face=b"new"))
    bench.hub.done(Done(old, (Face("old", width=1),), bench.now, bench.now), bench.now)
    bench.settle()
    readies = of(wire.CharacterReady, bench.read(connection))
    assert [ready.width for ready in readies] == [64]


def test_rate_limit_refills() -> None:
    bench = Bench(limits=wire.Limits(messages_per_minute=60, messages_burst=2))
    connection = bench.open()
    bench.send(connection, *[wire.Ping(token=str(number)) for number in range(3)])
    messages = bench.read(connection)
    assert [pong.token for pong in of(wire.Pong, messages)] == ["0", "1"]
    (error,) = of(wire.Error, messages)
    assert error.retry_ms is not None
    bench.now += error.retry_ms / 1000
    bench.send(connection, wire.Ping(token="3"))
    assert bench.read(connection) == [wire.Pong(token="3")]


def test_a_pong_comes_behind_what_was_there_before() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), put("b"))
    bench.settle()
    bench.send(connection, line("1", " "), wire.Ping(token="behind"))
    assert bench.read(connection)[-1] == wire.Pong(token="behind")


def test_errors_of_the_engine_say_when_to_try_again() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put())
    bench.settle()
    bench.read(connection)
    bench.send(connection, line("1", "!"), line("2"))
    bench.settle()
    error, emotion = bench.read(connection)
    assert isinstance(error, wire.Error)
    assert (error.code, error.ref, error.retry_ms) == ("device", "1", 1000)
    assert isinstance(emotion, wire.Emotion)


@pytest.mark.parametrize("token", [None, "", "secre", "secret2"])
def test_tokens(token: str | None) -> None:
    bench = Bench(tokens=frozenset({"secret", "other"}))
    good, bad = bench.open(token="secret"), bench.open(token=token)
    assert of(wire.Ready, bench.read(good))
    assert of(wire.Bye, bench.read(bad))[0].code == 4002


def test_a_token_is_not_kept() -> None:
    bench = Bench(tokens=frozenset({"secret-token"}))
    connection = bench.open(token="secret-token")
    bench.send(connection, put(shared=True))
    session = bench.hub.post.connections[connection].session
    (character,) = bench.hub.stage.characters
    assert "secret-token" not in f"{session.group} {character.key} {bench.hub.metrics.counters}"


def test_shut_down_says_bye_after_what_waits() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put())
    bench.settle()
    bench.hub.shut_down()
    messages = bench.read(connection)
    assert isinstance(messages[-2], wire.CharacterReady)
    assert messages[-1] == wire.Bye(code=1001, reason=GOING_AWAY.reason, reconnect=True)
    bench.send(connection, wire.Ping())
    assert bench.read(connection) == []


def test_limits_in_hello_are_the_ones_in_force() -> None:
    limits = msgspec.structs.replace(wire.Limits(), line_chars=3)
    bench = Bench(limits=limits)
    connection = bench.open()
    hello = bench.read(connection)[0]
    assert isinstance(hello, wire.Hello)
    assert hello.limits == limits
    bench.send(connection, put(), line("1", "네글자다"))
    (error,) = of(wire.Error, bench.read(connection))
    assert "3" in error.message
