"""The time that a model's arithmetic must take on this machine: its FLOPs over measured peaks.

FLOPs are those of matrix products and convolutions, 2 for each multiplication and addition,
counted by torch's `FlopCounterMode` while the module runs on an input of the shape in question;
attention is taken apart into its products first. A peak is the best of repeated products of
square matrices in a plain loop, in the run that is judged by it. A precision in which torch has no
quick product on this processor has no peak; that of f32 counts in its place. The floor knows
nothing of memory: at batch 1 a large model waits for its weights, and stays away from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from emopic_engine.backends.base import Array

SIDE: Final = 2048
_ROUNDS: Final = 8
_TRIAL_SIDE: Final = 256
_LEAST_SHARE: Final = 0.1  # of f32's speed; what torch emulates is 30 to 90 times slower than f32
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
    """FLOP/s by precision of products of `side` × `side` matrices.

    What `device` lacks is absent, and what it can only emulate: a product of this size could take
    it minutes. `int8` is of the processor, whose backends have it.
    """
    trial = {name: _best(product, device) for name, product in _products(device, _TRIAL_SIDE)}
    least = _LEAST_SHARE * trial["f32"]
    return {
        name: _best(product, device)
        for name, product in _products(device, side)
        if trial[name] >= least
    }


def floor_ms(
    work: dict[str, int],
    peak: dict[str, float],
    precision: str,
    *,
    int8_convolutions: bool = False,
) -> float:
    """Milliseconds for FLOPs that run as fast as a plain product does.

    With `int8`, products with weights are in int8, convolutions where `int8_convolutions` says so,
    and everything else is in f32. A precision without a peak goes by that of f32.
    """
    rest = "f32" if precision == "int8" else precision
    quick = {"linear", "convolution"} if int8_convolutions else {"linear"}
    seconds = (
        n / peak.get(precision if kind in quick else rest, peak["f32"]) for kind, n in work.items()
    )
    return 1e3 * sum(seconds)


@dataclass(frozen=True)
class _Product:
    """A product of square matrices, and its FLOPs."""

    run: Callable[[], Any]
    flops: int


def _products(device: str, side: int) -> Iterator[tuple[str, _Product]]:
    """Half precision is for GPUs: on a processor no backend of ours has it."""
    for name, dtype in _DTYPES.items():
        if name != "f16" or device != "cpu":
            matrix = torch.randn(side, side, device=device).to(dtype)
            yield name, _Product(partial(torch.mm, matrix, matrix), 2 * side**3)
    if device == "cpu":
        whole = torch.randint(-128, 127, (side, side), dtype=torch.int8)
        yield "int8", _Product(partial(torch._int_mm, whole, whole), 2 * side**3)


def _best(product: _Product, device: str) -> float:
    """The FLOP/s of the quickest of a few rounds; the first one prepares."""
    best = float("inf")
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        product.run()
        if device != "cpu":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return product.flops / best
