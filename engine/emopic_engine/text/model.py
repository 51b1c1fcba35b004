"""Lines in, scores out: the text model as the engine uses it.

Importing this module, and loading a model whose compiled form a backend has cached, imports
neither torch nor transformers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emopic_engine.backends.base import Backend, Check, Graph, TensorSpec
from emopic_engine.emotions import Emotions
from emopic_engine.errors import DeviceError, LineError, ModelError
from emopic_engine.text.check import check_samples, padded
from emopic_engine.text.config import CONFIG_FILE, WEIGHTS_FILE, TextConfig, read_config
from emopic_engine.text.ngrams import NGRAMS_FILE, load_ngrams
from emopic_engine.text.normalize import normalize
from emopic_engine.text.tokenizer import Tokenizer, find_tokenizer
from emopic_engine.text.weights import embedding_rows

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LineError", "Scores", "TextModel", "graph", "load_tokenizer"]

GRAPH_VERSION: Final = 1
"""Part of the graph's key: raise it when the forward pass in `classifier.py` changes."""

LENGTHS: Final = (*range(8, 48, 4), 48, 56, 64)
"""Batches are padded to these lengths (and the model's maximum), so that few shapes occur."""

MAX_BATCH: Final = 16


@dataclass(frozen=True, eq=False)
class Scores:
    """What one line says.

    `values` float32 [K] in [0, 1], sum 1, calibrated, owned by the caller; `top` the index of the
    largest; `intensity` in [0, 1], how far from neutral the line is: 1 − p(neutral), or where the
    model has no neutral, how far the largest value stands above chance; `tokens` how many tokens
    were read, `[CLS]` and `[SEP]` included.
    """

    values: NDArray[np.float32]
    top: int
    intensity: float
    tokens: int


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A line on its way: its place in the batch, its normal form, its tokens."""

    place: int
    text: str
    ids: list[int]


class TextModel:
    """A text model on a backend. Not thread-safe: one call at a time."""

    def __init__(self, model_dir: Path, backend: Backend) -> None:
        """Load and compile. Raises `ModelError` if the directory's parts do not fit together."""
        self.config: Final[TextConfig] = read_config(model_dir)
        self.tokenizer: Final = load_tokenizer(model_dir, self.config.vocab_size)
        self._ngrams = (
            load_ngrams(model_dir / NGRAMS_FILE, len(self.emotions)) if self.config.ngrams else None
        )
        self._compiled = backend.compile(graph(model_dir))

    @property
    def emotions(self) -> Emotions:
        """The label set; index `i` is place `i` of every `Scores.values`."""
        return self.config.emotions

    @property
    def lengths(self) -> tuple[int, ...]:
        """The padded lengths that batches come in, ascending."""
        return _lengths(self.config)

    def warm_up(self) -> None:
        """Run every padded length once at batch 1, so that the first real line is not slower."""
        for length in self.lengths:
            self._run([[self.tokenizer.cls, self.tokenizer.sep]], length)

    def classify(self, lines: Sequence[str]) -> list[Scores | LineError]:
        """The scores of each line, or the reason why it has none, in the order of `lines`.

        A line too long for the model is read up to its maximum. Raises `DeviceError` if the
        backend returns something that is not a number.
        """
        results: list[Scores | LineError | None] = [None] * len(lines)
        queued: dict[int, list[_Encoded]] = {}
        for place, line in enumerate(lines):
            encoded = self._encode(place, line)
            if isinstance(encoded, LineError):
                results[place] = encoded
            else:
                queued.setdefault(self._padded(len(encoded.ids)), []).append(encoded)
        for length, items in sorted(queued.items()):
            for chunk in _chunks(items, MAX_BATCH):
                logits = self._run([item.ids for item in chunk], length)
                for item, row in zip(chunk, logits, strict=True):
                    results[item.place] = self._scores(item, row)
        return [result for result in results if result is not None]

    def _encode(self, place: int, line: str) -> _Encoded | LineError:
        text = normalize(line)
        ids = self.tokenizer.encode(text, self.config.max_tokens) if text else []
        if len(ids) <= 2:
            return LineError("the line is empty: send at least one visible character")
        return _Encoded(place, text, ids)

    def _padded(self, tokens: int) -> int:
        return padded(tokens, self.lengths)

    def _run(self, batch: Sequence[Sequence[int]], length: int) -> NDArray[np.float32]:
        """Logits float32 [len(batch), K]; the batch is padded to a power of two for few shapes."""
        rows = 1 << (len(batch) - 1).bit_length()
        (logits,) = self._compiled(*self.tokenizer.pad_batch(batch, length, rows))
        if not np.isfinite(logits).all():
            raise DeviceError("the text model returned values that are not finite")
        return np.asarray(logits[: len(batch)], np.float32)

    def _scores(self, item: _Encoded, logits: NDArray[np.float32]) -> Scores:
        if self._ngrams is not None:
            logits = logits + self._ngrams(item.text)
        values = softmax(logits / np.float32(self.config.temperature))
        top = int(values.argmax())
        return Scores(values, top, _intensity(values, self.emotions.neutral), len(item.ids))


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax over the last axis, float32."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def graph(model_dir: Path) -> Graph:
    """The directory's forward pass for a backend: ids and mask → logits float32 [batch, K]."""
    config = read_config(model_dir)
    return Graph(
        name="text",
        key=_key(model_dir),
        inputs=(
            TensorSpec("input_ids", "int64", (-1, -1), pad=config.bert["pad_token_id"]),
            TensorSpec("attention_mask", "int64", (-1, -1), pad=0),
        ),
        outputs=(TensorSpec("logits", "float32", (-1, len(config.emotions))),),
        module=partial(_module, model_dir),
        example=partial(_example, config),
        lengths=_lengths(config),
        check=Check(partial(_samples, model_dir, config), True, config.temperature),
    )


