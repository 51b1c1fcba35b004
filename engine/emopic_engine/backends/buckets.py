"""Few shapes instead of many, for backends that prepare each shape: pure arithmetic over arrays.

Rows are padded to powers of two and cut at a largest batch, lengths to a few that are prepared.
Rows do not depend on each other and padding changes no answer (`TensorSpec.pad`), so what was
padded is cut off again and nothing else differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from emopic_engine.backends.base import Array, Graph

MAX_ROWS = 64
MAX_LENGTHS = 4

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Profile:
    """The shapes one engine is built for: each input's least, most common and largest."""

    length: int | None
    least: tuple[Shape, ...]
    common: tuple[Shape, ...]
    most: tuple[Shape, ...]


def rows_for(rows: int, most: int = MAX_ROWS) -> int:
    """The batch that `rows` (1 … most) are padded to: the next power of two, at most `most`."""
    return min(most, 1 << (rows - 1).bit_length())


def few_lengths(lengths: Sequence[int], most: int = MAX_LENGTHS) -> tuple[int, ...]:
    """At most `most` of ascending `lengths`: the longest, and others about evenly in ratio."""
    if len(lengths) <= most:
        return tuple(lengths)
    wanted = np.geomspace(lengths[0] * 2, lengths[-1], most)
    return tuple(sorted({min(lengths, key=lambda n: abs(n - want)) for want in wanted}))


def length_of(graph: Graph, inputs: Sequence[Array]) -> int | None:
    """The largest size of `inputs` along a varying dimension that is not the batch, or None."""
    sizes = [
        array.shape[axis]
        for spec, array in zip(graph.inputs, inputs, strict=True)
        for axis, size in enumerate(spec.shape)
        if size == -1 and axis > 0
    ]
    return max(sizes, default=None)


def chunks(inputs: Sequence[Array], most: int = MAX_ROWS) -> Iterator[tuple[Array, ...]]:
    """The inputs in batches of at most `most` rows."""
    for start in range(0, len(inputs[0]), most):
        yield tuple(array[start : start + most] for array in inputs)


def padded(
    graph: Graph, inputs: Sequence[Array], rows: int, length: int | None
) -> tuple[Array, ...]:
    """The inputs with `rows` rows, the last one repeated, and varying sizes filled to `length`.

    Raises ValueError for an input that would have to be filled and may not be.
    """
    return tuple(
        _padded(spec.name, array, _target(spec.shape, array.shape, rows, length), spec.pad)
        for spec, array in zip(graph.inputs, inputs, strict=True)
    )


def profiles(graph: Graph, most_rows: int = MAX_ROWS) -> tuple[Profile, ...]:
    """One profile a prepared length (or one in all), for 1 … `most_rows` rows.

    Raises ValueError for a graph whose sizes vary without saying what they come in.
    """
    varies = any(size == -1 for spec in graph.inputs for size in spec.shape[1:])
    if varies and not graph.lengths:
        raise ValueError(f"{graph.name} does not say what lengths its inputs come in")
    lengths: Sequence[int | None] = few_lengths(graph.lengths) if varies else (None,)
    return tuple(
        Profile(
            length, *(_shapes(graph, rows, length) for rows in (1, min(4, most_rows), most_rows))
        )
        for length in lengths
    )


def _shapes(graph: Graph, rows: int, length: int | None) -> tuple[Shape, ...]:
    blank = tuple((rows, *(1 for _ in spec.shape[1:])) for spec in graph.inputs)
    return tuple(
        _target(spec.shape, have, rows, length)
        for spec, have in zip(graph.inputs, blank, strict=True)
    )


def _target(spec: Shape, have: Shape, rows: int, length: int | None) -> Shape:
    """The batch comes first; other varying sizes become `length`, where there is one."""
    rest = (
        (length or got) if size == -1 else size
        for size, got in zip(spec[1:], have[1:], strict=True)
    )
    return (rows, *rest)


def _padded(name: str, array: Array, shape: Shape, fill: int | None) -> Array:
    if array.shape == shape:
        return np.ascontiguousarray(array)
    if array.shape[1:] != shape[1:] and fill is None:
        raise ValueError(f"{name} may not be padded from {list(array.shape)} to {list(shape)}")
    made = np.full(shape, 0 if fill is None else fill, array.dtype)
    inside = (slice(len(array)), *(slice(size) for size in array.shape[1:]))
    made[inside] = array
    made[len(array) :] = made[len(array) - 1]
    return made
