"""Whatever happens: a client that keeps pictures shows what it would show if all were sent.

Everything happens twice: in a world where nothing is kept, and in one where clients lend the server
places for pictures. Messages lie in a pipe on their way to a client, and may be lost in it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.property.test_patches import Studio

from emopic_client import wire
from emopic_client.protocol import Protocol
from emopic_client.requests import ref_of

LIMITS = wire.Limits(messages_per_minute=60_000, messages_burst=10_000)
QUICK = wire.CharacterOptions(transition_ms=100, hold_ms=200, decay_ms=100)
PATCHES = wire.FrameOptions(size=64)
WHOLE = wire.FrameOptions(size=64, patches=False)


@dataclass
class Client:
    """The real client's protocol, on a pipe. `seen` are the frames its program was given."""

    bench: Studio
    keep: int
    protocol: Protocol = field(default_factory=lambda: Protocol("test"))
    connection: int | None = None
    pipe: deque[bytes] = field(default_factory=deque)
    seen: list[wire.Frame] = field(default_factory=list)

    def open(self) -> None:
        if self.connection is None:
            self.protocol.connected()
            self.connection = self.bench.hub.connect("msgpack", self.bench.now)

    def cut(self) -> None:
        if self.connection is not None:
            self.bench.hub.disconnect(self.connection, self.bench.now)
            self.protocol.disconnected(1006, "")
            self.connection = None
            self.pipe.clear()

    def take(self, most: int = 1000) -> None:
        """The server sends what it has."""
        while self.connection is not None and most > 0:
            message = self.bench.hub.take(self.connection)
            if message is None:
                return
            self.pipe.append(wire.encode(message))
            most -= 1

    def hear(self, most: int = 1000) -> None:
        """What is in the pipe arrives."""
        while self.pipe and most > 0:
            self.protocol.receive(self.pipe.popleft())
            self._answer()
            most -= 1

    def drain(self) -> None:
        """Everything arrives, until nobody has anything to say."""
        before = -1
        while self.connection is not None and before != self.protocol.seq + len(self.seen):
            before = self.protocol.seq + len(self.seen)
            for _ in range(3):
                self.take()
                self.hear()

    def say(self, message: wire.ClientMessage) -> None:
        if isinstance(message, wire.Watch) and message.frames is not None:
            frames = msgspec.structs.replace(message.frames, keep=self.keep)
            message = msgspec.structs.replace(message, frames=frames)
        if ref_of(message) not in self.protocol.requests.pending:
            self.protocol.send(message)
        self._answer()

    def _answer(self) -> None:
        for data in self.protocol.data_to_send():
            assert isinstance(data, bytes)
            if self.connection is not None:
                self.bench.hub.receive(self.connection, data, self.bench.now)
        frames = [item for item in self.protocol.take() if isinstance(item, wire.Frame)]
        self.seen += [msgspec.structs.replace(frame, slot=None) for frame in frames]


