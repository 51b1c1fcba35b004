"""`emopic train text`: lines and a base in, a measured and calibrated model directory out.

The work folder gets one folder for each run, named by everything that decides it. It holds the
checkpoint, the best epoch, `log.csv` and `log.png` (accuracy and loss by step), `report.json`, and
`confusion.csv` and `confusion.png`. A run that was stopped goes on where it was; a finished one is
only exported and measured again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from emopic_engine.emotions import Emotions
from emopic_engine.errors import InputError
from emopic_engine.text.classifier import TextClassifier, load_classifier, load_encoder
from emopic_engine.text.config import CONFIG_FILE, MAX_TOKENS, WEIGHTS_FILE, TextConfig
from emopic_engine.text.evaluate import best_temperature, intervals, report
from emopic_engine.text.model import load_tokenizer
from emopic_engine.text.normalize import normalize
from emopic_engine.text.tokenizer import TOKENIZER_FILE, Tokenizer, find_tokenizer
from emopic_engine.text.weights import save_weights
from emopic_engine.train.text_base import base_config, find_base
from emopic_engine.train.text_batches import predict
from emopic_engine.train.text_data import by_name, cut_off, read_training, read_unlabelled
from emopic_engine.train.text_distil import start_student, student_config, teacher_logits
from emopic_engine.train.text_lines import TrainLine, taught, with_teacher
from emopic_engine.train.text_log import TRAIN, Point, write_confusion, write_csv, write_plot
from emopic_engine.train.text_loop import Keeping, Run, train
from emopic_engine.train.text_settings import Settings

DEV, TEST = "dev", "test"


@dataclass(frozen=True)
class Source:
    """A file of labelled lines, and what each of them weighs."""

    path: Path
    weight: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Source:
        """`FILE`, or `FILE@WEIGHT`. Raises `InputError` for a weight below 0."""
        path, at, weight = text.rpartition("@")
        try:
            source = cls(Path(path), float(weight)) if at else cls(Path(text))
        except ValueError:
            return cls(Path(text))  # the @ belongs to the name
        if not 0 <= source.weight < float("inf"):
            raise InputError(f"{text}: the weight must be at least 0")
        return source

    def read(self, emotions: Emotions, *, soft: bool) -> list[TrainLine]:
        """The lines. Raises `DataError`."""
        lines = read_training(self.path, emotions, soft=soft)
        return [replace(line, weight=line.weight * self.weight) for line in lines]


@dataclass(frozen=True)
class Job:
    """One training: what, from what, where to, and how.

    `base` is a directory or a name on the hub. `tests` are measured on only; without them
    `test_share` of the lines is cut off and called `test`; `extra` lines are only trained on.
    The best epoch and the temperature come from `dev`, or from `dev_share` of what is left; where
    both are missing (None, 0) from the first test, as in the original KoBERT project, which
    flatters the figure on it. `share` of what remains is trained on, for learning curves.

    `teachers` and `unlabelled` are for distilling: every line gets the teachers' mean logits, and
    unlabelled ones take part where the teachers are `sure` enough. `layers` of the base's are kept.
    """

    lines: tuple[Source, ...]
    base: str
    out: Path
    work: Path
    extra: tuple[Source, ...] = ()
    settings: Settings = field(default_factory=Settings)
    tests: tuple[Path, ...] = ()
    test_share: float = 0.2
    dev: Path | None = None
    dev_share: float = 0.1
    share: float = 1.0
    soft: bool = True
    teachers: tuple[Path, ...] = ()
    unlabelled: tuple[str, ...] = ()
    unlabelled_weight: float = 0.5
    sure: float = 0.0
    layers: int | None = None
    max_tokens: int = MAX_TOKENS
    int8: bool = False


@dataclass(frozen=True)
class _Parts:
    """The lines of a job, by use. `chosen_on` names the part that decides epoch and temperature."""

    train: list[TrainLine]
    tests: dict[str, list[TrainLine]]
    chosen_on: str


def train_text(job: Job, console: Console) -> dict[str, Any]:
    """Train, write `job.out`, measure it; returns the figures, also kept as `report.json`.

    Raises `ModelError` for an unusable base, `DataError` for unreadable lines, `InputError` for
    settings that cannot work.
    """
    _check(job)
    base = find_base(job.base, job.work)
    parts = _read(job)
    folder = job.work / _run_key(job, base)
    config = base_config(base, job.settings.emotions, job.max_tokens)
    lines = _with_teachers(job, config, parts, folder, console)
    tokenizer = load_tokenizer(base, config.vocab_size)
    classifier, config = _start(job, base, config)
    run = _train(job, classifier, tokenizer, lines, parts, folder, console)
    config = _calibrated(config, classifier, tokenizer, parts)
    write_directory(job.out, base, config, classifier, int8=job.int8)
    figures = {
        "base": job.base,
        "recipe": job.settings.key(),
        "lines": len(lines),
        "best_epoch": run.best_epoch,
        "chosen_on": parts.chosen_on,
        "temperature": config.temperature,
        **_measure(job, parts, tokenizer),
    }
    rendered = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    (folder / "report.json").write_text(rendered, encoding="utf-8")
    _draw_confusion(job, figures, folder)
    console.print(f"{job.out} is written; log and figures in {folder}", soft_wrap=True)
    return dict(json.loads(rendered))


def write_directory(
    out: Path, base: Path, config: TextConfig, classifier: TextClassifier, *, int8: bool
) -> None:
    """Write a directory that the server loads; the tokenizer is the base's."""
    out.mkdir(parents=True, exist_ok=True)
    save_weights(out / WEIGHTS_FILE, classifier.state_dict(), int8=int8)
    copyfile(find_tokenizer(base), out / TOKENIZER_FILE)
    (out / CONFIG_FILE).write_text(config.to_json(), encoding="utf-8")


