"""What the first client of a fresh server waits: `python -m benchmarks.readiness`.

Nothing is let in before the warm-up, so the first line and the first picture should take no longer
than later ones: 1.5 times the steady median at most. A server is started several times, with warm
engine caches and no atlas; one client connects as soon as `/readyz` says so, says one line after
the other, and waits for the emotion and for the first frame of each.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import msgspec
import typer
import uvloop
from benchmarks import record

from emopic_client import wire
from emopic_server.bench.lean import Lean
from emopic_server.bench.open_loop import CHARACTER, Load, session
from emopic_server.bench.scenarios import bench_lines, serving

LIMIT: Final = 1.5
_FRAMES: Final = wire.FrameOptions(format="jpeg", size=128)
_PATIENCE_S: Final = 10.0
Times = dict[str, list[float]]


async def _line(
    lean: Lean, inbox: asyncio.Queue[wire.ServerMessage], number: int, text: str, times: Times
) -> None:
    """Say a line; note when its emotion and its first frame were there, in milliseconds."""
    began = time.perf_counter()
    lean.send(wire.Line(character=CHARACTER, id=str(number), text=text))
    missing = {"emotion", "frame"}
    while missing:
        message = await inbox.get()
        kind = {wire.Emotion: "emotion", wire.Frame: "frame"}.get(type(message), "")
        if kind in missing and getattr(message, "line", None) == str(number):
            missing.discard(kind)
            times[kind].append((time.perf_counter() - began) * 1000)


async def first(port: int, lines: int) -> tuple[Times, wire.Hello]:
    """The times of so many lines, one after the other; those that leave the face alone do not
    count."""
    times: Times = {"emotion": [], "frame": []}
    texts = bench_lines()
    inbox: asyncio.Queue[wire.ServerMessage] = asyncio.Queue()
    load = Load(texts, 1.0, 1.0, frames=_FRAMES)
    async with session(port, load, lambda message, _: inbox.put_nowait(message)) as lean:
        for number in range(lines):
            try:
                async with asyncio.timeout(_PATIENCE_S if number == 0 else 1.0):
                    await _line(lean, inbox, number, texts[number % len(texts)], times)
            except TimeoutError:
                continue
        assert lean.hello is not None
        return times, lean.hello


def summary(runs: list[Times]) -> dict[str, Any]:
    """First and steady times in milliseconds, and the worst of the first beside the steady."""
    found: dict[str, Any] = {}
    for kind in ("emotion", "frame"):
        firsts = [run[kind][0] for run in runs]
        steady = median(value for run in runs for value in run[kind][len(run[kind]) // 2 :])
        found[kind] = {
            "first_ms": [round(value, 2) for value in firsts],
            "steady_p50_ms": round(steady, 2),
            "median_ratio": round(median(firsts) / steady, 3),
            "worst_ratio": round(max(firsts) / steady, 3),
        }
    return found


def main(
    starts: Annotated[int, typer.Option(min=1, help="How often the server is started.")] = 7,
    lines: Annotated[int, typer.Option(min=4, help="Lines after each start.")] = 60,
    quick: record.Quick = False,
    out: record.Out = None,
) -> None:
    """Measure the first request after a start beside later ones."""
    found = record.begin(quick)
    starts, lines = (1, 12) if quick else (starts, lines)
    runs = []
    for number in range(starts):
        record.say(f"start {number + 1} of {starts}")
        with serving("emopic_server", ("serve", "--atlas-mb", "0"), Path(os.devnull)) as server:
            times, hello = uvloop.run(first(server.port, lines))
        runs.append(times)
    found |= {"engine": msgspec.to_builtins(hello.engine), "limit": LIMIT, **summary(runs)}
    for kind in ("emotion", "frame"):
        record.say(f"{kind}: {found[kind]}")
    record.keep("readiness", found, out)


if __name__ == "__main__":
    typer.run(main)
