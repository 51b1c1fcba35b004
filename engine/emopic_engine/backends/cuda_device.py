"""One CUDA device through torch: buffers, recordings, errors. Needs torch built for CUDA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from emopic_engine.backends.base import Array, Precision
from emopic_engine.backends.replay import Buffers
from emopic_engine.errors import BackendUnavailable, DeviceLost, OutOfMemory

DTYPES: dict[Precision, torch.dtype] = {
    "f32": torch.float32,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
}
_WARM_UPS = 3  # before a recording: libraries choose kernels and allocate in the first runs


class TorchCuda:
    """The first CUDA device that this process sees, with one stream and one memory pool.

    Raises `BackendUnavailable` where torch has no CUDA or sees no device.
    """

    def __init__(self) -> None:
        if not torch.cuda.is_available():
            raise BackendUnavailable(missing_cuda())
        self.name = torch.cuda.get_device_name(0)
        major, minor = torch.cuda.get_device_capability(0)
        self.capability = f"sm_{major}{minor}"
        self.stream: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()
        self._staged: list[torch.Tensor] = []  # host memory that copies may still read

    def buffer(self, shape: tuple[int, ...], dtype: str) -> torch.Tensor:
        """Zeros on the device."""
        with torch.cuda.stream(self.stream):
            return torch.zeros(shape, dtype=getattr(torch, dtype), device="cuda")

    def upload(self, array: Array, buffer: torch.Tensor) -> None:
        """Through page-locked memory, so that the copy does not block."""
        host = torch.from_numpy(np.ascontiguousarray(array)).pin_memory()
        self._staged.append(host)
        with torch.cuda.stream(self.stream):
            buffer.copy_(host, non_blocking=True)

    def record(self, run: Callable[[], Buffers]) -> tuple[Callable[[], None], Buffers]:
        """Capture `run` as a CUDA graph, after a few plain runs on the same stream."""
        with torch.inference_mode():
            with torch.cuda.stream(self.stream):
                for _ in range(_WARM_UPS):
                    run()
            self.stream.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=self._pool, stream=self.stream):
                outputs = run()

        def replay() -> None:
            with torch.cuda.stream(self.stream):
                graph.replay()

        return replay, outputs

    def download(self, buffers: Buffers) -> tuple[Array, ...]:
        """The buffers' values, float32, in memory of the caller's own."""
        with torch.cuda.stream(self.stream):
            hosts = [
                torch.empty(b.shape, dtype=b.dtype, pin_memory=True).copy_(b, non_blocking=True)
                for b in buffers
            ]
        self.stream.synchronize()
        self._staged.clear()
        return tuple(host.numpy().copy() for host in hosts)

    @contextmanager
    def guard(self, name: str) -> Iterator[None]:
        """Out of memory is survivable; after any other error the device is not trusted."""
        try:
            yield
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(f"{name} found too little memory on {self.name}") from error
        except RuntimeError as error:
            raise DeviceLost(f"{name} failed on {self.name}: {_first_line(error)}") from error


class Lowered(nn.Module):
    """A module that computes in another precision, and takes and gives float32."""

    def __init__(self, module: nn.Module, precision: Precision) -> None:
        super().__init__()
        self.dtype = DTYPES[precision]
        self.module = module.to(self.dtype)

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        cast = (x.to(self.dtype) if x.is_floating_point() else x for x in inputs)
        result = self.module(*cast)
        parts = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        return tuple(part.float() for part in parts)


def missing_cuda() -> str:
    """Why there is no CUDA here, and what to do."""
    if torch.version.cuda is None:
        return (
            f"this torch ({torch.__version__}) is built without CUDA; install one that has it: "
            "pip install --force-reinstall torch (on Windows see pytorch.org for the address)"
        )
    return "torch sees no CUDA device: check the driver with nvidia-smi"


def check_precision(name: str, precision: Precision | None) -> Precision:
    """f16 by default: as fast as bf16, with three more bits of mantissa."""
    if precision == "int8":
        raise BackendUnavailable(f"backend {name} has no precision int8; use f16, bf16 or f32")
    return precision or "f16"


def exact_float32() -> None:
    """Let float32 be float32: no TF32 in products and convolutions."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def _first_line(error: Any) -> str:
    return str(error).strip().split("\n", 1)[0]
