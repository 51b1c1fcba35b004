"""Faces that are told what to show, 30 times a second, and the count of what was seen in time.

Open loop: every picture is asked for by an `express` whose time is fixed beforehand, and its
latency counts from that time to when a watcher has it. Each of 64 expressions follows the other;
what has not come when the same one is asked for again, two seconds later, never comes: it is lost,
and as late as can be.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from emopic_client import wire
from emopic_server.bench.histogram import Latencies
from emopic_server.bench.lean import Lean, enter

PICTURES: Final = 64  # different expressions of an actor, one after the other
_STEPS: Final = 16  # of an emotion's weight
OPTIONS: Final = wire.CharacterOptions(transition_ms=0)
SIZE: Final = 128
Expression: TypeAlias = frozenset[tuple[str, int]]
"""Emotions other than neutral, with their weights in steps of 1/16."""
_GRACE_S: Final = 1.0
_HOLD_MS: Final = 60_000
_NEUTRAL: Final = "neutral"


@dataclass
class _Asked:
    due: float
    counted: bool
    seen: int = 0
    first: float = 0.0
    last: float = 0.0


@dataclass
class Ledger:
    """What was asked for and what has been seen, each picture by `watchers` of them.

    A picture is on time when it is there within `interval` seconds of when it was due. `to_last`
    is until the last watcher has it, `spread` from the first watcher to the last.
    """

    interval: float
    watchers: int = 1
    asked: int = 0
    on_time: int = 0
    cached: int = 0
    latency: Latencies = field(default_factory=Latencies)
    to_last: Latencies = field(default_factory=Latencies)
    spread: Latencies = field(default_factory=Latencies)
    _open: dict[tuple[str, Expression], _Asked] = field(default_factory=dict)

    def ask(self, character: str, shown: Expression, due: float, counted: bool) -> None:
        """A picture is due."""
        self._settle(self._open.pop((character, shown), None))
        self._open[character, shown] = _Asked(due, counted)

    def see(self, character: str, shown: Expression, now: float, cached: bool) -> None:
        """A watcher has it."""
        asked = self._open.get((character, shown))
        if asked is None:
            return
        asked.first = asked.first or now
        asked.last = now
        asked.seen += 1
        if asked.counted:
            self.latency.record(now - asked.due)
            self.on_time += now - asked.due <= self.interval
            self.cached += cached

    def close(self) -> None:
        """What has not been seen by now is lost."""
        for asked in self._open.values():
            self._settle(asked)
        self._open.clear()

    @property
    def share(self) -> float:
        """Of all that was asked for, what was on time."""
        return self.on_time / self.asked if self.asked else 0.0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        seen = self.latency.count - self.latency.lost
        return {
            "asked": self.asked,
            "on_time": round(self.share, 5),
            "cached": round(self.cached / max(1, seen), 4),
            **self.latency.summary(),
        }

    def _settle(self, asked: _Asked | None) -> None:
        if asked is None or not asked.counted:
            return
        self.asked += self.watchers
        missing = self.watchers - asked.seen
        self.latency.lost += missing
        if missing:
            self.to_last.lost += 1
        else:
            self.to_last.record(asked.last - asked.due)
            self.spread.record(asked.last - asked.first)


@dataclass(frozen=True)
class Actor:
    """A character, the connection that drives it, and the two emotions it shows."""

    lean: Lean
    name: str
    emotions: tuple[str, str]
    place: int

    def shown(self, tick: int) -> Expression:
        """What it shows at a tick, another step than its neighbours: one of `PICTURES`."""
        high, low = divmod((tick + 5 * self.place) % PICTURES, _STEPS)
        weights = zip(self.emotions, (low + 1, high), strict=True)
        return frozenset((name, steps) for name, steps in weights if steps)


def expression_of(frame: wire.Frame, emotions: Sequence[str]) -> Expression:
    """What a frame shows; `emotions` are those of `hello`."""
    weights = zip(emotions, frame.expression, strict=True)
    steps = ((name, round(_STEPS * weight)) for name, weight in weights if name != _NEUTRAL)
    return frozenset((name, count) for name, count in steps if count)


async def drive(
    actors: Sequence[Actor], ledger: Ledger, fps: float, seconds: float, warmup_s: float = 1.0
) -> None:
    """Tell every actor what to show, `fps` times a second, evenly spread over the interval."""
    began = time.perf_counter()
    for tick in range(int(fps * (warmup_s + seconds))):
        for actor in actors:
            due = began + (tick + actor.place / len(actors)) / fps
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            expression = actor.shown(tick)
            ledger.ask(actor.name, expression, due, due >= began + warmup_s)
            shown = {name: steps / _STEPS for name, steps in expression}
            actor.lean.send(wire.Express(character=actor.name, expression=shown, hold_ms=_HOLD_MS))
    await asyncio.sleep(_GRACE_S)
    ledger.close()


class Company:
    """Connections to a server, and what they were greeted with."""

    def __init__(self, port: int, hello: wire.Hello) -> None:
        self._port = port
        self.labels = [label.id for label in hello.emotions]
        self.emotions = [name for name in self.labels if name != _NEUTRAL]
        self.faces = [face.id for face in hello.builtins if face.kind == "picture"]
        self.leans: list[Lean] = []

    @classmethod
    async def at(cls, port: int) -> Company:
        """Ask the server what it has."""
        greeted: list[wire.ServerMessage] = []
        lean = await enter(port, lambda message, _: greeted.append(message))
        await lean.hang_up()
        hello = greeted[0]
        assert isinstance(hello, wire.Hello)
        return cls(port, hello)

    async def watcher(self, ledger: Ledger) -> Lean:
        """A connection whose frames go to the ledger."""

        def seen(message: wire.ServerMessage, now: float) -> None:
            if isinstance(message, wire.Frame):
                shown = expression_of(message, self.labels)
                ledger.see(message.character, shown, now, message.cached)

        self.leans.append(await enter(self._port, seen))
        return self.leans[-1]

    async def actor(self, lean: Lean, place: int, *, shared: bool = False) -> Actor:
        """A character of its own face and emotions, ready to be driven by `lean`."""
        name = f"actor-{place}"
        ready = lean.expect(wire.CharacterReady)
        face = self.faces[place % len(self.faces)]
        lean.send(wire.CharacterPut(character=name, builtin=face, options=OPTIONS, shared=shared))
        await ready
        first = place // len(self.faces) % len(self.emotions)
        pair = (self.emotions[first], self.emotions[(first + 1) % len(self.emotions)])
        return Actor(lean, name, pair, place)

    async def part(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(lean.hang_up() for lean in self.leans))
        self.leans.clear()


def watch(character: str, fps: int = 30) -> wire.Watch:
    """Watch a character's frames."""
    options = wire.FrameOptions(format="jpeg", size=SIZE, fps=fps)
    return wire.Watch(character=character, frames=options)
