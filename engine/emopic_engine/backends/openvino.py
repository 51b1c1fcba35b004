"""The default backend: OpenVINO on the CPU.

Converting a torch module takes seconds and needs torch; the converted graph is therefore kept in
the cache folder under a key of everything that could change it, and a warm start reads it back
without importing torch at all.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as opset

from emopic_engine.backends.base import Array, Compiled, Graph, Precision, check_inputs
from emopic_engine.errors import BackendUnavailable, DeviceError, ModelError
from emopic_engine.hardware import cache_dir, cpu_name, physical_cores

_TYPES = {"float32": ov.Type.f32, "int64": ov.Type.i64}
_SMALL_MATRIX = 10_000  # values; smaller products gain nothing
_ACTIVATION_GROUP = 32  # 128 is a third faster, but turned 4 of 1,114 answers; this turned 1
_VERSION = 2  # of the conversion below; part of every cache key


class OpenVinoBackend:
    """Compiles graphs with OpenVINO.

    The default precision is `int8`: weights of matrix products in int8, activations quantised as
    they come in groups of 32; convolutions and all else in f32. `bf16` needs a processor that
    has it, and pays only with AMX.
    """

    name = "openvino"

    def __init__(self, *, precision: Precision | None = None, threads: int = 0) -> None:
        self._core = ov.Core()
        has_bf16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if precision == "bf16" and not has_bf16:
            raise BackendUnavailable(f"precision bf16 is not supported by {cpu_name()}; use f32")
        self.precision: Precision = precision or "int8"
        self.device = f"CPU ({cpu_name()})"
        self.versions = {"openvino": ov.__version__}
        self._config = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": str(threads or physical_cores()),
            "INFERENCE_PRECISION_HINT": "bf16" if self.precision == "bf16" else "f32",
        }
        if self.precision == "int8":
            self._config["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(_ACTIVATION_GROUP)

    def compile(self, graph: Graph) -> Compiled:
        """Load the converted graph from the cache, or convert it, and compile it.

        Raises `ModelError` when the module cannot be converted.
        """
        folder = cache_dir() / "openvino" / self._cache_key(graph)
        config = self._config | {"CACHE_DIR": str(folder / "compiled")}
        model = self._cached(folder) or self._convert(graph, folder)
        return _OpenVinoCompiled(graph, self._core.compile_model(model, "CPU", config))

    def _cache_key(self, graph: Graph) -> str:
        shapes = [(spec.name, spec.dtype, spec.shape) for spec in graph.inputs]
        parts = [_VERSION, graph.key, shapes, self.precision, self._config, self.versions]
        parts.append(self.device)
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
        return f"{graph.name}-{digest}"

    def _cached(self, folder: Path) -> ov.Model | None:
        path = folder / "graph.xml"
        if not path.exists():
            return None
        try:
            return self._core.read_model(path)
        except RuntimeError:  # a broken cache entry is rebuilt
            return None

    def _convert(self, graph: Graph, folder: Path) -> ov.Model:
        try:
            model = _traced(graph)
        except Exception as error:  # the frontend raises many unrelated types
            raise ModelError(f"{graph.name} cannot be converted to OpenVINO: {error}") from error
        for port, spec in zip(model.inputs, graph.inputs, strict=True):
            port.get_tensor().set_names({spec.name})
        if self.precision == "int8":
            _quantise_matrices(model)
        _save(model, folder)
        return model


class _OpenVinoCompiled:
    def __init__(self, graph: Graph, compiled: ov.CompiledModel) -> None:
        self._graph = graph
        self._request = compiled.create_infer_request()

    def __call__(self, *inputs: Array) -> tuple[Array, ...]:
        check_inputs(self._graph, inputs)
        arrays = {i: np.ascontiguousarray(array) for i, array in enumerate(inputs)}
        try:
            result = self._request.infer(arrays, share_inputs=True)
        except RuntimeError as error:
            raise DeviceError(f"{self._graph.name} failed on the CPU: {error}") from error
        return tuple(result.values())


def _traced(graph: Graph) -> ov.Model:
    """The graph as an OpenVINO model; torch is loaded only here, on a cold start."""
    import torch

    with warnings.catch_warnings():
        # The frontend traces, which torch has deprecated; its other way, torch.export, takes three
        # times as long for the same graphs.
        warnings.simplefilter("ignore")
        return ov.convert_model(
            graph.module().eval().requires_grad_(False),
            example_input=tuple(torch.from_numpy(array) for array in graph.example()),
            input=[(ov.PartialShape(list(s.shape)), _TYPES[s.dtype]) for s in graph.inputs],
        )


def _quantise_matrices(model: ov.Model) -> None:
    """Store the weights of matrix products as int8 with one scale a row, where that saves time.

    OpenVINO multiplies such weights with activations that it quantises as they come.
    """
    for product in model.get_ordered_ops():
        if product.get_type_name() != "MatMul":
            continue
        weights = _constant(product.input_value(1).get_node())
        if weights is None or weights.ndim != 2 or weights.size < _SMALL_MATRIX:
            continue
        rows = 1 if product.get_attributes()["transpose_b"] else 0
        scale = np.maximum(np.abs(weights).max(axis=rows, keepdims=True), 1e-12) / 127
        steps = opset.constant(np.rint(weights / scale).astype(np.int8))
        scaled = opset.multiply(
            opset.convert(steps, ov.Type.f32), opset.constant(scale.astype(np.float32))
        )
        product.input(1).replace_source_output(scaled.output(0))
    model.validate_nodes_and_infer_types()


def _constant(node: Any) -> NDArray[np.float32] | None:
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant":
        return None
    return np.asarray(node.get_data(), np.float32)


def _save(model: ov.Model, folder: Path) -> None:
    """Write the graph so that a reader, or a second writer, never sees half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        part = Path(temporary) / "graph.xml"
        ov.save_model(model, part, compress_to_fp16=False)
        for name in ("graph.bin", "graph.xml"):
            part.with_name(name).replace(folder / name)
