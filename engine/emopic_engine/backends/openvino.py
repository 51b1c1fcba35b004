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

from emopic_engine.backends.base import Array, Compiled, Graph, Precision, check_inputs
from emopic_engine.errors import BackendUnavailable, DeviceError, ModelError
from emopic_engine.hardware import cache_dir, cpu_name, physical_cores


class OpenVinoBackend:
    """Compiles graphs with OpenVINO. The default precision is `bf16` where the CPU has it."""

    name = "openvino"

    def __init__(self, *, precision: Precision | None = None, threads: int = 0) -> None:
        self._core = ov.Core()
        has_bf16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if precision == "bf16" and not has_bf16:
            raise BackendUnavailable(f"precision bf16 is not supported by {cpu_name()}; use f32")
        self.precision: Precision = precision or ("bf16" if has_bf16 else "f32")
        self.device = f"CPU ({cpu_name()})"
        self.versions = {"openvino": ov.__version__}
        self._config = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": str(threads or physical_cores()),
            "INFERENCE_PRECISION_HINT": self.precision,
        }

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
        parts = [graph.key, shapes, self._config, self.versions, self.device]
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
            with warnings.catch_warnings():
                # The frontend calls parts of torch that torch has deprecated; not ours to mend.
                warnings.simplefilter("ignore", DeprecationWarning)
                warnings.simplefilter("ignore", FutureWarning)
                model = ov.convert_model(_exported(graph))
        except Exception as error:  # the frontend raises many unrelated types
            raise ModelError(f"{graph.name} cannot be converted to OpenVINO: {error}") from error
        for port, spec in zip(model.inputs, graph.inputs, strict=True):
            port.get_tensor().set_names({spec.name})
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


def _exported(graph: Graph) -> Any:
    """The graph as an exported torch program; torch is loaded only here, on a cold start."""
    import torch
    from torch.export import Dim

    sizes = tuple(
        {axis: Dim.AUTO for axis, size in enumerate(spec.shape) if size == -1}
        for spec in graph.inputs
    )
    example = tuple(torch.from_numpy(array) for array in graph.example())
    module = graph.module().eval().requires_grad_(False)
    return torch.export.export(module, example, dynamic_shapes=sizes)


def _save(model: ov.Model, folder: Path) -> None:
    """Write the graph so that a reader, or a second writer, never sees half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        part = Path(temporary) / "graph.xml"
        ov.save_model(model, part, compress_to_fp16=False)
        for name in ("graph.bin", "graph.xml"):
            part.with_name(name).replace(folder / name)
