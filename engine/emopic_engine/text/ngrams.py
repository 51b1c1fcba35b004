"""Character n-grams beside the encoder: the wide part of a wide-and-deep model (Cheng et al. 2016).

A linear classifier over the n-grams that a line holds. It knows spellings by heart (`ㅋㅋ`, `존맛`,
`헐`), where the encoder knows meanings; their logits are added. It costs tens of microseconds.

The file `ngrams.safetensors` holds, for F n-grams and K emotions:

    hashes   uint32 [F], ascending      which n-grams are known, by `hashes_of`
    idf      float32 [F]                how rare each is
    weights  float32 [F, K] (or int8 with `weights_scale` float32 [K])
    bias     float32 [K]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from emopic_engine.errors import ModelError

NGRAMS_FILE: Final = "ngrams.safetensors"
LONGEST: Final = 4

_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)


def hashes_of(text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The 1- to 4-grams of a normalised line: their hashes, ascending, and how often each occurs.

    Letters are lower-cased, and the line starts and ends with a space. The hash is a 64-bit
    polynomial over the code points, mixed and cut to 32 bits.
    """
    points = np.frombuffer(f" {text.lower()} ".encode("utf-32-le"), np.uint32).astype(np.uint64)
    grams = points + np.uint64(1)
    found = [grams]
    for size in range(2, min(LONGEST, len(points)) + 1):
        grams = grams[:-1] * _PRIME + points[size - 1 :] + np.uint64(1)
        found.append(grams)
    mixed = np.concatenate(found)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * _MIX
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32), return_counts=True)


@dataclass(frozen=True, eq=False)
class Ngrams:
    """Logits from n-grams; see the module for the arrays."""

    hashes: NDArray[np.uint32]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def features(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The known n-grams of a normalised line: rows int64 [n], ascending, values float32 [n].

        A value is (1 + log of how often) times idf, and the line's values have length 1.
        """
        hashes, counts = hashes_of(text)
        rows = np.searchsorted(self.hashes, hashes)
        rows[rows == len(self.hashes)] = 0
        known = self.hashes[rows] == hashes
        rows = rows[known]
        values = (1 + np.log(counts[known])) * self.idf[rows]
        length = np.sqrt((values**2).sum())
        return rows, (values / max(length, 1e-12)).astype(np.float32)

    def __call__(self, text: str) -> NDArray[np.float32]:
        """Logits float32 [K] of a normalised line."""
        rows, values = self.features(text)
        return np.asarray(values @ self.weights[rows] + self.bias, np.float32)

    def scaled(self, factor: float) -> Ngrams:
        """The same with all logits times `factor`."""
        share = np.float32(factor)
        return Ngrams(self.hashes, self.idf, self.weights * share, self.bias * share)

    def save(self, path: Path) -> None:
        """Write the file, weights as int8 with a scale an emotion."""
        scale = np.maximum(np.abs(self.weights).max(axis=0), 1e-12) / 127
        stored = {
            "hashes": self.hashes,
            "idf": self.idf,
            "weights": np.rint(self.weights / scale).astype(np.int8),
            "weights_scale": scale.astype(np.float32),
            "bias": self.bias,
        }
        save_file({name: np.ascontiguousarray(array) for name, array in stored.items()}, path)
        path.chmod(0o644)  # safetensors leaves it to its owner alone


def load_ngrams(path: Path, classes: int) -> Ngrams:
    """Read the file. Raises `ModelError` if it cannot be read or does not fit `classes`."""
    try:
        stored = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as safetensors: {error}") from error
    try:
        weights = stored["weights"].astype(np.float32) * stored.get("weights_scale", np.float32(1))
        ngrams = Ngrams(stored["hashes"], stored["idf"], weights, stored["bias"])
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path} is not a file of n-grams: {error}") from error
    _check(path, ngrams, classes, stored)
    return ngrams


def _check(path: Path, ngrams: Ngrams, classes: int, stored: Mapping[str, Any]) -> None:
    count = len(ngrams.hashes)
    shapes = (ngrams.idf.shape, ngrams.weights.shape, ngrams.bias.shape)
    if not count or shapes != ((count,), (count, classes), (classes,)):
        sizes = {name: list(array.shape) for name, array in stored.items()}
        raise ModelError(f"{path} does not fit a model of {classes} emotions: {sizes}")
    if ngrams.hashes.dtype != np.uint32 or (np.diff(ngrams.hashes.astype(np.int64)) <= 0).any():
        raise ModelError(f"{path}: hashes must be uint32 and ascending")
