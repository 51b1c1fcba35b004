"""The default backend: OpenVINO on the CPU.

Converting a torch module takes seconds and needs torch; the compiled form is therefore kept as an
engine file, and a warm start reads it back without importing torch at all.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import openvino as ov

from emopic_engine.backends.base import Array, Compiled, Graph, Precision, Watch, check_inputs
from emopic_engine.backends.buckets import length_of
from emopic_engine.backends.openvino_int8 import (
    products_saturate,
    quantise_convolutions,
    quantise_products,
)
from emopic_engine.backends.openvino_norms import rewrite_group_norms
from emopic_engine.engines.building import obtain
from emopic_engine.engines.store import Files
from emopic_engine.errors import BackendUnavailable, DeviceError, ModelError
from emopic_engine.hardware import cpu_name, physical_cores

if TYPE_CHECKING:
    from torch import nn

FILE: Final = "engine.blob"
ROW_FILE: Final = "row-{}.blob"
"""The engine of one row of that length; 0 where rows have but one size."""

_TYPES = {"float32": ov.Type.f32, "int64": ov.Type.i64}
_ACTIVATION_GROUP = 64  # answers move by .0003 in the mean; 32 moves them by .00026, a tenth slower
_STREAMS = 2  # rows side by side; servers render two frames at once
_ROW_LENGTH = 32  # longer rows are rare, and gain little
_ROW_BYTES = 256 << 20  # a large network gains nothing, and would be in memory many times
# OpenVINO 2026.4 ends the process, with no message, while it compiles the face decoder in f32 with
# shapes that are all fixed: its fused subgraphs (snippets) do. Nothing can be caught there, so
# fixed shapes are compiled without them, a tenth slower than where they work.
_FIXED: Final = {"SNIPPETS_MODE": "DISABLE"}
_SATURATES: Final = "INT8_SATURATES"  # in the capability, so that no other processor's engine runs
_VERSION = 8  # of the conversion below; part of every engine's key


class OpenVinoBackend:
    """Compiles graphs with OpenVINO.

    The default precision is `int8`: weights of matrix products and tables in int8, activations
    quantised as they come in groups of 64; where the graph says so, convolutions in int8; all else
    in f32. `bf16` needs a processor that has it, and pays only with AMX.

    Rows of one size, such as pictures, go through an engine of just that shape: a single one on all
    threads, several side by side with a share of the threads each. On two cores two rows then take
    three quarters of the time that they take one after the other, and less than a batch. Where
    lengths vary, the engine takes any batch, and beside it are engines of a single row of each
    short length: a fifth to a third faster, and most calls are such.
    """

    name = "openvino"

    def __init__(self, *, precision: Precision | None = None, threads: int = 0) -> None:
        self._core = ov.Core()
        can = sorted(self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
        if precision == "f16":
            raise BackendUnavailable("backend openvino has no precision f16; use f32, bf16 or int8")
        if precision == "bf16" and "BF16" not in can:
            raise BackendUnavailable(f"precision bf16 is not supported by {cpu_name()}; use f32")
        self.precision: Precision = precision or "int8"
        self.device = f"CPU ({cpu_name()})"
        self.capability = " ".join(can)
        self.versions = {"openvino": ov.__version__}
        self.reason = ""
        self.watch: Watch | None = None
        self._config = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": str(threads or physical_cores()),
            "INFERENCE_PRECISION_HINT": "bf16" if self.precision == "bf16" else "f32",
        }
        self._saturating = self.precision == "int8" and products_saturate(self._core)
        if self._saturating:
            self.capability += f" {_SATURATES}"
        if self.precision == "int8":
            self._config["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(_ACTIVATION_GROUP)
        self.options: dict[str, Any] = {"conversion": _VERSION, **self._config}

    def compile(self, graph: Graph) -> Compiled:
        """The graph's engine, built if there is none. Raises `ModelError` or `ParityError`."""
        return obtain(self, graph)

    def build(self, graph: Graph, module: nn.Module) -> Files:
        """Convert and compile. Raises `ModelError` when the module cannot be converted."""
        _check_batch(graph)
        try:
            model = _traced(graph, module)
        except Exception as error:  # the frontend raises many unrelated types
            raise ModelError(f"{graph.name} cannot be converted to OpenVINO: {error}") from error
        for port, spec in zip(model.inputs, graph.inputs, strict=True):
            port.get_tensor().set_names({spec.name})
        if self.precision == "int8":
            quantise_products(model)
        if self.precision == "int8" and graph.int8_convolutions:
            samples = graph.samples()
            quantise_convolutions(model, self._core, samples, saturating=self._saturating)
        if self.precision != "bf16":
            rewrite_group_norms(model)
        if not _lengths_vary(graph):
            return self._row_engines(model, (0,))
        files = {FILE: self._engine(model, self._config)}
        rows = [length for length in graph.lengths if length <= _ROW_LENGTH]
        if len(rows) * len(files[FILE]) <= _ROW_BYTES:
            files |= self._row_engines(model, rows)
        return files

    def _row_engines(self, model: ov.Model, lengths: Iterable[int]) -> dict[str, bytes]:
        config = self._config | _FIXED
        return {ROW_FILE.format(n): self._engine(_one_row(model, n), config) for n in lengths}

    def _engine(self, model: ov.Model, config: Mapping[str, str]) -> bytes:
        blob: bytes = self._core.compile_model(model, "CPU", config).export_model().getvalue()
        return blob

    def load(self, graph: Graph, files: Files) -> Compiled:
        """An engine file as a function. Raises `ModelError` for one that OpenVINO refuses."""
        fixed = self._config | _FIXED
        try:
            if not _lengths_vary(graph):
                return _Rows(graph, self._rows_of(files[ROW_FILE.format(0)], fixed))
            any_size = self._request(files[FILE], self._config)
            names = {length: ROW_FILE.format(length) for length in graph.lengths}
            rows = {n: self._request(files[f], fixed) for n, f in names.items() if f in files}
        except (KeyError, RuntimeError) as error:
            raise ModelError(f"OpenVINO does not take the engine of {graph.name}") from error
        return _AnyLength(graph, any_size, rows)

    def _request(self, blob: bytes, config: Mapping[str, str]) -> ov.InferRequest:
        return self._core.import_model(blob, "CPU", config).create_infer_request()

    def _rows_of(self, blob: bytes, config: Mapping[str, str]) -> _RowRequests:
        """Requests for single rows: one on all threads, and as many as can run side by side."""
        threads = int(config["INFERENCE_NUM_THREADS"])
        streams = {**config, "NUM_STREAMS": str(min(_STREAMS, threads))}

        def side_by_side() -> list[ov.InferRequest]:
            model = self._core.import_model(blob, "CPU", streams)
            return [model.create_infer_request() for _ in range(min(_STREAMS, threads))]

        return _RowRequests(self._request(blob, config), side_by_side)


