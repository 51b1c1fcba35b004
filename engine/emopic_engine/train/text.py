"""`emopic train text`: labelled lines and a base in, a text model directory out.

The model is trained on all lines and written at once. Cross-validation over the same lines then
says how good it is beside the n-gram control, and gives the temperature that makes its
probabilities honest. Every finished epoch and fold is kept in the work folder, so that a stopped
run goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console

from emopic_engine.data.lines import LabelledLine, read_tsv
from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.errors import InputError
from emopic_engine.text.classifier import TextClassifier, load_classifier, load_encoder
from emopic_engine.text.config import (
    CONFIG_FILE,
    MAX_TOKENS,
    WEIGHTS_FILE,
    Pooling,
    TextConfig,
    bert_options,
    read_json,
)
from emopic_engine.text.evaluate import (
    Logits,
    best_temperature,
    calibration_error,
    negative_log_likelihood,
    report,
)
from emopic_engine.text.model import load_tokenizer
from emopic_engine.text.tokenizer import TOKENIZER_FILE, Tokenizer, find_tokenizer
from emopic_engine.text.weights import save_weights, tensor_names
from emopic_engine.train.ngram_control import NgramControl
from emopic_engine.train.text_augment import PERTURBATIONS
from emopic_engine.train.text_fit import Recipe, fit, predict

__all__ = ["Job", "best_temperature", "calibration_error", "negative_log_likelihood", "train_text"]


@dataclass(frozen=True)
class Job:
    """One training: what, from what, where to, and how.

    `extra` lines are trained on in every fold and never measured on; `tests` are only measured
    on. `folds` 0 skips cross-validation and takes `temperature` as it is given.
    """

    data: Path
    base: Path
    out: Path
    work: Path
    recipe: Recipe = field(default_factory=Recipe)
    emotions: Emotions = DEFAULT
    folds: int = 5
    temperature: float = 1.0
    extra: tuple[Path, ...] = ()
    tests: tuple[Path, ...] = ()
    int8: bool = True
    threads: int = 1


def train_text(job: Job, console: Console) -> dict[str, Any]:
    """Train, write `job.out`, measure; returns the figures, also kept as `report.json` in work.

    Raises `ModelError` for an unusable base and `DataError` for unreadable lines.
    """
    torch.set_num_threads(job.threads)
    examples = read_tsv(job.data, job.emotions)
    extra = [line for path in job.extra for line in read_tsv(path, job.emotions)]
    tests = {path.stem: read_tsv(path, job.emotions) for path in job.tests}
    config = _config(job)
    tokenizer = load_tokenizer(job.base, config.vocab_size)
    work = job.work / _run_key(job)
    trained = _fit(job, config, tokenizer, [*examples, *extra], work / "final.pt", console)
    write_model(job, config, trained)
    figures: dict[str, Any] = {
        "recipe": asdict(job.recipe),
        "lines": len(examples),
        "extra": len(extra),
    }
    if job.folds:
        logits = _cross_validate(job, config, tokenizer, examples, extra, work, console)
        labels = [example.label for example in examples]
        config = replace(config, temperature=best_temperature(logits, labels))
        write_model(job, config, trained)
        figures["cross_validation"] = _validation(job, config, examples, extra, logits)
    figures |= _measure(job, trained, tokenizer, [*examples, *extra], tests)
    text = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    (work / "report.json").write_text(text, encoding="utf-8")
    console.print(f"{job.out} is written; figures in {work / 'report.json'}", soft_wrap=True)
    return figures


def write_model(job: Job, config: TextConfig, classifier: TextClassifier) -> None:
    """Write the directory; the tokenizer is the base's."""
    job.out.mkdir(parents=True, exist_ok=True)
    save_weights(job.out / WEIGHTS_FILE, classifier.state_dict(), int8=job.int8)
    copyfile(find_tokenizer(job.base), job.out / TOKENIZER_FILE)
    (job.out / CONFIG_FILE).write_text(config.to_json(), encoding="utf-8")


