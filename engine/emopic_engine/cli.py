"""`emopic models | classify | render | doctor`, with `data` and `train` mounted beside them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from emopic_engine import __version__, sprite_commands
from emopic_engine.backends import AUTO, BACKENDS, known_precision, load_backend
from emopic_engine.backends.choice import choose
from emopic_engine.console import UsageError, err, out, run, status
from emopic_engine.data import commands as data_commands
from emopic_engine.data.aihub_faces import commands as aihub_faces_commands
from emopic_engine.data.faces import commands as faces_commands
from emopic_engine.engine import MODELS, Engine, EngineConfig
from emopic_engine.engines.commands import app as engines_app
from emopic_engine.errors import BackendUnavailable, EngineError, LineError
from emopic_engine.hardware import cache_dir, cpu_name, physical_cores
from emopic_engine.text.model import TextModel
from emopic_engine.train import face_commands, matte_commands, stargan_commands, text_commands

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Korean chat lines to a living face."
)

train_app = typer.Typer(no_args_is_help=True, help="Train the models.")
train_app.command("text-base")(text_commands.text_base)
train_app.command("text-blank")(text_commands.text_blank)
train_app.command("text-import")(text_commands.text_import)
train_app.command("text")(text_commands.text)
train_app.command("text-ngrams")(text_commands.text_ngrams)
train_app.command("text-report")(text_commands.text_report)
train_app.command("face")(face_commands.face)
train_app.command("face-export")(face_commands.face_export)
train_app.command("face-eval")(face_commands.face_eval)
train_app.command("matte")(matte_commands.matte)
train_app.command("matte-export")(matte_commands.matte_export)
train_app.command("matte-eval")(matte_commands.matte_eval)
train_app.command("stargan")(stargan_commands.stargan)
train_app.command("stargan-export")(stargan_commands.stargan_export)
train_app.command("stargan-judge")(stargan_commands.stargan_judge)
train_app.command("stargan-eval")(stargan_commands.stargan_eval)
data_app = typer.Typer(no_args_is_help=True, help="Read, look at and make training data.")
data_app.command("mapping")(data_commands.mapping)
data_app.command("lines")(data_commands.lines)
data_app.command("labels")(text_commands.own_labels)
data_app.command("eda")(data_commands.eda)
data_app.command("aihub-faces")(aihub_faces_commands.aihub_faces)
data_app.command("aihub-faces-report")(aihub_faces_commands.aihub_faces_report)
data_app.command("faces")(faces_commands.faces)
data_app.command("faces-sheet")(faces_commands.faces_sheet)
data_app.command("faces-folders")(stargan_commands.faces_folders)
data_app.command("characters")(faces_commands.characters)
app.add_typer(engines_app, name="engines")
app.add_typer(train_app, name="train")
app.add_typer(data_app, name="data")
app.add_typer(sprite_commands.app, name="sprites")

BackendOption = Annotated[
    str, typer.Option("--backend", help=f"{AUTO}, {', '.join(BACKENDS)}. Never substituted.")
]
PrecisionOption = Annotated[
    str | None, typer.Option("--precision", help="f32, bf16, f16 or int8; default: the backend's.")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=0, help="0: all processors.")]
TextModelOption = Annotated[Path, typer.Option("--text-model", help="A KoBERT-format directory.")]
FaceModelOption = Annotated[Path, typer.Option("--face-model", help="A face model directory.")]


def engine_config(
    backend: str, precision: str | None, threads: int, text_model: Path, face_model: Path
) -> EngineConfig:
    """The options above as a configuration. Raises `BackendUnavailable`, too."""
    return EngineConfig(
        backend=backend,
        precision=known_precision(precision),
        threads=threads,
        text_model=text_model,
        face_model=face_model,
    )


@app.command()
def classify(
    lines: Annotated[list[str] | None, typer.Argument(help="Lines; none: read stdin.")] = None,
    tsv: Annotated[Path | None, typer.Option(help="label<TAB>text file to evaluate on.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show which words moved the score.")
    ] = False,
    backend: BackendOption = "openvino",
    precision: PrecisionOption = None,
    threads: ThreadsOption = 0,
    text_model: TextModelOption = MODELS / "text",
) -> None:
    """Name the emotion of lines, or measure accuracy on a labelled file."""
    if tsv is not None and lines:
        raise UsageError("give either lines or --tsv, not both")
    if tsv is not None and explain:
        raise UsageError("--explain is for lines, not for --tsv")
    if not text_model.is_dir():
        raise UsageError(f"there is no model directory {text_model}")
    config = engine_config(backend, precision, threads, text_model, MODELS / "live")
    with status("loading the text model"):
        model = TextModel(
            text_model,
            load_backend(config.backend, precision=config.precision, threads=config.threads),
        )
    if tsv is not None:
        _evaluate(model, tsv, as_json)
    elif explain:
        _explain(model, lines or _stdin_lines(), as_json)
    else:
        _classify(model, lines or _stdin_lines(), as_json)


def _stdin_lines() -> list[str]:
    if sys.stdin.isatty():
        err.print("[dim]type lines, end with Ctrl-D[/dim]")
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"stdin is not UTF-8: {error}") from error
    return [line for line in text.splitlines() if line.strip()]


def _classify(model: TextModel, lines: list[str], as_json: bool) -> None:
    names, korean = model.emotions.names, model.emotions.korean
    failed = False
    for line, scores in zip(lines, model.classify(lines), strict=True):
        if isinstance(scores, EngineError):
            failed = True
            err.print(f"{line!r}: {scores}", markup=False)
            continue
        values = {name: round(float(v), 4) for name, v in zip(names, scores.values, strict=True)}
        if as_json:
            row = {"text": line, "top": names[scores.top], "scores": values}
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            top = scores.top
            bar = "█" * round(20 * float(scores.values[top]))
            out.print(
                f"[bold]{korean[top]}[/bold] {names[top]:<9} {values[names[top]]:.2f} "
                f"[cyan]{bar:<20}[/cyan] {escape(line)}"
            )
    if failed:
        raise typer.Exit(2)


def _explain(model: TextModel, lines: list[str], as_json: bool) -> None:
    from emopic_engine.text.explain import explain
    from emopic_engine.text.explain_output import explanation_row, explanation_text

    failed = False
    for line in lines:
        try:
            found = explain(model, line)
        except LineError as error:
            failed = True
            err.print(f"{line!r}: {error}", markup=False)
            continue
        if as_json:
            row = explanation_row(found, model.emotions)
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            out.print(explanation_text(found, model.emotions), soft_wrap=True)
    if failed:
        raise typer.Exit(2)


def _evaluate(model: TextModel, path: Path, as_json: bool) -> None:
    from emopic_engine.data.lines import read_tsv
    from emopic_engine.text.evaluate import evaluate

    report = evaluate(model, read_tsv(path, model.emotions))
    if as_json:
        sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n")
        return
    out.print(
        f"n {report.n}   accuracy [bold]{report.accuracy:.3f}[/bold]   "
        f"macro-F1 [bold]{report.macro_f1:.3f}[/bold]"
    )
    table = Table("label \\ answer", *model.emotions.korean, "F1")
    for name, korean, row in zip(
        model.emotions.names, model.emotions.korean, report.confusion, strict=True
    ):
        table.add_row(f"{korean} {name}", *map(str, row), f"{report.per_class[name]:.3f}")
    out.print(table)


@app.command()
def render(
    face: Annotated[Path, typer.Option(help="A picture with a face: JPEG, PNG or WebP.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    emotion: Annotated[str | None, typer.Option(help="Emotion to show, Korean or English.")] = None,
    strength: Annotated[float, typer.Option(min=0.0, max=1.0)] = 1.0,
    every: Annotated[bool, typer.Option("--all", help="Every emotion.")] = False,
    sheet: Annotated[bool, typer.Option("--sheet", help="Also write a contact sheet.")] = False,
    background: Annotated[
        str | None, typer.Option(help="Behind the person: transparent, #rrggbb, or a picture file.")
    ] = None,
    backend: BackendOption = "openvino",
    precision: PrecisionOption = None,
    threads: ThreadsOption = 0,
    face_model: FaceModelOption = MODELS / "live",
) -> None:
    """Show emotions on a face, at the picture's own size: `<stem>_<emotion>.png`."""
    from emopic_engine.render_files import render_files

    if (emotion is None) == (not every):
        raise UsageError("give either --emotion NAME or --all")
    if not face.is_file():
        raise UsageError(f"there is no picture {face}")
    behind = None if background is None else background_option(background)
    with status("loading the models"):
        engine = Engine.load(
            engine_config(backend, precision, threads, MODELS / "text", face_model)
        )
    emotions = list(engine.emotions.names) if emotion is None else [emotion]
    files = render_files(engine, face, emotions, strength, out_dir, sheet=sheet, background=behind)
    for path in files:
        out.print(str(path), markup=False, soft_wrap=True)