def _check(job: Job) -> None:
    if job.unlabelled and not job.teachers:
        raise InputError("unlabelled lines need a teacher that answers them: give --teacher")
    if not 0 < job.share <= 1:
        raise InputError(f"the share to train on must be above 0, at most 1, got {job.share}")
    for name, share in (("test share", job.test_share), ("dev share", job.dev_share)):
        if not 0 <= share < 1:
            raise InputError(f"the {name} must be from 0 to below 1, got {share}")


def _read(job: Job) -> _Parts:
    emotions, seed = job.settings.emotions, job.settings.seed
    lines = [line for source in job.lines for line in source.read(emotions, soft=job.soft)]
    extra = [line for source in job.extra for line in source.read(emotions, soft=job.soft)]
    files = by_name(job.tests, TRAIN, *([DEV] if job.dev or job.dev_share else []))
    tests = {name: read_training(path, emotions, soft=False) for name, path in files.items()}
    if not tests and job.test_share:
        lines, tests[TEST] = cut_off(lines, job.test_share, seed)
    if job.dev is not None:
        tests[DEV] = read_training(job.dev, emotions, soft=False)
    elif job.dev_share:
        lines, tests[DEV] = cut_off(lines, job.dev_share, seed + 1)
    if not tests:
        raise InputError("there is nothing to choose the best epoch on: give a test or a dev part")
    if job.share < 1:
        _, lines = cut_off(lines, job.share, seed + 2)
    return _Parts([*lines, *extra], tests, DEV if DEV in tests else next(iter(tests)))


def _run_key(job: Job, base: Path) -> str:
    """A name for everything that decides the run, so that no other run's state is picked up."""
    plain = {
        name: getattr(job, name)
        for name in (
            "test_share",
            "dev_share",
            "share",
            "soft",
            "unlabelled_weight",
            "sure",
            "layers",
        )
    }
    sources = (*job.lines, *job.extra)
    plain |= {"settings": job.settings.key(), "max_tokens": job.max_tokens}
    plain |= {"weights": [source.weight for source in sources], "lines": len(job.lines)}
    digest = hashlib.sha256(json.dumps(plain, default=str, sort_keys=True).encode())
    unlabelled = [Path(source.rpartition(":")[2]) for source in job.unlabelled]
    teachers = [folder / WEIGHTS_FILE for folder in job.teachers]
    tests = [*job.tests, job.dev] if job.dev else [*job.tests]
    given = [*(source.path for source in sources), *tests, *unlabelled, *teachers]
    for path in (*given, base / WEIGHTS_FILE, find_tokenizer(base)):
        digest.update(_hash(path))
    return digest.hexdigest()[:16]


