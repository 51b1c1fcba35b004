"""Fit n-grams for a trained model, and find how far to trust each of the two.

The n-grams learn from the lines the encoder was trained on, as they are and without spaces. On
held-out lines that neither has seen, two numbers are fitted by their likelihood: the temperature of
the encoder and the weight of the n-grams.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfile
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emopic_engine.errors import InputError
from emopic_engine.text.classifier import load_classifier
from emopic_engine.text.config import CONFIG_FILE, WEIGHTS_FILE, read_config
from emopic_engine.text.evaluate import Logits, negative_log_likelihood
from emopic_engine.text.model import load_tokenizer
from emopic_engine.text.ngrams import NGRAMS_FILE, Ngrams, hashes_of
from emopic_engine.text.normalize import normalize
from emopic_engine.text.perturb import no_spaces
from emopic_engine.text.tokenizer import TOKENIZER_FILE, find_tokenizer
from emopic_engine.train.text_batches import predict
from emopic_engine.train.text_lines import Labelled

REGULARISATION: Final = 10.0
"""`C` of the logistic regression, as in the control."""

_MIN_LINES: Final = 2  # an n-gram of one line alone tells nothing


@dataclass(frozen=True)
class Blend:
    """How the two parts are joined, and the negative log-likelihood on the held-out lines.

    Logits are (encoder + `weight` · n-grams) / `temperature`. Losses, in nats a line: of the
    encoder alone, of the n-grams alone, each at its best temperature, and of both.
    """

    weight: float
    temperature: float
    encoder_loss: float
    ngrams_loss: float
    loss: float


def fit_ngrams(lines: Sequence[Labelled], classes: int) -> Ngrams:
    """Tf-idf of character 1- to 4-grams, then multinomial logistic regression; deterministic."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    labels = [line.label for line in lines]
    if len(set(labels)) < 2:
        raise InputError(f"n-grams need lines of at least 2 emotions, got {len(set(labels))}")
    texts = [normalize(line.text) for line in lines]
    blank = _known(texts, classes)
    texts += [no_spaces(text) for text in texts]
    rows = [blank.features(text) for text in texts]
    ends = np.cumsum([0, *(len(found) for found, _ in rows)])
    values = np.concatenate([found for _, found in rows])
    places = np.concatenate([found for found, _ in rows])
    table = csr_matrix((values, places, ends), shape=(len(texts), len(blank.hashes)))
    regression: Any = LogisticRegression(C=REGULARISATION, max_iter=2000)
    regression.fit(table, labels * 2)
    return _filled(blank, regression, classes)


def _known(texts: Sequence[str], classes: int) -> Ngrams:
    """The n-grams of two or more lines with their idf, and no weights yet."""
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update({*hashes_of(text)[0].tolist(), *hashes_of(no_spaces(text))[0].tolist()})
    kept = sorted(key for key, count in counts.items() if count >= _MIN_LINES)
    if not kept:
        raise InputError(f"{len(texts)} lines share no n-gram: give more lines")
    frequency = np.array([counts[key] for key in kept])
    idf = np.log((1 + len(texts)) / (1 + frequency)) + 1
    empty = np.zeros((len(kept), classes), np.float32)
    return Ngrams(np.array(kept, np.uint32), idf.astype(np.float32), empty, empty[0])


def _filled(blank: Ngrams, regression: Any, classes: int) -> Ngrams:
    """With the regression's weights; a label it has not seen is made unlikely."""
    weights = np.zeros((len(blank.hashes), classes), np.float32)
    bias = np.full(classes, -10, np.float32)
    seen = [int(label) for label in regression.classes_]
    rows, offsets = regression.coef_, regression.intercept_
    if len(seen) == 2:  # one row then, for the second label against the first
        rows, offsets = np.vstack([-rows, rows]) / 2, np.concatenate([-offsets, offsets]) / 2
    weights[:, seen] = rows.T
    bias[seen] = offsets
    return replace(blank, weights=weights, bias=bias)


def unseen_logits(
    lines: Sequence[Labelled], more: Sequence[str], classes: int, folds: int = 5
) -> tuple[Logits, Logits]:
    """What n-grams say of lines they have not learned from, as teachers: float32 [n, K] each.

    Every labelled line is answered by n-grams of the other folds, `more` by those of all lines.
    """
    answers = np.zeros((len(lines), classes), np.float32)
    for fold in range(folds):
        fitted = fit_ngrams([line for i, line in enumerate(lines) if i % folds != fold], classes)
        answers[fold::folds] = _ask(fitted, [line.text for line in lines[fold::folds]])
    return answers, _ask(fit_ngrams(lines, classes), more)


def _ask(ngrams: Ngrams, texts: Sequence[str]) -> Logits:
    rows = [ngrams(normalize(text)) for text in texts]
    return np.stack(rows) if rows else np.zeros((0, len(ngrams.bias)), np.float32)


def find_blend(encoder: Logits, ngrams: Logits, labels: Sequence[int]) -> Blend:
    """The blend that makes the labels likeliest. Both arrays are logits float32 [n, K]."""
    from scipy.optimize import minimize

    def loss(shares: NDArray[np.float64]) -> float:
        sharp, wide = np.exp(shares)
        return negative_log_likelihood((sharp * encoder + wide * ngrams), labels, 1.0)

    found: Any = minimize(loss, np.zeros(2), method="Nelder-Mead")
    sharp, wide = np.exp(found.x)
    return Blend(
        weight=float(wide / sharp),
        temperature=float(1 / sharp),
        encoder_loss=_best_loss(encoder, labels),
        ngrams_loss=_best_loss(ngrams, labels),
        loss=float(found.fun),
    )


def _best_loss(logits: Logits, labels: Sequence[int]) -> float:
    temperatures = np.exp(np.linspace(-3, 3, 121))
    return min(negative_log_likelihood(logits, labels, float(t)) for t in temperatures)


def add_ngrams(
    model: Path, out: Path, lines: Sequence[Labelled], held: Sequence[Labelled]
) -> Blend:
    """Write `model` with n-grams beside it to `out` (which may be the same folder).

    Raises `ModelError` for an unusable model and `InputError` for lines that cannot be fitted.
    """
    config = read_config(model)
    ngrams = fit_ngrams(lines, len(config.emotions))
    texts = [line.text for line in held]
    tokenizer = load_tokenizer(model, config.vocab_size)
    encoder = predict(load_classifier(model, config), tokenizer, texts)
    wide = _ask(ngrams, texts)
    blend = find_blend(encoder, wide, [line.label for line in held])
    out.mkdir(parents=True, exist_ok=True)
    if out.resolve() != model.resolve():
        copyfile(model / WEIGHTS_FILE, out / WEIGHTS_FILE)
        copyfile(find_tokenizer(model), out / TOKENIZER_FILE)
    ngrams.scaled(blend.weight).save(out / NGRAMS_FILE)
    calibrated = replace(config, temperature=round(blend.temperature, 4), ngrams=True)
    (out / CONFIG_FILE).write_text(calibrated.to_json(), encoding="utf-8")
    return blend
