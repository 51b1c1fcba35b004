"""The reference backend: eager PyTorch on the CPU."""

from __future__ import annotations

import numpy as np
import torch

from emopic_engine.backends.base import Array, Compiled, Graph, Precision, check_inputs
from emopic_engine.errors import BackendUnavailable
from emopic_engine.hardware import cpu_name, physical_cores


class TorchBackend:
    """Runs graphs as they are. `bf16` means autocast; the default is `f32`."""

    name = "torch"

    def __init__(self, *, precision: Precision | None = None, threads: int = 0) -> None:
        if precision == "int8":
            raise BackendUnavailable("backend torch has no precision int8; use f32 or bf16")
        self.precision: Precision = precision or "f32"
        self.device = f"CPU ({cpu_name()})"
        self.versions = {"torch": torch.__version__}
        torch.set_num_threads(threads or physical_cores())

    def compile(self, graph: Graph) -> Compiled:
        """Build the module and wrap it. Nothing is cached."""
        return _TorchCompiled(graph, self.precision)


class _TorchCompiled:
    def __init__(self, graph: Graph, precision: Precision) -> None:
        self._graph = graph
        self._module = graph.module().eval()
        self._autocast = precision == "bf16"

    @torch.inference_mode()
    def __call__(self, *inputs: Array) -> tuple[Array, ...]:
        check_inputs(self._graph, inputs)
        tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in inputs]
        with torch.autocast("cpu", torch.bfloat16, enabled=self._autocast):
            result = self._module(*tensors)
        outputs = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        return tuple(
            output.float().numpy().astype(spec.dtype, copy=False)
            for output, spec in zip(outputs, self._graph.outputs, strict=True)
        )
