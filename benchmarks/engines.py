"""The engines alone: backend × model × batch × length, beside the floor of their arithmetic.

`python -m benchmarks.engines`            everything that can run here, about seven minutes
`python -m benchmarks.engines --quick`    the bundled models on two backends

One call after the other in this process, no server: tokens to logits for the text models, features
and expressions to maps for the live face, pictures to pictures for StarGAN. Counted are calls, in
wall time, after one that is not. A row has the median and the 99th percentile of a call, items
(lines, frames) a second at the median, the floor (see `floor`) and which share of the median it
is, and how close the engine is to eager fp32 torch on real inputs. Besides the bundled models:
KoBERT 12 × 768 and StarGAN (conv_dim 64) at 128 and 256 px, with random weights. The torch
backend in bf16 is left out; f32 is what it is there for.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import torch
import typer
from benchmarks import floor, record
from benchmarks.record import say

from emopic_engine.backends import Backend, Graph, load_backend
from emopic_engine.backends.base import Array, Compiled
from emopic_engine.engine import MODELS
from emopic_engine.engines import specimens as specimen_code
from emopic_engine.engines.models import runnable
from emopic_engine.engines.parity import Reference, compare, reference
from emopic_engine.engines.specimens import SIZES, write_specimens
from emopic_engine.errors import ParityError
from emopic_engine.face.graphs import decoder_graph
from emopic_engine.face.stargan_graph import stargan_graph
from emopic_engine.hardware import cache_dir, physical_cores
from emopic_engine.text.model import graph as text_graph

BATCHES: Final = (1, 2, 4, 8)
LENGTHS: Final = (16, 32, 71)
_LEFT_OUT: Final = ("torch", "bf16")
_LEAST_CALLS: Final = 5


@dataclass(frozen=True)
class Model:
    """A graph to measure; `lengths` in tokens, 0 for what has none."""

    name: str
    graph: Graph
    lengths: tuple[int, ...] = (0,)


def models(published: Path | None) -> list[Model]:
    """The bundled models, and those of the published sizes in a folder of specimens."""
    found = [
        Model("bundled text", text_graph(MODELS / "text"), LENGTHS),
        Model("bundled live face", decoder_graph(MODELS / "live")),
    ]
    if published is not None:
        found.append(Model("KoBERT 12×768", text_graph(published / "kobert"), LENGTHS))
        for size in SIZES:
            graph = stargan_graph(published / f"stargan-{size}")
            found.append(Model(f"StarGAN {size} px", graph))
    return found


def inputs(model: Model, batch: int, length: int) -> tuple[Array, ...]:
    """Input arrays of a shape; the values are the example's, or random tokens."""
    if length:
        ids = np.random.default_rng(0).integers(5, 1000, (batch, length))
        return ids, np.ones_like(ids)
    return tuple(np.repeat(array[:1], batch, 0) for array in model.graph.example())


def timed(run: Compiled, arrays: tuple[Array, ...], seconds: float) -> list[float]:
    """The milliseconds of each call, for so long, of at least a few."""
    run(*arrays)
    times: list[float] = []
    ends = time.perf_counter() + seconds
    while len(times) < _LEAST_CALLS or time.perf_counter() < ends:
        began = time.perf_counter()
        run(*arrays)
        times.append((time.perf_counter() - began) * 1e3)
    return times


def row(times: list[float], batch: int, work: dict[str, int], floor_ms: float) -> dict[str, Any]:
    """The figures of one shape; `work` and the floor are those of one item."""
    median, p99 = np.percentile(times, (50, 99))
    return {
        "calls": len(times),
        "median_ms": round(float(median), 3),
        "p99_ms": round(float(p99), 3),
        "items_per_s": round(1e3 * batch / float(median), 1),
        "gflop_per_item": round(sum(work.values()) / 1e9, 3),
        "floor_ms": round(batch * floor_ms, 3),
        "share_of_floor": round(batch * floor_ms / float(median), 3),
    }


