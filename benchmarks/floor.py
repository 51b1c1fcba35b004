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
# `linear` are products with weights; `bmm` is attention.
_KINDS: Final = {"addmm": "linear", "mm": "linear", "convolution": "convolution"}
_DTYPES: Final = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


def flops(module: torch.nn.Module, inputs: Sequence[Array]) -> dict[str, int]:
    """FLOPs of one pass: of products with weights (`linear`), convolutions, and all `other`."""
    tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in inputs]
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        module(*tensors)
    found = {"linear": 0, "convolution": 0, "other": 0}
    for op, count in counter.get_flop_counts()["Global"].items():
        found[_KINDS.get(str(op).rpartition(".")[2], "other")] += count
    return found


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


def floor_ms(
    work: dict[str, int],
    peak: dict[str, float],
    precision: str,
    *,
    int8_convolutions: bool = False,
) -> float:
    """Milliseconds for FLOPs that run as fast as a plain product does.

    With `int8`, products with weights are in int8, convolutions where `int8_convolutions` says so,
    and everything else is in f32.
    """
    other = "f32" if precision == "int8" else precision
    quick = {"linear", "convolution"} if int8_convolutions else {"linear"}
    return 1e3 * sum(n / peak[precision if kind in quick else other] for kind, n in work.items())


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
