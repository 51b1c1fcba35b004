"""One client that sends lines on a schedule and never waits for answers (open loop).

Arrivals are Poisson; latency counts from the *intended* send time, so a server that stalls is
charged for every line that should have been sent meanwhile (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import random
import selectors
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from emopic_client import wire
from emopic_server.bench.histogram import Latencies
from emopic_server.bench.lean import Lean, Seen, enter

CHARACTER: Final = "bench"
_READY_S: Final = 30.0
AWAKE_S: Final = 0.0003


@dataclass(frozen=True)
class Load:
    """What to send: `rate` lines a second for `seconds`, after `warmup_s` that is not counted.

    Answers are awaited for `grace_s` after the last line; what comes later counts as unanswered.
    For `awake_s` before a line is due, the client looks at the clock (`until`).
    """

    lines: Sequence[str]
    rate: float
    seconds: float
    warmup_s: float = 5.0
    seed: int = 1
    frames: wire.FrameOptions | None = field(
        default_factory=lambda: wire.FrameOptions(format="jpeg", size=128)
    )
    builtin: str | None = None
    grace_s: float = 5.0
    awake_s: float = AWAKE_S


@dataclass
class Result:
    """What came back. `first_frame_*` are from the intended send to the first frame of the line.

    `began` is when the schedule began, in seconds of `time.perf_counter`. `answered` is how many
    emotions came within the measured time, `refused` how many lines an error answered, by its
    code, `unsent` how many could not be sent even long after they were due; lines that were
    refused, never answered or never sent are all lost to `emotion`.
    """

    hello: wire.Hello
    began: float = 0.0
    emotion: Latencies = field(default_factory=Latencies)
    first_frame_hit: Latencies = field(default_factory=Latencies)
    first_frame_miss: Latencies = field(default_factory=Latencies)
    spans_ms: dict[str, Latencies] = field(default_factory=lambda: defaultdict(Latencies))
    offered: int = 0
    seconds: float = 0.0
    frames: int = 0
    still: int = 0
    late_sends: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    answered: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    unsent: int = 0

    def to_dict(self) -> dict[str, object]:
        """The result for JSON."""
        answered = self.emotion.count - self.emotion.lost
        return {
            "offered_per_s": round(self.offered / self.seconds, 2),
            "achieved_per_s": round(answered / self.seconds, 2),
            "goodput_per_s": round(self.answered / self.seconds, 2),
            "line_to_emotion": self.emotion.summary(),
            "line_to_first_frame_uncached": self.first_frame_miss.summary(),
            "line_to_first_frame_cached": self.first_frame_hit.summary(),
            "stages": {name: item.summary() for name, item in self.spans_ms.items()},
            "frames": self.frames,
            "lines_without_a_frame": self.still,
            "late_sends": self.late_sends,
            "errors": dict(self.errors),
            "refused": dict(self.refused),
            "unanswered": self.emotion.lost - sum(self.refused.values()) - self.unsent,
            "unsent": self.unsent,
        }


def arrivals(load: Load) -> Iterator[tuple[float, str, bool]]:
    """`(due seconds from start, text, counted)`: a Poisson process, the same for the same seed."""
    rng = random.Random(load.seed)
    due = 0.0
    while (due := due + rng.expovariate(load.rate)) < load.warmup_s + load.seconds:
        yield due, rng.choice(load.lines), due >= load.warmup_s


def measure(port: int, load: Load) -> Result:
    """Send the load to the server at `port` and measure, on an event loop of its own."""
    with precise() as runner:
        return runner.run(run(port, load))


def precise() -> asyncio.Runner:
    """An event loop that waits with `select`, whose timers are exact to microseconds; those of
    epoll and uvloop round up to a millisecond, which would be charged to the server.
    """
    return asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    )


async def run(port: int, load: Load) -> Result:
    """Send the load to the server at `port` and measure."""
    async with session(port, load) as lean:
        assert lean.hello is not None
        meter = _Meter(Result(lean.hello, seconds=load.seconds), load.warmup_s)
        lean.seen = meter.received
        meter.result.began = time.perf_counter()
        await _send(lean, load, meter)
        await meter.drained(load.grace_s)
    return meter.finish()


@asynccontextmanager
async def session(port: int, load: Load, seen: Seen | None = None) -> AsyncIterator[Lean]:
    """A connection with the load's character, whose frames it watches as the load says.

    Raises `TimeoutError` when the character does not get ready, `ConnectionError` when the server
    closes.
    """
    lean = await enter(port, seen)
    assert lean.hello is not None
    builtins = lean.hello.builtins
    builtin = load.builtin or (builtins[0].id if builtins else None)
    try:
        ready = lean.expect(wire.CharacterReady)
        lean.send(wire.CharacterPut(character=CHARACTER, builtin=builtin))
        lean.send(wire.Watch(character=CHARACTER, frames=load.frames))
        await asyncio.wait_for(ready, _READY_S)
        yield lean
    finally:
        await lean.hang_up()


class _Meter:
    """Matches answers to the lines that asked for them."""

    def __init__(self, result: Result, warmup_s: float) -> None:
        self.result = result
        self._warmup_s = warmup_s
        self._await_emotion: dict[str, float] = {}
        self._await_frame: dict[str, float] = {}
        self._uncounted: set[str] = set()
        self._empty = asyncio.Event()

    def sent(self, line: str, due: float, counted: bool, late: float) -> None:
        self._await_emotion[line] = self._await_frame[line] = due
        if not counted:
            self._uncounted.add(line)
            return
        self.result.offered += 1
        self.result.late_sends += late > 0.005

    def received(self, message: wire.ServerMessage, now: float) -> None:
        match message:
            case wire.Emotion(line=line):
                self._emotion(line, message.spans_ms, now)
            case wire.Frame(line=line) if line is not None:
                self._frame(line, message.cached, now)
            case wire.Error(code=code, ref=ref):
                self.result.errors[code] = self.result.errors.get(code, 0) + 1
                self._refused(code, ref)

    def unsent(self, counted: bool) -> None:
        """A line so late that it is not sent any more."""
        self.result.offered += counted
        self.result.unsent += counted

    def _refused(self, code: str, line: str | None) -> None:
        if line is None or self._await_emotion.pop(line, None) is None:
            return
        self._await_frame.pop(line, None)
        if line not in self._uncounted:
            self.result.refused[code] = self.result.refused.get(code, 0) + 1
        if not self._await_emotion:
            self._empty.set()

    def _emotion(self, line: str, spans: dict[str, float], now: float) -> None:
        since = now - self.result.began - self._warmup_s
        self.result.answered += 0 <= since < self.result.seconds
        due = self._await_emotion.pop(line, None)
        if due is not None and line not in self._uncounted:
            self.result.emotion.record(now - due)
            for name, value in spans.items():
                self.result.spans_ms[name].record(value / 1e3)
        if not self._await_emotion:
            self._empty.set()

    def _frame(self, line: str, cached: bool, now: float) -> None:
        due = self._await_frame.pop(line, None)
        if line in self._uncounted:
            return
        self.result.frames += 1
        if due is not None:
            result = self.result
            (result.first_frame_hit if cached else result.first_frame_miss).record(now - due)

    async def drained(self, grace: float) -> None:
        """Wait until every line has its emotion, `grace` seconds at most."""
        self._empty.clear()
        if self._await_emotion:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), grace)

    def finish(self) -> Result:
        counted = [line for line in self._await_emotion if line not in self._uncounted]
        refused = sum(self.result.refused.values())
        self.result.emotion.lost = len(counted) + refused + self.result.unsent
        # A line that leaves the face as it is (same expression, or replaced by the next line
        # before its first frame) has no frame of its own: reported, not counted as lost.
        self.result.still = sum(line not in self._uncounted for line in self._await_frame)
        return self.result


async def until(moment: float, awake_s: float = AWAKE_S) -> None:
    """Wait for a moment of `time.perf_counter`, and not longer.

    A sleeping processor comes back 0.1 to 0.2 ms after its timer, which would be charged to the
    server: the last of the time, `awake_s`, is spent looking at the clock, and reading what comes.
    """
    if (wait := moment - time.perf_counter() - awake_s) > 0:
        await asyncio.sleep(wait)
    while time.perf_counter() < moment:
        await asyncio.sleep(0)


async def _send(lean: Lean, load: Load, meter: _Meter) -> None:
    start = meter.result.began
    ends = start + load.warmup_s + load.seconds + load.grace_s
    for number, (due, text, counted) in enumerate(arrivals(load)):
        intended = start + due
        await until(intended, load.awake_s)
        await lean.room()
        line = str(number)
        if time.perf_counter() > ends:
            meter.unsent(counted)
            continue
        meter.sent(line, intended, counted, time.perf_counter() - intended)
        lean.send(wire.Line(character=CHARACTER, id=line, text=text))