class World:
    """Two watchers of one shared character."""

    def __init__(self, keeps: tuple[int, int], atlas: int) -> None:
        self.bench = Studio(atlas_bytes=atlas, limits=LIMITS)
        self.one, self.two = Client(self.bench, keeps[0]), Client(self.bench, keeps[1])
        self.moods = 0
        for client in (self.one, self.two):
            client.open()
            client.drain()
        self.one.say(wire.CharacterPut(character="a", builtin="haru", shared=True, options=QUICK))
        self.bench.settle()
        for client in (self.one, self.two):
            client.drain()
            client.say(wire.Watch(character="a", frames=PATCHES))

    def step(self, name: str) -> None:
        who, _, what = name.partition(" ")
        client = {"one": self.one, "two": self.two}.get(who)
        if client is None:
            getattr(self, name)()
        elif what in ("patches", "whole"):
            options = PATCHES if what == "patches" else WHOLE
            client.say(wire.Watch(character="a", frames=options))
        elif what == "unwatches":
            client.say(wire.Unwatch(character="a"))
        else:
            method, _, most = what.partition(" ")
            getattr(client, method)(*([int(most)] if most else []))

    def express(self) -> None:
        self.moods += 1
        mood = {"joy": self.moods % 3 / 2, "anger": self.moods % 2 / 8}
        self.one.say(wire.Express(character="a", expression=mood))

    def upload(self) -> None:
        self._put(face=b"x")

    def builtin(self) -> None:
        self._put(builtin="haru")

    def _put(self, face: bytes | None = None, builtin: str | None = None) -> None:
        self.one.say(
            wire.CharacterPut(character="a", face=face, builtin=builtin, shared=True, options=QUICK)
        )

    def work(self) -> None:
        self.bench.work()

    def wait(self) -> None:
        self.bench.now += 0.03
        self.bench.hub.tick(self.bench.now)

    def settle(self) -> None:
        """Everybody is there and reads, and the face has come to rest."""
        for client in (self.one, self.two):
            client.open()
            client.drain()
            client.say(wire.Watch(character="a", frames=PATCHES))
        self.play()

    def play(self) -> None:
        """A mood, and back to rest, and everybody sees it."""
        self.express()
        for _ in range(40):
            self.bench.settle()
            self.wait()
            for client in (self.one, self.two):
                client.drain()


ALL = [
    *("express", "express", "upload", "builtin", "work", "work", "wait", "wait"),
    *(
        f"{who} {what}"
        for who in ("one", "two")
        for what in ("patches", "whole", "unwatches", "cut", "open", "take", "take 1", "hear")
    ),
]
steps_of = st.lists(st.sampled_from(ALL), max_size=60)
keeps_of = st.sampled_from([(1, 0), (2, 3), (5, 1), (64, 64)])
atlas_of = st.sampled_from([0, 1_000_000])
MOVING = ["express", "work", "wait", "work", "one take"]


@settings(max_examples=100, deadline=None)
@given(steps_of, keeps_of, atlas_of)
@example([*MOVING * 4, "builtin", "work", "upload", *MOVING, "builtin", *MOVING], (2, 3), 0)
@example([*MOVING * 3, "one cut", "one open", *MOVING * 3], (64, 64), 1_000_000)
def test_every_frame_is_the_one_that_would_have_been_sent(
    steps: list[str], keeps: tuple[int, int], atlas: int
) -> None:
    """Where nothing is on its way to a client when that changes its watch, not a frame differs."""
    plain, keeping = World((0, 0), atlas), World(keeps, atlas)
    for name in steps:
        for world in (plain, keeping):
            if name.endswith(("patches", "whole", "unwatches")):
                world.one.drain()
                world.two.drain()
            world.step(name)
    for world in (plain, keeping):
        world.settle()
    assert keeping.one.seen == plain.one.seen
    assert keeping.two.seen == plain.two.seen


@settings(max_examples=60, deadline=None)
@given(steps_of, keeps_of, atlas_of)
@example([*MOVING * 3, "one unwatches", "one patches", "one hear", *MOVING], (64, 64), 1_000_000)
def test_a_frame_may_be_missed_when_a_watch_changes_but_none_is_wrong(
    steps: list[str], keeps: tuple[int, int], atlas: int
) -> None:
    plain, keeping = World((0, 0), atlas), World(keeps, atlas)
    for name in steps:
        plain.step(name)
        keeping.step(name)
    for world in (plain, keeping):
        world.settle()
    for kept, whole in ((keeping.one, plain.one), (keeping.two, plain.two)):
        sent = {frame.n: frame for frame in whole.seen}
        assert all(frame == sent[frame.n] for frame in kept.seen)
        assert kept.seen[-1] == whole.seen[-1], "the last picture is never missed"


def test_most_pictures_are_sent_once() -> None:
    """Otherwise the tests above would test nothing."""
    world = World((64, 0), 0)
    for _ in range(24):
        world.play()
    counted = world.bench.hub.metrics.counters["frames_sent"]
    pictures = {frame.data for frame in world.one.seen}
    assert counted["kept"] == len(world.one.seen) - len(pictures) > 10
    assert counted["whole"] == len(world.one.seen) + len(world.two.seen) - counted["kept"]