def background_option(text: str) -> str | bytes:
    """A file's picture, or the words as they are. Raises `UsageError` for what is neither."""
    from emopic_engine.face.background import COLOUR, TRANSPARENT

    if text == TRANSPARENT or COLOUR.fullmatch(text):
        return text
    path = Path(text)
    if not path.is_file():
        raise UsageError(f"--background {text} is neither {TRANSPARENT}, #rrggbb nor a file")
    return path.read_bytes()


@app.command()
def models() -> None:
    """List the bundled models and faces."""
    table = Table("model", "what", "size")
    for folder in sorted(item for item in MODELS.iterdir() if item.is_dir()):
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        table.add_row(folder.name, _headline(folder), f"{size / 1e6:.1f} MB")
    out.print(table)


def _headline(folder: Path) -> str:
    card = folder / "MODEL_CARD.md"
    if not card.exists():
        return ""
    return card.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


@app.command()
def doctor() -> None:
    """Say what can run here, and why the rest cannot."""
    out.print(f"emopic {__version__} · Python {sys.version.split()[0]}")
    out.print(f"processor: {cpu_name()}, {physical_cores()} usable", markup=False)
    out.print(f"compiled engines: {cache_dir()}", markup=False, soft_wrap=True)
    table = Table("backend", "device", "precision", "versions")
    for row in _backend_rows():
        table.add_row(*row)
    out.print(table)
    choice = choose()
    out.print(f"--backend {AUTO} means {choice.name} here: {choice.reason}", markup=False)


def _backend_rows() -> Iterable[tuple[str, ...]]:
    for name in BACKENDS:
        try:
            backend = load_backend(name)
        except BackendUnavailable as error:
            yield name, f"[red]not here[/red]: {escape(str(error))}", "", ""
            continue
        versions = ", ".join(f"{key} {value}" for key, value in backend.versions.items())
        yield name, backend.device, backend.precision, versions


def main() -> None:
    """Entry point of `emopic-engine`."""
    run(app, "emopic-engine")
