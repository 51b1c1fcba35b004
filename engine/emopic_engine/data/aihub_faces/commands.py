"""The commands `emopic data aihub-faces|aihub-faces-report`; pictures are imported inside them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from emopic_engine.console import UsageError, err, out
from emopic_engine.data.aihub_faces.rules import RULES

if TYPE_CHECKING:
    from emopic_engine.data.aihub_faces.index import FaceIndex

ReportOption = Annotated[
    Path | None, typer.Option("--report", help="HTML file; default: report.html in the folder.")
]


def aihub_faces(
    sources: Annotated[
        list[Path], typer.Argument(help="Folders, .zip archives and .json labels, as downloaded.")
    ],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write to; resumed if there.")],
    size: Annotated[int, typer.Option(min=16, help="Side of a cut face in pixels.")] = 256,
    agreement: Annotated[
        int, typer.Option(min=1, max=4, help="How many of the four must name one expression.")
    ] = 3,
    margin: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Around the box, in parts of its side.")
    ] = 0.0,
    align: Annotated[
        bool, typer.Option("--align", help="Turn and scale by eyes and chin, as the server does.")
    ] = False,
    off: Annotated[
        list[str] | None,
        typer.Option("--without", help=f"A rule to switch off: {', '.join(RULES)}."),
    ] = None,
    smallest: Annotated[int, typer.Option(min=1, help="Pixels that a face needs.")] = 64,
    bright: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of a face that may be blown out.")
    ] = 0.15,
    contrast: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How much darker half a face may be.")
    ] = 0.5,
    held_out: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Share of people to set apart.")
    ] = 0.0,
    report: ReportOption = None,
    backend: Annotated[str, typer.Option(help="Where the face detector runs.")] = "openvino",
    workers: Annotated[int, typer.Option(min=1, help="Processes, one core each.")] = 1,
) -> None:
    """Clean AI Hub's Korean emotion pictures and cut their faces, one folder for each emotion."""
    _need("jinja2")
    from emopic_engine.data.aihub_faces.clean import Cleaning, clean_faces
    from emopic_engine.data.aihub_faces.pictures import Cutting
    from emopic_engine.data.aihub_faces.rules import Limits

    cleaning = Cleaning(
        Cutting(size, margin, align),
        Limits(agreement, smallest, bright, contrast),
        frozenset(off or ()),
        held_out,
    )
    index = clean_faces(sources, out_dir, cleaning, err, backend=backend, workers=workers)
    try:
        _tell(index)
        _report(index, report or out_dir / "report.html")
    finally:
        index.close()


def aihub_faces_report(
    folder: Annotated[Path, typer.Argument(help="The --out of `emopic data aihub-faces`.")],
    report: ReportOption = None,
) -> None:
    """Write the report again, also while a run is under way."""
    _need("jinja2")
    from emopic_engine.data.aihub_faces.clean import INDEX
    from emopic_engine.data.aihub_faces.index import FaceIndex

    index = FaceIndex(folder / INDEX)
    try:
        _report(index, report or folder / "report.html")
    finally:
        index.close()


def _tell(index: FaceIndex) -> None:
    from emopic_engine.data.aihub_faces.index import KEPT

    results, totals = index.results(), index.totals()
    table = Table("rule", "what it leaves out", "pictures")
    for rule, meaning in RULES.items():
        table.add_row(rule, meaning, f"{results.get(rule, 0):,}")
    out.print(table)
    out.print(
        f"{results.get(KEPT, 0):,} of {totals['records']:,} kept; {totals['without_picture']:,} "
        f"labels without a picture, {totals['without_record']:,} pictures without a label, "
        f"{totals['refused']:,} records that say too little",
        soft_wrap=True,
    )


def _report(index: FaceIndex, path: Path) -> None:
    from emopic_engine.data.aihub_faces.report import write_face_report

    write_face_report(path, index, err)
    out.print(str(path), markup=False, soft_wrap=True)


def _need(module: str) -> None:
    """Say at once what is missing."""
    try:
        import_module(module)
    except ImportError as error:
        raise UsageError(
            f"this needs {module}: pip install 'emopic-engine[data]' ({error})"
        ) from error
