"""Whatever is skipped, lost or late: who composes patches sees what full frames would show.

A picture stands here for what it was made of. The part that expressions cannot change is the face,
its size and format; the part that they can is that and the expression. A client draws a patch over
the changeable part of the last full frame it got.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.server.core.bench import Bench, Face, Picture

from emopic_client import wire
from emopic_server.core.work import FrameJob, Register, Render, Work

OPTIONS = {
    "small": wire.FrameOptions(size=32),
    "large": wire.FrameOptions(size=64),
    "png": wire.FrameOptions(size=64, format="png"),
    "whole": wire.FrameOptions(size=64, patches=False),
}
QUICK = wire.CharacterOptions(transition_ms=100, hold_ms=200, decay_ms=100)


def rest(job: FrameJob) -> list[object]:
    """What no expression changes."""
    return [job.face.key, job.size, job.format]


@dataclass
class Studio(Bench):
    """A bench whose pictures say what is in them. Every upload is another face."""

    uploads: int = 0

    def results(self, work: Work) -> Iterator[object]:
        match work:
            case Register(job=job):
                self.uploads += job.builtin is None
                yield Face(job.builtin or f"upload {self.uploads}")
            case Render(jobs=frames):
                for frame in frames:
                    data = msgspec.msgpack.encode([rest(frame), list(frame.expression)])
                    yield Picture(data, (0, 0, 16, 16) if frame.patch else None)
            case _:
                yield from super().results(work)


@dataclass
class Client:
    """Composes what it takes, and comes back with its session after a cut."""

    bench: Studio
    connection: int | None = None
    session: str = ""
    seq: int = 0
    canvas: tuple[object, object] | None = None
    full: object = None
    frames: list[wire.Frame] = field(default_factory=list)

    def open(self) -> None:
        resume = wire.Resume(session=self.session, seq=self.seq) if self.session else None
        self.connection = self.bench.open(resume=resume)
        self.full = self.canvas = None  # a client may have lost what it had

    def cut(self) -> None:
        if self.connection is not None:
            self.bench.hub.disconnect(self.connection, self.bench.now)
            self.connection = None

    def say(self, message: wire.ClientMessage) -> None:
        if self.connection is not None:
            self.bench.send(self.connection, message)

    def take(self, most: int = 1000) -> None:
        for _ in range(most if self.connection is not None else 0):
            message = self.bench.hub.take(self.connection or 0)
            if message is None:
                return
            if isinstance(message, wire.Ready):
                self.session = message.session
            if isinstance(message, wire.Event) and message.seq is not None:
                self.seq = message.seq
            if isinstance(message, wire.Frame):
                self._draw(message)

    def _draw(self, frame: wire.Frame) -> None:
        fixed, expression = msgspec.msgpack.decode(frame.data)
        if frame.rect is None:
            self.full = fixed
        assert self.full is not None, "a patch came before a full frame"
        self.canvas = (self.full, [fixed, expression])
        assert self.canvas == (fixed, [fixed, list(frame.expression)]), "as a full frame shows it"
        assert not self.frames or frame.n > self.frames[-1].n
        self.frames.append(frame)


class Show:
    """Two watchers of one shared character, the second of whom may come late."""

    def __init__(self, atlas_bytes: int) -> None:
        self.bench = Studio(atlas_bytes=atlas_bytes)
        self.one, self.two = Client(self.bench), Client(self.bench)
        self.one.open()
        self.one.take()
        self.one.say(wire.CharacterPut(character="a", builtin="haru", shared=True, options=QUICK))
        self.one.say(wire.Watch(character="a", frames=OPTIONS["large"]))
        self.moods = 0

    def step(self, name: str) -> None:
        who, _, what = name.partition(" ")
        client = {"one": self.one, "two": self.two}.get(who)
        if client is None:
            getattr(self, name)()
        elif what in OPTIONS:
            client.say(wire.Watch(character="a", frames=OPTIONS[what]))
        elif what == "takes":
            client.take()
        elif what == "takes one":
            client.take(1)
        elif what == "cut":
            client.cut()
        elif what == "unwatches":
            client.say(wire.Unwatch(character="a"))
        elif client.connection is None:
            client.open()

    def express(self) -> None:
        self.moods += 1
        mood = {"joy": self.moods % 5 / 4, "anger": self.moods % 3 / 8}
        self.one.say(wire.Express(character="a", expression=mood))

    def face(self) -> None:
        self.one.say(wire.CharacterPut(character="a", face=b"x", shared=True, options=QUICK))

    def work(self) -> None:
        self.bench.work()

    def wait(self) -> None:
        self.bench.now += 0.03
        self.bench.hub.tick(self.bench.now)

    def settle(self) -> None:
        """Everybody is there and reads, and the face has come to rest."""
        for client in (self.one, self.two):
            if client.connection is None:
                client.open()
            client.take()
            client.say(wire.Watch(character="a", frames=OPTIONS["large"]))
        self.bench.settle()
        self.one.take()
        self.two.take()
        self.express()
        for _ in range(100):
            self.bench.settle()
            self.wait()
            self.bench.settle()
            self.one.take()
            self.two.take()


STEPS = [
    *("express", "face", "work", "wait"),
    *(
        f"{who} {what}"
        for who in ("one", "two")
        for what in (*OPTIONS, "takes", "takes one", "cut", "opens", "unwatches")
    ),
]


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=50), st.sampled_from([0, 1_000_000]))
@example(["work", "work", "one takes", "one cut", "express", "work", "one opens", "work"], 0)
@example(["work", "work", "two opens", "two large", "express", "work", "one takes", "work"], 0)
@example(["work", "work", "one takes", "face", "express", "work", "work", "one takes"], 0)
@example(
    ["work", "work", "one takes", "one png", "express", "work", "work", "one takes"], 1_000_000
)
def test_composed_patches_are_what_full_frames_would_show(steps: list[str], atlas: int) -> None:
    show = Show(atlas)
    for name in steps:
        show.step(name)
    show.settle()
    neutral = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    for client in (show.one, show.two):
        assert client.frames[-1].expression == tuple(neutral), "the last picture is never missed"
    assert show.one.canvas == show.two.canvas


def test_patches_do_come_and_they_are_many() -> None:
    """Otherwise the test above would test nothing."""
    show = Show(0)
    for _ in range(4):
        show.settle()
    rects = [frame.rect for frame in show.one.frames]
    assert rects.count(None) <= 5, "one for each watch that was sent, and one to begin with"
    assert len(rects) > 15


def test_who_is_away_does_not_keep_others_from_patches() -> None:
    show = Show(0)
    show.settle()
    show.two.cut()
    before = len(show.one.frames)
    for _ in range(3):
        show.express()
        show.bench.settle()
        show.one.take()
        show.wait()
    assert len(show.one.frames) > before
    assert all(frame.rect is not None for frame in show.one.frames[before:])


def test_a_watch_that_is_sent_again_gets_a_full_frame() -> None:
    """That is how a client that has lost its picture asks for one."""
    show = Show(0)
    show.settle()
    show.one.say(wire.Watch(character="a", frames=OPTIONS["large"]))
    show.bench.settle()
    show.one.take()
    assert show.one.frames[-1].rect is None