class _RowRequests:
    """`alone` has all threads; `together` share them, and are made when they are first wanted."""

    def __init__(
        self, alone: ov.InferRequest, together: Callable[[], list[ov.InferRequest]]
    ) -> None:
        self.alone = alone
        self._make = together

    @cached_property
    def together(self) -> list[ov.InferRequest]:
        return self._make()


class _Rows:
    """Rows of one size, each by itself: several side by side, a single one on all threads."""

    def __init__(self, graph: Graph, requests: _RowRequests) -> None:
        self._graph = graph
        self._requests = requests

    def __call__(self, *inputs: Array) -> tuple[Array, ...]:
        check_inputs(self._graph, inputs)
        count = len(inputs[0])
        if count == 1:
            return _answers(self._graph, self._requests.alone, inputs)
        together = self._requests.together
        rows: list[tuple[Array, ...]] = []
        for start in range(0, count, len(together)):
            chosen = range(start, min(start + len(together), count))
            rows += self._several([[array[i : i + 1] for array in inputs] for i in chosen])
        return tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))

    def _several(self, rows: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
        """As many rows as there are requests, or fewer."""
        if len(rows) == 1:
            return [_answers(self._graph, self._requests.alone, rows[0])]
        requests = self._requests.together[: len(rows)]
        try:
            for request, row in zip(requests, rows, strict=True):
                request.start_async(_contiguous(row), share_inputs=True)
            for request in requests:
                request.wait()
        except RuntimeError as error:
            raise _failed(self._graph, error) from error
        return [tuple(request.results.values()) for request in requests]


class _AnyLength:
    """`any_size` takes every batch; `rows` maps a length to what takes one row of it."""

    def __init__(
        self, graph: Graph, any_size: ov.InferRequest, rows: Mapping[int, ov.InferRequest]
    ) -> None:
        self._graph = graph
        self._any_size = any_size
        self._rows = rows

    def __call__(self, *inputs: Array) -> tuple[Array, ...]:
        check_inputs(self._graph, inputs)
        request = self._any_size
        if self._rows and len(inputs[0]) == 1:
            request = self._rows.get(length_of(self._graph, inputs) or 0, request)
        return _answers(self._graph, request, inputs)


def _answers(graph: Graph, request: ov.InferRequest, inputs: Sequence[Array]) -> tuple[Array, ...]:
    try:
        result = request.infer(_contiguous(inputs), share_inputs=True)
    except RuntimeError as error:
        raise _failed(graph, error) from error
    return tuple(result.values())


def _contiguous(inputs: Sequence[Array]) -> dict[int, Array]:
    return {i: np.ascontiguousarray(array) for i, array in enumerate(inputs)}


def _failed(graph: Graph, error: RuntimeError) -> DeviceError:
    return DeviceError(f"{graph.name} failed on the CPU: {error}")


def _check_batch(graph: Graph) -> None:
    """Every graph must take any batch: the engines of one row are made here, as `_FIXED` says."""
    fixed = [spec.name for spec in graph.inputs if not spec.shape or spec.shape[0] != -1]
    if fixed:
        raise ModelError(
            f"{graph.name}: the batch of {', '.join(fixed)} is fixed; give it the size -1, "
            "since OpenVINO can crash on fixed ones"
        )


def _lengths_vary(graph: Graph) -> bool:
    """Whether anything but the batch does."""
    return any(size == -1 for spec in graph.inputs for size in spec.shape[1:])


def _traced(graph: Graph, module: nn.Module) -> ov.Model:
    """The graph as an OpenVINO model; torch is loaded only here, on a cold start."""
    import torch

    with warnings.catch_warnings():
        # The frontend traces, which torch has deprecated; its other way, torch.export, takes three
        # times as long for the same graphs.
        warnings.simplefilter("ignore")
        return ov.convert_model(
            module,
            example_input=tuple(torch.from_numpy(array) for array in graph.example()),
            input=[(ov.PartialShape(list(s.shape)), _TYPES[s.dtype]) for s in graph.inputs],
        )


def _one_row(model: ov.Model, length: int) -> ov.Model:
    """The same model for a batch of one, every other varying size being `length`."""
    row = model.clone()
    row.reshape(
        {
            port: [
                1,
                *(length if size.is_dynamic else size for size in list(port.partial_shape)[1:]),
            ]
            for port in row.inputs
        }
    )
    return row