def _hash(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _with_teachers(
    job: Job, config: TextConfig, parts: _Parts, folder: Path, console: Console
) -> list[TrainLine]:
    """The lines with their teachers' logits, and the unlabelled ones; logits are kept on disk.

    An unlabelled line that is also a labelled one, above all a test line, is left out.
    """
    lines = parts.train
    if not job.teachers:
        return lines
    known = {normalize(e.text) for part in (lines, *parts.tests.values()) for e in part}
    more = [text for source in job.unlabelled for text in read_unlabelled(source)]
    more = [text for text in dict.fromkeys(more) if normalize(text) not in known]
    kept = folder / "teacher.npy"
    if not kept.exists():
        texts = [line.text for line in lines] + more
        with console.status(f"asking {len(job.teachers)} teachers about {len(texts):,} lines"):
            logits = teacher_logits(job.teachers, texts, config, job.settings.device)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, logits)
    logits = np.load(kept)
    extra = taught(more, logits[len(lines) :], job.unlabelled_weight, job.sure)
    return [*with_teacher(lines, logits[: len(lines)]), *extra]


def _start(job: Job, base: Path, config: TextConfig) -> tuple[TextClassifier, TextConfig]:
    if job.layers is None:
        torch.manual_seed(job.settings.seed)  # the fresh head
        return load_encoder(base, config), config
    small = start_student(base, config, job.layers, job.settings.seed)
    return small, student_config(config, job.layers)


def _train(
    job: Job,
    classifier: TextClassifier,
    tokenizer: Tokenizer,
    lines: Sequence[TrainLine],
    parts: _Parts,
    folder: Path,
    console: Console,
) -> Run:
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("training", total=None)

        def watch(run: Run, steps: int, new: int) -> None:
            progress.update(task, completed=run.step, total=steps)
            if new:
                for point in run.points[-new:]:
                    console.print(_line(point), highlight=False)
                write_csv(folder / "log.csv", run.points)

        keeping = Keeping(folder, parts.chosen_on)
        run = train(classifier, tokenizer, lines, job.settings, parts.tests, keeping, watch)
    write_csv(folder / "log.csv", run.points)
    write_plot(folder / "log.png", run.points)
    return run


def _line(point: Point) -> str:
    return (
        f"step {point.step}, epoch {point.epoch:.2f}, {point.lines}: "
        f"loss {point.loss:.3f}, accuracy {point.accuracy:.3f}"
    )


def _calibrated(
    config: TextConfig, classifier: TextClassifier, tokenizer: Tokenizer, parts: _Parts
) -> TextConfig:
    """The configuration with the temperature that fits the lines it is chosen on."""
    lines = parts.tests[parts.chosen_on]
    logits = predict(classifier, tokenizer, [line.text for line in lines])
    return replace(config, temperature=best_temperature(logits, [line.top for line in lines]))


def _measure(job: Job, parts: _Parts, tokenizer: Tokenizer) -> dict[str, Any]:
    """Figures of the directory as written."""
    written = load_classifier(job.out)
    names = job.settings.emotions.names
    measured: dict[str, Any] = {}
    for name, lines in parts.tests.items():
        labels = [line.top for line in lines]
        logits = predict(written, tokenizer, [line.text for line in lines])
        answers = logits.argmax(axis=1).tolist()
        measured[name] = {
            **report(labels, answers, names).to_dict(),
            "intervals": asdict(intervals(labels, answers, names)),
        }
    return {"tests": measured}


def _draw_confusion(job: Job, figures: Mapping[str, Any], folder: Path) -> None:
    for name, measured in figures["tests"].items():
        write_confusion(folder, name, measured["confusion"], job.settings.emotions.names)