def measure(
    model: Model, backend: Backend, expected: Reference, peaks: dict[str, float], plan: Plan
) -> Iterator[dict[str, Any]]:
    """The rows of one model on one backend; one row with the reason where its engine is refused."""
    about: dict[str, Any] = {
        "model": model.name,
        "backend": backend.name,
        "precision": backend.precision,
    }
    try:
        compiled = backend.compile(model.graph)
    except ParityError as error:
        yield {**about, "refused": error.message}
        return
    parity = compare(model.graph, compiled, expected, backend.precision)
    about |= {"parity": parity.brief, "parity_figures": parity.figures}
    for length in model.lengths[: plan.lengths]:
        work = plan.work(model, length)
        floor_ms = floor.floor_ms(
            work,
            peaks,
            backend.precision,
            int8_convolutions=model.graph.int8_convolutions,
        )
        for batch in plan.batches:
            arrays = inputs(model, batch, length)
            found = row(timed(compiled, arrays, plan.seconds), batch, work, floor_ms)
            yield {**about, "batch": batch, "length": length, **found}


class Plan:
    """How long, which shapes; and the FLOPs of each length, counted once."""

    def __init__(self, seconds: float, batches: tuple[int, ...], lengths: int) -> None:
        self.seconds, self.batches, self.lengths = seconds, batches, lengths
        self._modules: dict[str, torch.nn.Module] = {}
        self._work: dict[tuple[str, int], dict[str, int]] = {}

    def module(self, model: Model) -> torch.nn.Module:
        """The model in fp32 torch."""
        if model.name not in self._modules:
            self._modules = {model.name: model.graph.module().eval().requires_grad_(False)}
        return self._modules[model.name]

    def work(self, model: Model, length: int) -> dict[str, int]:
        """FLOPs of an item."""
        key = (model.name, length)
        if key not in self._work:
            self._work[key] = floor.flops(self.module(model), inputs(model, 1, length))
        return self._work[key]


def specimens() -> Path:
    """The models of published sizes, written once by this code and kept beside the engines."""
    code = hashlib.sha256(Path(specimen_code.__file__).read_bytes()).hexdigest()[:12]
    folder = cache_dir() / f"specimens-{code}"
    if not (folder / f"stargan-{SIZES[-1]}" / "config.json").exists():
        say(f"writing models of the published sizes to {folder}")
        write_specimens(folder)
    return folder


def _chosen(known: list[Model], only: str) -> list[Model]:
    found = [model for model in known if only in model.name]
    if not found:
        names = ", ".join(model.name for model in known)
        raise typer.BadParameter(f"no model's name holds {only!r}; there are: {names}")
    return found


def main(
    seconds: Annotated[float, typer.Option(min=0.1, help="For each row.")] = 1.0,
    quick: record.Quick = False,
    threads: Annotated[int, typer.Option(min=0, help="0: all processors.")] = 0,
    only: Annotated[str, typer.Option(help="Only models whose name holds this.")] = "",
    out: record.Out = None,
) -> None:
    """Measure every engine that can run here."""
    found = record.begin(quick)
    plan = Plan(0.2, (1, 2), 1) if quick else Plan(seconds, BATCHES, len(LENGTHS))
    wanted = [pair for pair in runnable() if pair != _LEFT_OUT]
    if quick:
        wanted = [("torch", "f32"), ("openvino", "int8")]
    torch.set_num_threads(threads or physical_cores())
    say("the peaks of plain matrix products")
    devices = {name: "cuda" if name in ("cuda", "tensorrt") else "cpu" for name, _ in wanted}
    side = 512 if quick else floor.SIDE
    peaks = {device: floor.peaks(device, side) for device in sorted(set(devices.values()))}
    rows: list[dict[str, Any]] = []
    for model in _chosen(models(None if quick else specimens()), only):
        expected = reference(model.graph, plan.module(model))
        for name, precision in wanted:
            say(f"{model.name} on {name} {precision}")
            backend = load_backend(name, precision=precision, threads=threads)
            rows += measure(model, backend, expected, peaks[devices[name]], plan)
    gflops = {d: {p: round(v / 1e9, 1) for p, v in each.items()} for d, each in peaks.items()}
    settings = {"threads": threads or physical_cores(), "seconds": plan.seconds}
    record.keep("engines", {**found, **settings, "peak_gflops": gflops, "rows": rows}, out)


if __name__ == "__main__":
    typer.run(main)
