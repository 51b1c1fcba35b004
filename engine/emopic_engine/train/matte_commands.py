"""The commands `emopic train matte|matte-export|matte-eval`.

torch is imported inside them, so that `emopic --help` stays quick.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from emopic_engine.console import UsageError, err, out

DEFAULT_MODEL = Path(__file__).parents[1] / "models" / "matte"
Photos = Annotated[
    Path | None, typer.Option(help="A folder of pictures to use as backgrounds, too.")
]
Data = Annotated[Path, typer.Option(help="A folder made by `emopic data faces`.")]


def matte(
    data: Data,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for checkpoints.")],
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to train.")] = 35.0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a run; minutes already worked count.")
    ] = False,
    photos: Photos = None,
    batch: Annotated[int, typer.Option(min=2, help="Pictures a step.")] = 16,
    rate: Annotated[float, typer.Option(min=0.0, help="Highest learning rate.")] = 2e-3,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the network that cuts people out; it is finished when the minutes are over."""
    from .matte import MatteTraining, train_matte

    _folder(photos)
    settings = MatteTraining(
        minutes=minutes,
        batch=batch,
        rate=rate,
        threads=threads,
        seed=seed,
        photos=None if photos is None else str(photos),
    )
    checkpoint = train_matte(data, out_dir, settings, resume=resume, progress=_tell)
    out.print(str(checkpoint), soft_wrap=True)


def matte_export(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of a run.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Model directory to write.")],
) -> None:
    """Write a matting model directory from a checkpoint."""
    from .matte import export_matte

    if not checkpoint.is_file():
        raise UsageError(f"there is no checkpoint {checkpoint}")
    export_matte(checkpoint, out_dir)
    out.print(str(out_dir), soft_wrap=True)


def matte_eval(
    data: Data,
    model: Annotated[Path, typer.Option(help="A matting model directory.")] = DEFAULT_MODEL,
    photos: Photos = None,
    people: Annotated[int, typer.Option(min=1, help="Held-out people to look at.")] = 100,
    backend: Annotated[str, typer.Option(help="Never substituted.")] = "openvino",
    sheet: Annotated[Path | None, typer.Option(help="Also write a picture sheet (.png).")] = None,
) -> None:
    """Measure a matting model on the held-out people of a face data set; prints JSON."""
    from .matte_eval import evaluate_matte

    _folder(photos)
    report = evaluate_matte(data, model, photos, people=people, backend=backend, sheet=sheet)
    typer.echo(json.dumps(report, indent=2))


def _folder(photos: Path | None) -> None:
    if photos is not None and not photos.is_dir():
        raise UsageError(f"--photos {photos} is no folder")


def _tell(line: str) -> None:
    err.print(line, soft_wrap=True, highlight=False)