def split(labels: Sequence[int], folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each line, int64 [n]: every label spread evenly, otherwise at random."""
    if not 2 <= folds <= len(labels):
        raise InputError(f"folds must be between 2 and the number of lines, got {folds}")
    chance = random.Random(seed)
    order = sorted(range(len(labels)), key=lambda i: (labels[i], chance.random()))
    fold = np.zeros(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % folds
    return fold


def _config(job: Job) -> TextConfig:
    path = job.base / CONFIG_FILE
    options = bert_options(path, read_json(path))
    names = tensor_names(job.base / WEIGHTS_FILE)
    pooling: Pooling = "cls" if any("pooler." in name for name in names) else "mean"
    longest = min(MAX_TOKENS, options["max_position_embeddings"])
    return TextConfig(job.emotions, options, pooling, longest, job.temperature)


def _run_key(job: Job) -> str:
    """A name for everything that decides the run, so that no other run's state is picked up."""
    digest = hashlib.sha256(json.dumps([asdict(job.recipe), job.emotions.names]).encode())
    for path in (job.data, *job.extra, job.base / WEIGHTS_FILE, find_tokenizer(job.base)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _fit(
    job: Job,
    config: TextConfig,
    tokenizer: Tokenizer,
    examples: Sequence[LabelledLine],
    checkpoint: Path,
    console: Console,
) -> TextClassifier:
    torch.manual_seed(job.recipe.seed)  # the fresh head
    classifier = load_encoder(job.base, config)

    def tell(epoch: int, loss: float) -> None:
        console.print(f"{checkpoint.stem}: epoch {epoch}/{job.recipe.epochs}, loss {loss:.3f}")

    return fit(classifier, tokenizer, examples, job.recipe, checkpoint, tell)


def _cross_validate(
    job: Job,
    config: TextConfig,
    tokenizer: Tokenizer,
    examples: Sequence[LabelledLine],
    extra: Sequence[LabelledLine],
    work: Path,
    console: Console,
) -> Logits:
    """Logits float32 [n, K] of each line from a model that has not seen it."""
    fold = split([example.label for example in examples], job.folds, job.recipe.seed)
    logits = np.zeros((len(examples), len(job.emotions)), np.float32)
    for part in range(job.folds):
        name = f"fold-{part}-of-{job.folds}"
        kept = work / f"{name}.npy"
        if not kept.exists():
            seen = [e for e, f in zip(examples, fold, strict=True) if f != part]
            unseen = [e.text for e, f in zip(examples, fold, strict=True) if f == part]
            checkpoint = work / f"{name}.pt"
            classifier = _fit(job, config, tokenizer, [*seen, *extra], checkpoint, console)
            np.save(kept, predict(classifier, tokenizer, unseen))
            checkpoint.unlink()
        logits[fold == part] = np.load(kept)
    return logits


def _validation(
    job: Job,
    config: TextConfig,
    examples: Sequence[LabelledLine],
    extra: Sequence[LabelledLine],
    logits: Logits,
) -> dict[str, Any]:
    labels = [example.label for example in examples]
    fold = split(labels, job.folds, job.recipe.seed)
    control = np.zeros(len(labels), np.int64)
    for part in range(job.folds):
        seen = [e for e, f in zip(examples, fold, strict=True) if f != part]
        unseen = [e.text for e, f in zip(examples, fold, strict=True) if f == part]
        control[fold == part] = NgramControl([*seen, *extra]).predict(unseen)
    answers = logits.argmax(axis=1)
    right = answers == np.asarray(labels)
    return {
        "folds": job.folds,
        "model": report(labels, answers.tolist(), job.emotions.names).to_dict(),
        "model_per_fold": [round(float(right[fold == k].mean()), 3) for k in range(job.folds)],
        "ngram_control": report(labels, control.tolist(), job.emotions.names).to_dict(),
        "temperature": config.temperature,
        "calibration_error": {
            "before": calibration_error(logits, labels, 1.0),
            "after": calibration_error(logits, labels, config.temperature),
        },
    }


def _measure(
    job: Job,
    trained: TextClassifier,
    tokenizer: Tokenizer,
    examples: Sequence[LabelledLine],
    tests: Mapping[str, Sequence[LabelledLine]],
) -> dict[str, Any]:
    """Figures of the directory as written, and how it differs from the unquantised model."""
    written = load_classifier(job.out)
    control = NgramControl(examples)
    measured = {
        name: {
            **_measure_on(lines, job.emotions, written, tokenizer),
            "ngram_control": _accuracy(lines, control.predict([line.text for line in lines])),
        }
        for name, lines in tests.items()
    }
    texts = [line.text for lines in (examples, *tests.values()) for line in lines]
    whole, stored = (predict(m, tokenizer, texts).argmax(axis=1) for m in (trained, written))
    changed = {"lines": len(texts), "answers": int((whole != stored).sum())}
    return {"tests": measured, "changed_by_storing": changed}


def _measure_on(
    lines: Sequence[LabelledLine],
    emotions: Emotions,
    classifier: TextClassifier,
    tokenizer: Tokenizer,
) -> dict[str, Any]:
    def answers(change: Callable[[str], str] = str) -> list[int]:
        logits = predict(classifier, tokenizer, [change(line.text) for line in lines])
        return [int(answer) for answer in logits.argmax(axis=1)]

    return {
        "model": report([line.label for line in lines], answers(), emotions.names).to_dict(),
        "perturbed": {
            name: _accuracy(lines, answers(change)) for name, change in PERTURBATIONS.items()
        },
    }


def _accuracy(lines: Sequence[LabelledLine], answers: Sequence[int]) -> float:
    right = [line.label == answer for line, answer in zip(lines, answers, strict=True)]
    return sum(right) / len(right)
