"""What a backend is: something that turns a torch module into a function over numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Array = NDArray[Any]
Precision = Literal["f32", "bf16", "f16", "int8"]
Watch = Callable[[str, str], None]
"""Told (graph, stage) while an engine is built."""


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a graph. `shape` uses -1 where the size may vary between calls.

    The first -1 is the batch: rows do not depend on each other. `pad` is what an input may be
    filled up with along its other varying sizes without changing any answer; None: with nothing.
    `span` is how far an output's values can lie apart, None: as far as the reference's do.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    pad: int | None = None
    span: float | None = None


@dataclass(frozen=True)
class Check:
    """Real inputs to compare a compiled graph with the reference on, and what counts.

    `labels`: the first output holds logits, to be divided by `temperature`, and the label they
    choose counts. Otherwise the values count.
    """

    samples: Callable[[], Sequence[tuple[Array, ...]]]
    labels: bool = False
    temperature: float = 1.0


@dataclass(frozen=True)
class Graph:
    """A model's forward pass, ready to be compiled.

    `key` identifies weights and architecture (a hash), so that a compiled form can be cached;
    `module` is called only when no cached form exists, so that a warm start never builds it.
    `example` gives one valid array per input, for export; its varying sizes must be 2 or more,
    since exporters treat 0 and 1 as constants. `lengths` are the sizes that varying dimensions
    other than the batch come in, ascending. Without a `check`, the example stands for one.
    `int8_convolutions`: at precision `int8` they are computed in int8, too, which is worth it for
    what runs once a frame; the check's samples show how far values reach.
    """

    name: str
    key: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    module: Callable[[], torch.nn.Module]
    example: Callable[[], tuple[Array, ...]]
    lengths: tuple[int, ...] = ()
    check: Check | None = None
    int8_convolutions: bool = False

    def samples(self) -> Sequence[tuple[Array, ...]]:
        """Inputs as the graph will get them."""
        return self.check.samples() if self.check else [self.example()]


class Compiled(Protocol):
    """A compiled graph. Not thread-safe: one call at a time. Outputs are owned by the caller."""

    def __call__(self, *inputs: Array) -> tuple[Array, ...]: ...


class Backend(Protocol):
    """Compiles graphs for one device.

    `name` is the table's name, `device` and `precision` say what really runs, `versions` maps
    library names to versions, `reason` says why it was chosen. `watch` is told what is built.
    """

    name: str
    device: str
    precision: Precision
    versions: dict[str, str]
    reason: str
    watch: Watch | None

    def compile(self, graph: Graph) -> Compiled:
        """Compile `graph`. Raises `BackendUnavailable`, `ModelError`, or `ParityError` where the
        compiled form does not answer as the reference does."""
        ...


def check_inputs(graph: Graph, inputs: Sequence[Array]) -> None:
    """Refuse arrays that do not fit the graph's input specs (count, dtype, rank, fixed sizes)."""
    if len(inputs) != len(graph.inputs):
        raise ValueError(f"{graph.name} takes {len(graph.inputs)} inputs, got {len(inputs)}")
    for spec, array in zip(graph.inputs, inputs, strict=True):
        fits = array.ndim == len(spec.shape) and all(
            want in (-1, have) for want, have in zip(spec.shape, array.shape, strict=True)
        )
        if not fits or array.dtype != np.dtype(spec.dtype):
            raise ValueError(
                f"{graph.name}.{spec.name} must be {spec.dtype}{list(spec.shape)}, "
                f"got {array.dtype}{list(array.shape)}"
            )
