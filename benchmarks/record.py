"""What every benchmark does with its result: the environment beside it, a JSON file, a place.

A `--quick` run shows in less than a minute that a benchmark works. Its figures mean little, so it
goes to a folder that git ignores.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from emopic_engine.console import err
from emopic_engine.hardware import nvidia_gpus
from emopic_server.bench.scenarios import environment

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "benchmarks" / "results"
HURRIED: Final = "quick"
"""The folder below, of results that mean little."""

Quick = Annotated[bool, typer.Option("--quick", help="A minute at most; figures mean little.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the JSON.")]


def begin(quick: bool) -> dict[str, Any]:
    """The head of a result, taken before the machine is made busy."""
    gpus = [gpu.name for gpu in nvidia_gpus()]
    return {"environment": {**environment(), "gpus": gpus}, "quick": quick}


def keep(name: str, found: dict[str, Any], out: Path | None) -> None:
    """Write `NAME.json` to the folder, by default where results (or those of quick runs) go."""
    folder = out or (RESULTS / HURRIED if found["quick"] else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
    err.print(str(path), markup=False, soft_wrap=True)


def say(text: str) -> None:
    """What happens now."""
    err.print(f"[dim]{text}[/dim]")
