"""On a machine with an NVIDIA GPU: the contract of the GPU backends, and a table of their engines.

    pip install -e 'engine[tensorrt]' -e clients/python -e server     # or engine[tensorrt-rtx]
    python scripts/gpu_check.py [--specimens]

Runs the tests marked `gpu`, then builds the bundled models' engines for cuda and tensorrt in every
precision and compares them with fp32. `--specimens` does the same with models of the published
sizes. Exit code 1 where a test fails or an engine is refused.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from emopic_engine.backends import PRECISIONS, load_backend
from emopic_engine.engine import EngineConfig
from emopic_engine.engines.models import compile_all, verified
from emopic_engine.engines.specimens import write_specimens
from emopic_engine.errors import EngineError
from emopic_engine.hardware import nvidia_gpus

ROOT = Path(__file__).parents[1]
BACKENDS = ("cuda", "tensorrt")


def main() -> int:
    """Everything in order; the exit code."""
    console = Console()
    gpus = nvidia_gpus()
    if not gpus:
        console.print("no NVIDIA GPU is seen here: check the driver with nvidia-smi")
        return 2
    console.print("; ".join(f"{g.name}, {g.capability[0]}.{g.capability[1]}" for g in gpus))
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "tests/contract"], cwd=ROOT, check=False
    )
    with tempfile.TemporaryDirectory() as folder:
        configs = {"bundled": EngineConfig()}
        if "--specimens" in sys.argv[1:]:
            kobert, *stargans = write_specimens(Path(folder))
            for path in stargans:
                configs[path.name] = EngineConfig(text_model=kobert, face_model=path)
        good = _table(console, configs)
    return 0 if good and tests.returncode == 0 else 1


def _table(console: Console, configs: dict[str, EngineConfig]) -> bool:
    table, good = Table("models", "backend", "precision", "graph", "against fp32", "state"), True
    for models, config in configs.items():
        for backend in BACKENDS:
            for precision in PRECISIONS[backend]:
                try:
                    load_backend(backend, precision=precision)
                    recording = compile_all(replace(config, backend=backend, precision=precision))
                    rows = list(verified(recording))
                except EngineError as error:
                    table.add_row(models, backend, precision, "", str(error), "[red]failed[/red]")
                    good = False
                    continue
                for row in rows:
                    figures = row.parity.brief if row.parity else row.refused
                    state = "[red]refused[/red]" if row.refused else "[green]good[/green]"
                    table.add_row(models, backend, precision, row.graph, figures, state)
                    good = good and not row.refused
    console.print(table)
    return good


if __name__ == "__main__":
    sys.exit(main())
