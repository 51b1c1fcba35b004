"""PyTorch on an NVIDIA GPU, each shape recorded once as a CUDA graph and replayed."""

from __future__ import annotations

from typing import Any

import torch

from emopic_engine.backends.base import Compiled, Graph, Precision, Watch
from emopic_engine.backends.cuda_device import (
    Lowered,
    TorchCuda,
    check_precision,
    exact_float32,
)
from emopic_engine.backends.replay import Buffers, Replayed, Run
from emopic_engine.engines.building import obtain
from emopic_engine.engines.store import Files

_VERSION = 1  # of the wrapping below; part of every engine's key


class CudaBackend:
    """Runs graphs eagerly once per shape and replays the recording from then on.

    Precisions f16 (the default), bf16 and f32. There is no file to keep: recordings live in the
    process. The comparison with fp32 is kept, so that it runs once.
    """

    name = "cuda"

    def __init__(self, *, precision: Precision | None = None, threads: int = 0) -> None:
        del threads  # of the CPU; none is needed
        self.precision: Precision = check_precision(self.name, precision)
        self._device = TorchCuda()
        if self.precision == "f32":
            exact_float32()
        self.device = self._device.name
        self.capability = self._device.capability
        self.versions = {"torch": str(torch.__version__), "cuda": str(torch.version.cuda)}
        self.options: dict[str, Any] = {"wrapping": _VERSION}
        self.reason = ""
        self.watch: Watch | None = None

    def compile(self, graph: Graph) -> Compiled:
        """The graph on the device; raises `ParityError` where it differs from fp32."""
        return obtain(self, graph)

    def build(self, graph: Graph, module: torch.nn.Module) -> Files:  # noqa: ARG002 - a protocol
        """Nothing: a recording cannot be kept."""
        return {}

    def load(self, graph: Graph, files: Files) -> Compiled:  # noqa: ARG002 - a protocol
        """The module on the device, its shapes recorded as they come."""
        module = Lowered(graph.module().eval().requires_grad_(False), self.precision).to("cuda")

        def run(inputs: Buffers) -> Buffers:
            outputs: Buffers = module(*inputs)
            return outputs

        def prepare(_length: int | None) -> Run:
            return run

        return Replayed(graph, self._device, prepare)