def _lengths(config: TextConfig) -> tuple[int, ...]:
    return (*(length for length in LENGTHS if length < config.max_tokens), config.max_tokens)


def _samples(model_dir: Path, config: TextConfig) -> list[tuple[NDArray[Any], ...]]:
    tokenizer = load_tokenizer(model_dir, config.vocab_size)
    return [*check_samples(tokenizer, _lengths(config))]


def _module(model_dir: Path) -> nn.Module:
    from emopic_engine.text.classifier import load_classifier

    return load_classifier(model_dir)


def _example(config: TextConfig) -> tuple[NDArray[Any], ...]:
    ids = np.arange(16, dtype=np.int64).reshape(2, 8) % config.vocab_size
    mask = np.ones_like(ids)
    mask[1, 5:] = 0
    return ids, mask


def _key(model_dir: Path) -> str:
    digest = hashlib.sha256(f"text graph {GRAPH_VERSION}".encode())
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        path = model_dir / name
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error}") from error
    return digest.hexdigest()


def load_tokenizer(model_dir: Path, vocab_size: int) -> Tokenizer:
    """The directory's tokenizer. Raises `ModelError` unless it has as many pieces as the
    configuration says (`vocab_size`) and as the embedding has rows.
    """
    tokenizer = Tokenizer(find_tokenizer(model_dir))
    rows = embedding_rows(model_dir / WEIGHTS_FILE)
    if not tokenizer.size == vocab_size == rows:
        raise ModelError(
            f"{model_dir}: the tokenizer has {tokenizer.size} pieces, config.json says "
            f"{vocab_size} and the embedding has {rows} rows; they must be the same"
        )
    return tokenizer


def _intensity(values: NDArray[np.float32], neutral: int | None) -> float:
    if neutral is not None:
        return float(1 - values[neutral])
    chance = 1 / len(values)
    return float((values.max() - chance) / (1 - chance)) if len(values) > 1 else 1.0


def _chunks(items: Sequence[_Encoded], size: int) -> Iterator[Sequence[_Encoded]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
