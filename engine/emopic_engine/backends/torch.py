"""The reference backend: eager PyTorch on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from emopic_engine.backends.base import (
    Array,
    Compiled,
    Graph,
    Precision,
    Watch,
    check_inputs,
)
from emopic_engine.engines.building import obtain
from emopic_engine.engines.store import Files
from emopic_engine.errors import BackendUnavailable
from emopic_engine.hardware import cpu_name, physical_cores

_VERSION = 1  # of the wrapping below; part of every engine's key


class TorchBackend:
    """Runs graphs as they are. `bf16` means autocast; the default is `f32`."""

    name = "torch"

    def __init__(self, *, precision: Precision | None = None, threads: int = 0) -> None:
        if precision not in (None, "f32", "bf16"):
            raise BackendUnavailable(f"backend torch has no precision {precision}; use f32 or bf16")
        self.precision: Precision = precision or "f32"
        self.device = f"CPU ({cpu_name()})"
        self.capability = torch.backends.cpu.get_cpu_capability()
        self.versions = {"torch": str(torch.__version__)}
        self.options: dict[str, Any] = {"wrapping": _VERSION}
        self.reason = ""
        self.watch: Watch | None = None
        torch.set_num_threads(threads or physical_cores())

    def compile(self, graph: Graph) -> Compiled:
        """Build the module and wrap it; in f32 it is the reference itself.

        In bf16 it is compared with the reference once, and raises `ParityError` where it differs.
        """
        return self.load(graph, {}) if self.precision == "f32" else obtain(self, graph)

    def build(self, graph: Graph, module: torch.nn.Module) -> Files:  # noqa: ARG002 - a protocol
        """Nothing: eager modules have no compiled form to keep."""
        return {}

    def load(self, graph: Graph, files: Files) -> Compiled:  # noqa: ARG002 - a protocol
        """The graph's module as a function."""
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
