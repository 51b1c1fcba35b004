"""Puts a face evaluation together: models, judges and held-out people from their folders."""

from __future__ import annotations

from pathlib import Path

from emopic_engine.backends import load_backend
from emopic_engine.data.faces.actions import NEUTRAL
from emopic_engine.errors import DataError
from emopic_engine.face.detector import FaceDetector
from emopic_engine.face.model import FaceModel

from .face_eval import MOVING, FaceReport, evaluate_faces
from .face_held_out import read_held_out
from .face_judge import FaceApiJudge, FerJudge
from .face_maker import FaceMaker
from .face_measures import outside_difference
from .face_sheets import write_sheets

DETECTOR = Path(__file__).parents[1] / "models" / "face_detector"


def judge_model(
    model: Path,
    data: Path,
    face_api: Path,
    backend: str,
    people: int | None,
    sheets: Path | None,
) -> FaceReport:
    """Evaluate a model directory on the held-out people of a data set.

    Raises `DataError` when a judge or the data is missing, or data and model differ in size.
    """
    running = load_backend(backend)
    held_out, make = read_held_out(data, people), FaceMaker(model, running)
    if held_out.full.shape[2] != make.size:
        raise DataError(
            f"{data} holds pictures of {held_out.full.shape[2]} px, {model} takes {make.size} px"
        )
    judges = (FaceApiJudge(face_api), FerJudge())
    outside = outside_difference(
        FaceModel(model, DETECTOR, running), held_out.full[:, NEUTRAL], MOVING
    )
    report = evaluate_faces(held_out, make, FaceDetector(DETECTOR, running), judges, outside)
    if sheets is not None:
        write_sheets(sheets, held_out, make)
    return report
