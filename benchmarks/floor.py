"""The time that a model's arithmetic must take on this machine: its FLOPs over measured peaks.

FLOPs are those of matrix products and convolutions, 2 for each multiplication and addition,
counted by torch's `FlopCounterMode` while the module runs on an input of the shape in question;
attention is taken apart into its products first. A peak is the best of repeated products of
square matrices in a plain loop, in the run that is judged by it. It knows nothing of memory: at
batch 1 a large model waits for its weights, and stays away from this floor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from emopic_engine.backends.base import Array

SIDE: Final = 2048
_ROUNDS: Final = 8
_LINEAR: Final = ("addmm", "mm")  # products with weights; `bmm` is attention
_DTYPES: Final = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


def flops(module: torch.nn.Module, inputs: Sequence[Array]) -> dict[str, int]:
    """FLOPs of one pass: those of products with weights (`linear`), and all `other`."""
    tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in inputs]
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        module(*tensors)
    counted = {str(op): n for op, n in counter.get_flop_counts()["Global"].items()}
    linear = sum(n for op, n in counted.items() if op.rpartition(".")[2] in _LINEAR)
    return {"linear": linear, "other": sum(counted.values()) - linear}


def peaks(device: str = "cpu", side: int = SIDE) -> dict[str, float]:
    """FLOP/s by precision of products of `side` × `side` matrices; what `device` lacks is absent.

    `int8` is of the processor, whose backends have it.
    """
    found = {
        name: _peak(dtype, device, side) for name, dtype in _DTYPES.items() if _has(name, device)
    }
    if device == "cpu":
        whole = torch.randint(-128, 127, (side, side), dtype=torch.int8)
        found["int8"] = _best(lambda: torch._int_mm(whole, whole), side, device)
    return found


def floor_ms(work: dict[str, int], peak: dict[str, float], precision: str) -> float:
    """Milliseconds for FLOPs that run as fast as a plain product does.

    With `int8` only products with weights are in int8; everything else is in f32.
    """
    other = "f32" if precision == "int8" else precision
    return 1e3 * (work["linear"] / peak[precision] + work["other"] / peak[other])


def _has(precision: str, device: str) -> bool:
    """Half precision is for GPUs: on a processor no backend of ours has it."""
    return precision != "f16" or device != "cpu"


def _peak(dtype: torch.dtype, device: str, side: int) -> float:
    matrix = torch.randn(side, side, device=device).to(dtype)
    return _best(lambda: matrix @ matrix, side, device)


def _best(product: Callable[[], Any], side: int, device: str) -> float:
    best = float("inf")
    for _ in range(_ROUNDS + 1):  # the first one prepares
        began = time.perf_counter()
        product()
        if device != "cpu":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best
