"""Fixed buffers and a recorded graph for each shape, on a device that can replay one.

A recorded CUDA graph reads and writes the addresses it was recorded with. Each shape therefore
owns its buffers for as long as its recording lives; inputs are copied in, outputs out, and a
caller never sees device memory. The device's memory pool may be shared by all recordings, since
one call at a time runs, and its outputs are copied before the next begins.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from emopic_engine.backends.base import Array, Graph, check_inputs
from emopic_engine.backends.buckets import MAX_ROWS, chunks, length_of, padded, rows_for

MAX_SHAPES: Final = 96
"""Shapes kept per graph; the one used longest ago goes first."""

Buffers = tuple[Any, ...]
Run = Callable[[Buffers], Buffers]


class Device(Protocol):
    """What a replaying backend asks of its device. Buffers are the device's own objects."""

    def buffer(self, shape: tuple[int, ...], dtype: str) -> Any:
        """A device buffer that stays where it is."""
        ...

    def upload(self, array: Array, buffer: Any) -> None:
        """Copy an array into a buffer of its shape. It may be reused when `download` is back."""
        ...

    def record(self, run: Callable[[], Buffers]) -> tuple[Callable[[], None], Buffers]:
        """Run something until it is warm, then record it: how to replay it, and its outputs."""
        ...

    def download(self, buffers: Buffers) -> tuple[Array, ...]:
        """Wait for what was asked for so far; the buffers as arrays of the caller's own."""
        ...

    def guard(self, name: str) -> Any:
        """A context that turns the device's errors into `DeviceError`s that name the graph."""
        ...


@dataclass(frozen=True)
class Slot:
    """One shape, recorded."""

    inputs: Buffers
    outputs: Buffers
    replay: Callable[[], None]


class Replayed:
    """A graph on a replaying device. Not thread-safe. `prepare(length)` gives what to record for
    inputs of that length; `lengths` are those that inputs are padded to, empty: none is.
    """

    def __init__(
        self,
        graph: Graph,
        device: Device,
        prepare: Callable[[int | None], Run],
        lengths: Sequence[int] = (),
        most_rows: int = MAX_ROWS,
    ) -> None:
        self._graph = graph
        self._device = device
        self._prepare = prepare
        self._lengths = tuple(lengths)
        self._most_rows = most_rows
        self._slots: OrderedDict[tuple[tuple[int, ...], ...], Slot] = OrderedDict()

    def __call__(self, *inputs: Array) -> tuple[Array, ...]:
        check_inputs(self._graph, inputs)
        with self._device.guard(self._graph.name):
            parts = [self._run(part) for part in chunks(inputs, self._most_rows)]
        if len(parts) == 1:
            return parts[0]
        return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))

    def _run(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        count, length = len(inputs[0]), self._bucket(length_of(self._graph, inputs))
        arrays = padded(self._graph, inputs, rows_for(count, self._most_rows), length)
        slot = self._slot(arrays, length)
        for array, buffer in zip(arrays, slot.inputs, strict=True):
            self._device.upload(array, buffer)
        slot.replay()
        answers = self._device.download(slot.outputs)
        return tuple(
            np.ascontiguousarray(answer[:count], dtype=spec.dtype)
            for answer, spec in zip(answers, self._graph.outputs, strict=True)
        )

    def _bucket(self, length: int | None) -> int | None:
        if length is None or not self._lengths:
            return None
        fitting = [known for known in self._lengths if known >= length]
        if not fitting:
            raise ValueError(
                f"{self._graph.name} takes at most {self._lengths[-1]} tokens, got {length}"
            )
        return fitting[0]

    def _slot(self, arrays: tuple[Array, ...], length: int | None) -> Slot:
        key = tuple(array.shape for array in arrays)
        slot = self._slots.pop(key, None) or self._recorded(arrays, length)
        self._slots[key] = slot
        while len(self._slots) > MAX_SHAPES:
            self._slots.popitem(last=False)
        return slot

    def _recorded(self, arrays: tuple[Array, ...], length: int | None) -> Slot:
        """Real inputs go into the buffers first: a recording warms up on them."""
        inputs = tuple(self._device.buffer(array.shape, str(array.dtype)) for array in arrays)
        for array, buffer in zip(arrays, inputs, strict=True):
            self._device.upload(array, buffer)
        run = self._prepare(length)
        replay, outputs = self._device.record(lambda: run(inputs))
        return Slot(inputs, outputs, replay)
