"""One client that floods beside others that do not: `python -m benchmarks.fairness`.

Eight clients send lines at one rate; in every second round a ninth sends a hundred times as many.
No rate limit is in the way: what keeps the others' p99 down is the server's scheduler alone. Open
loop, Poisson arrivals, latency from the intended send time. The rounds take turns within one run,
so that whatever else the machine does meets both. The others' p99 beside the flood has to stay at
1.5 times theirs without it.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from benchmarks import record

from emopic_client.wire import FrameOptions
from emopic_server.bench.histogram import Latencies
from emopic_server.bench.open_loop import Load, Result, precise, run
from emopic_server.bench.scenarios import bench_lines, serving

TIMES: Final = 100
LIMIT: Final = 1.5


class Side:
    """What came of the others in rounds of one kind, and of the flood."""

    def __init__(self) -> None:
        self.others, self.flood = Latencies(), Latencies()
        self.frames = Latencies()
        self.refused: Counter[str] = Counter()

    def take(self, others: list[Result], flood: list[Result]) -> None:
        """Add a round."""
        for result in others:
            self.others.merge(result.emotion)
            self.frames.merge(result.first_frame_miss)
            self.frames.merge(result.first_frame_hit)
        for result in flood:
            self.flood.merge(result.emotion)
            self.refused.update(result.refused)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "line_to_emotion": self.others.summary(),
            "line_to_first_frame": self.frames.summary(),
            "flood": {**self.flood.summary(), "refused": dict(self.refused)},
        }


async def _round(port: int, loads: list[Load], flood: Load | None) -> tuple[list[Result], Any]:
    everyone = [*loads, flood] if flood else loads
    results = await asyncio.gather(*(run(port, load) for load in everyone))
    return results[: len(loads)], results[len(loads) :]


async def compare(
    port: int, others: int, rate: float, seconds: float, rounds: int, frames: FrameOptions | None
) -> tuple[dict[str, Side], Result]:
    """The others without the flood and with it, in turns."""
    sides = {"alone": Side(), "beside a flood": Side()}
    lines = bench_lines()
    for number in range(rounds):
        seeds = [100 * number + other for other in range(others)]
        loads = [Load(lines, rate, seconds, 2.0, seed, frames) for seed in seeds]
        flood = Load(lines, TIMES * rate, seconds, 2.0, 99 + 100 * number, frames)
        for name, side in sides.items():
            record.say(f"round {number + 1} of {rounds}: {name}")
            results, flooding = await _round(port, loads, None if name == "alone" else flood)
            side.take(results, flooding)
    return sides, results[0]


def main(
    seconds: Annotated[float, typer.Option(min=2, help="Of each half of a round.")] = 60.0,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    others: Annotated[int, typer.Option(min=1, help="Clients that do not flood.")] = 8,
    rate: Annotated[float, typer.Option(min=0.1, help="Lines a second of each of them.")] = 0.8,
    watch: Annotated[bool, typer.Option("--watch", help="All watch 128 px frames, too.")] = False,
    quick: record.Quick = False,
    out: record.Out = None,
) -> None:
    """Measure what others notice of a flood."""
    found = record.begin(quick)
    seconds, rounds = (8.0, 1) if quick else (seconds, rounds)
    frames = FrameOptions(format="jpeg", size=128) if watch else None
    with serving("emopic_server", ("serve",), Path(os.devnull)) as server, precise() as runner:
        sides, result = runner.run(compare(server.port, others, rate, seconds, rounds, frames))
    p99 = [side.others.percentile(99.0) for side in sides.values()]
    found |= {
        "engine": msgspec.to_builtins(result.hello.engine),
        "others": others,
        "rate": rate,
        "times": TIMES,
        "watch": watch,
        **{name: side.to_dict() for name, side in sides.items()},
        "p99_ratio": round(p99[1] / p99[0], 3),
        "limit": LIMIT,
    }
    record.say(f"p99 {p99[0]:.1f} ms alone, {p99[1]:.1f} ms beside a flood: {found['p99_ratio']}")
    record.keep("fairness-watched" if watch else "fairness", found, out)


if __name__ == "__main__":
    typer.run(main)
