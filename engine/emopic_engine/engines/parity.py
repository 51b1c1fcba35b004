"""A compiled engine beside eager fp32 torch, on real inputs: labels agree, pictures look the same.

Limits: every label agrees, or the reference itself was undecided (its two best scores lie within
`MARGIN`); values reach `PSNR_DB` against the reference, with int8 weights `PSNR_DB_INT8`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from emopic_engine.backends.base import Array, Check, Compiled, Graph, Precision

if TYPE_CHECKING:
    from torch import nn

MARGIN: Final = 0.02
PSNR_DB: Final = 40.0
PSNR_DB_INT8: Final = 32.0
EXACT_DB: Final = 200.0
"""Stands for equal values, whose PSNR is infinite and has no place in JSON."""

Outputs = tuple[Array, ...]


@dataclass(frozen=True)
class Reference:
    """The inputs a graph is compared on, and what fp32 torch answers to them."""

    samples: Sequence[tuple[Array, ...]]
    outputs: Sequence[Outputs]


@dataclass(frozen=True)
class Parity:
    """How close an engine is to the reference. `figures` are plain numbers, for people and JSON.

    For labels: `agreement` 0 … 1, `flips`, `worst_flip` (the reference's margin where the label
    differs), `worst_score` (largest difference of a score). For values: for each output its
    lowest PSNR in dB over the samples, and the `limit`.
    """

    kind: str
    rows: int
    passed: bool
    figures: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {value:g}" for name, value in self.figures.items())
        return f"{parts} on {self.rows} samples"

    @property
    def brief(self) -> str:
        """In a few words, for tables."""
        if self.kind == "labels":
            return f"labels {self.figures['agreement']:.1%} of {self.rows}"
        values = {name: db for name, db in self.figures.items() if name != "limit"}
        worst = min(values, key=lambda name: values[name])
        return f"{worst} {values[worst]:.1f} dB (≥ {self.figures['limit']:g})"


def reference(graph: Graph, module: nn.Module) -> Reference:
    """What the graph's own module answers in fp32 on the CPU. The module is left as it was."""
    import torch

    samples = graph.samples()
    outputs = []
    with torch.inference_mode():
        for sample in samples:
            result = module(*(torch.from_numpy(np.ascontiguousarray(array)) for array in sample))
            parts = (result,) if isinstance(result, torch.Tensor) else tuple(result)
            outputs.append(tuple(part.numpy().copy() for part in parts))
    return Reference(samples, outputs)


def compare(
    graph: Graph, compiled: Compiled, expected: Reference, precision: Precision | str
) -> Parity:
    """Run `compiled` on the reference's samples and judge its answers.

    The first row of each is asked for once more by itself: a backend may have an engine of its own
    for single rows.
    """
    samples = [*expected.samples, *(_first(sample) for sample in expected.samples)]
    wanted = [*expected.outputs, *(_first(outputs) for outputs in expected.outputs)]
    answers = [compiled(*sample) for sample in samples]
    rows = sum(len(sample[0]) for sample in samples)
    if graph.check is not None and graph.check.labels:
        return _labels(graph.check, rows, answers, wanted)
    limit = PSNR_DB_INT8 if precision == "int8" else PSNR_DB
    return _values(graph, rows, limit, answers, wanted)


def _first(arrays: Outputs) -> Outputs:
    return tuple(array[:1] for array in arrays)


def _labels(check: Check, rows: int, have: Sequence[Outputs], want: Sequence[Outputs]) -> Parity:
    ours, theirs = (
        _softmax(np.concatenate([outputs[0] for outputs in answers]) / check.temperature)
        for answers in (have, want)
    )
    flipped = ours.argmax(1) != theirs.argmax(1)
    worst = float(_margins(theirs)[flipped].max(initial=0))
    figures = {
        "agreement": round(float(1 - flipped.mean()), 5),
        "flips": int(flipped.sum()),
        "worst_flip": round(worst, 5),
        "worst_score": round(float(np.abs(ours - theirs).max()), 5),
    }
    passed = bool(np.isfinite(ours).all() and worst < MARGIN)
    return Parity("labels", rows, passed, _finite(figures))


def _values(
    graph: Graph, rows: int, limit: float, have: Sequence[Outputs], want: Sequence[Outputs]
) -> Parity:
    figures: dict[str, float] = {}
    for place, spec in enumerate(graph.outputs):
        references = [outputs[place] for outputs in want]
        span = spec.span or float(max(a.max() for a in references)) - float(
            min(a.min() for a in references)
        )
        found = [
            _psnr(ours[place][row], outputs[place][row], span)
            for ours, outputs in zip(have, want, strict=True)
            for row in range(len(outputs[place]))
        ]
        figures[spec.name] = round(min(found), 2)
    passed = all(value >= limit for value in figures.values())
    return Parity("values", rows, passed, _finite(figures | {"limit": limit}))


def _margins(scores: Array) -> Array:
    """How far the best score of each row stands above the second; a single label is certain."""
    if scores.shape[1] < 2:
        return np.ones(len(scores))
    second, first = np.sort(scores, 1)[:, -2:].T
    return np.asarray(first - second)


def _psnr(have: Array, want: Array, span: float) -> float:
    """Peak signal to noise in dB, where `span` is the peak; 0 for what is no number."""
    error = float(np.mean((have.astype(np.float64) - want.astype(np.float64)) ** 2))
    if not np.isfinite(error):
        return 0.0
    if error == 0 or span == 0:
        return EXACT_DB if error == 0 else 0.0
    return min(EXACT_DB, 10 * float(np.log10(span**2 / error)))


def _softmax(logits: Array) -> Array:
    with np.errstate(invalid="ignore"):  # what is no number stays none, and fails
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _finite(figures: dict[str, Any]) -> dict[str, float]:
    """JSON has no NaN: what is no number becomes -1."""
    return {name: value if np.isfinite(value) else -1 for name, value in figures.items()}
