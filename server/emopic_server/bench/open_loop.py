"""One client that sends lines on a schedule and never waits for answers (open loop).

Arrivals are Poisson; latency counts from the *intended* send time, so a server that stalls is
charged for every line that should have been sent meanwhile (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import random
import selectors
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

from emopic_client import wire
from emopic_server.bench.histogram import Latencies

_GRACE_S = 5.0


@dataclass(frozen=True)
class Load:
    """What to send: `rate` lines a second for `seconds`, after `warmup_s` that is not counted."""

    lines: Sequence[str]
    rate: float
    seconds: float
    warmup_s: float = 5.0
    seed: int = 1
    frames: wire.FrameOptions | None = field(
        default_factory=lambda: wire.FrameOptions(format="jpeg", size=128)
    )
    builtin: str | None = None


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
    spans_ms: dict[str, Latencies] = field(default_factory=dict)
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


def measure(url: str, load: Load, token: str | None = None) -> Result:
    """Send the load to a server at `url` and measure, on an event loop of its own.

    The loop waits with `select`, whose timers are exact to microseconds; those of epoll and uvloop
    round up to a millisecond, which would be charged to the server.
    """
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as runner:
        return runner.run(run(url, load, token))


async def run(url: str, load: Load, token: str | None = None) -> Result:
    """Send the load to a server at `url` and measure."""
    async with session(url, load, token) as (socket, hello):
        meter = _Meter(Result(hello, seconds=load.seconds), load.warmup_s)
        reader = asyncio.create_task(_read(socket, meter))
        try:
            meter.result.began = time.perf_counter()
            await _send(socket, load, meter)
            await meter.drained(_GRACE_S)
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
    return meter.finish()


@asynccontextmanager
async def session(
    url: str, load: Load, token: str | None
) -> AsyncIterator[tuple[ClientConnection, wire.Hello]]:
    async with connect(
        url + wire.PATH,
        subprotocols=[wire.MSGPACK_SUBPROTOCOL],  # type: ignore[list-item]
        compression=None,
        max_size=None,
    ) as socket:
        hello = wire.decode_server(await socket.recv())
        if not isinstance(hello, wire.Hello):
            raise ConnectionError(f"expected hello, got {type(hello).__name__}")
        builtin = load.builtin or (hello.builtins[0].id if hello.builtins else None)
        await socket.send(wire.encode(wire.Identify(client="emopic-bench", token=token)))
        await socket.send(wire.encode(wire.CharacterPut(character="bench", builtin=builtin)))
        await socket.send(wire.encode(wire.Watch(character="bench", frames=load.frames)))
        while not isinstance(wire.decode_server(await socket.recv()), wire.CharacterReady):
            pass
        yield socket, hello


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
                self.result.spans_ms.setdefault(name, Latencies()).record(value / 1e3)
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


async def _read(socket: ClientConnection, meter: _Meter) -> None:
    async for data in socket:
        meter.received(wire.decode_server(data), time.perf_counter())


async def _send(socket: ClientConnection, load: Load, meter: _Meter) -> None:
    start = meter.result.began
    ends = start + load.warmup_s + load.seconds + _GRACE_S
    for number, (due, text, counted) in enumerate(arrivals(load)):
        intended = start + due
        if (wait := intended - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        line = str(number)
        if time.perf_counter() > ends:
            meter.unsent(counted)
            continue
        meter.sent(line, intended, counted, time.perf_counter() - intended)
        await socket.send(wire.encode(wire.Line(character="bench", id=line, text=text)))
