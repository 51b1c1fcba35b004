"""One line of 20 tokens: the bundled text model's network on OpenVINO and in eager PyTorch.

`python -m benchmarks.text_speed`

The two take turns in one run, batch 1, so that a busy machine slows both alike; medians in
milliseconds. Writes `benchmarks/results/text-speed.json`.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich import print as show

from emopic_engine.backends import load_backend
from emopic_engine.engine import MODELS
from emopic_engine.text.config import read_config
from emopic_engine.text.model import graph
from emopic_server.bench.scenarios import environment

RESULT = Path(__file__).parent / "results" / "text-speed.json"


def main(
    model: Annotated[Path, typer.Option(help="A text model directory.")] = MODELS / "text",
    tokens: Annotated[int, typer.Option(min=3)] = 20,
    rounds: Annotated[int, typer.Option(min=1)] = 200,
    threads: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Measure and write."""
    about = environment()
    ids = np.random.default_rng(0).integers(5, read_config(model).vocab_size, (1, tokens))
    mask = np.ones_like(ids)
    backends = {name: load_backend(name, threads=threads) for name in ("openvino", "torch")}
    compiled = {name: backend.compile(graph(model)) for name, backend in backends.items()}
    times: dict[str, list[float]] = {name: [] for name in compiled}
    for _ in range(rounds):
        for name, run in compiled.items():
            run(ids, mask)  # the other one has just emptied the caches
            began = time.perf_counter()
            run(ids, mask)
            times[name].append((time.perf_counter() - began) * 1000)
    medians = {name: round(statistics.median(values), 3) for name, values in times.items()}
    found = {
        "environment": about,
        "tokens": tokens,
        "threads": threads,
        "precision": {name: backend.precision for name, backend in backends.items()},
        "median_ms": medians,
        "ratio": round(medians["openvino"] / medians["torch"], 3),
    }
    RESULT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    show(found)


if __name__ == "__main__":
    typer.run(main)
