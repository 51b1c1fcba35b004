"""`emopic train text`: lines and a base in, a measured and calibrated model directory out.

The work folder gets one folder for each run, named by everything that decides it. It holds the
checkpoint, the best epoch, `log.csv` and `log.png` (accuracy and loss by step), `report.json`, and
`confusion.csv` and `confusion.png`. A run that was stopped goes on where it was; a finished one is
only exported and measured again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
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

from emopic_engine.text.classifier import TextClassifier, load_classifier, load_encoder
from emopic_engine.text.config import CONFIG_FILE, WEIGHTS_FILE, TextConfig
from emopic_engine.text.evaluate import best_temperature, intervals, report
from emopic_engine.text.model import load_tokenizer
from emopic_engine.text.tokenizer import TOKENIZER_FILE, Tokenizer, find_tokenizer
from emopic_engine.text.weights import save_weights
from emopic_engine.train.text_base import base_config, find_base
from emopic_engine.train.text_batches import predict
from emopic_engine.train.text_data import read_unlabelled
from emopic_engine.train.text_distil import start_student, student_config, teacher_logits
from emopic_engine.train.text_lines import TrainLine, taught, with_teacher
from emopic_engine.train.text_log import Point, write_confusion, write_csv, write_plot
from emopic_engine.train.text_loop import Keeping, Run, train
from emopic_engine.train.text_ngrams import unseen_logits
from emopic_engine.train.text_plan import Job, Parts, check, read_parts, run_key, same_text


def train_text(job: Job, console: Console) -> dict[str, Any]:
    """Train, write `job.out`, measure it; returns the figures, also kept as `report.json`.

    Raises `ModelError` for an unusable base, `DataError` for unreadable lines, `InputError` for
    settings that cannot work.
    """
    check(job)
    base = find_base(job.base, job.work)
    parts = read_parts(job)
    if parts.left_out:
        console.print(f"{parts.left_out:,} lines left out: they stand among the tests")
    folder = job.work / run_key(job, base)
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
        "left_out": parts.left_out,
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


def _with_teachers(
    job: Job, config: TextConfig, parts: Parts, folder: Path, console: Console
) -> list[TrainLine]:
    """The lines with their teachers' logits, and the unlabelled ones; logits are kept on disk.

    An unlabelled line that is also a labelled one, above all a test line, is left out.
    """
    lines = parts.train
    if not job.teachers:
        return lines
    known = parts.tested | {same_text(line.text) for line in lines}
    more = [text for source in job.unlabelled for text in read_unlabelled(source)]
    more = [text for text in dict.fromkeys(more) if same_text(text) not in known]
    kept = folder / "teacher.npy"
    if not kept.exists():
        texts = [line.text for line in lines] + more
        with console.status(f"asking {len(job.teachers)} teachers about {len(texts):,} lines"):
            logits = teacher_logits(job.teachers, texts, config, job.settings.device)
            if job.ngram_teacher:
                logits += np.concatenate(unseen_logits(lines, more, len(config.emotions)))
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
    parts: Parts,
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
    config: TextConfig, classifier: TextClassifier, tokenizer: Tokenizer, parts: Parts
) -> TextConfig:
    """The configuration with the temperature that fits the lines it is chosen on."""
    lines = parts.tests[parts.chosen_on]
    logits = predict(classifier, tokenizer, [line.text for line in lines])
    return replace(config, temperature=best_temperature(logits, [line.top for line in lines]))


def _measure(job: Job, parts: Parts, tokenizer: Tokenizer) -> dict[str, Any]:
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
