"""FLOPs counted on networks whose number is known, and the time they take at a peak."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
import torch
from benchmarks import floor
from benchmarks.floor import floor_ms, flops, peaks
from torch import nn


def test_products_with_weights_are_counted_apart():
    assert flops(nn.Linear(8, 4), [np.zeros((3, 8), np.float32)]) == {
        "linear": 2 * 3 * 8 * 4,
        "convolution": 0,
        "other": 0,
    }
    convolution = nn.Conv2d(2, 5, 3, padding=1)
    assert flops(convolution, [np.zeros((1, 2, 6, 6), np.float32)]) == {
        "linear": 0,
        "convolution": 2 * 6 * 6 * 5 * 2 * 9,
        "other": 0,
    }


class Attention(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.scaled_dot_product_attention(x, x, x)


def test_attention_is_two_products():
    counted = flops(Attention(), [np.zeros((1, 2, 7, 16), np.float32)])
    assert counted == {"linear": 0, "convolution": 0, "other": 2 * (2 * 2 * 7 * 7 * 16)}


def test_the_floor_knows_which_part_runs_in_int8():
    work = {"linear": 8e9, "convolution": 4e9, "other": 1e9}
    peak = {"f32": 1e11, "int8": 4e11}
    assert floor_ms(work, peak, "f32") == pytest.approx(130.0)
    assert floor_ms(work, peak, "f32", int8_convolutions=True) == pytest.approx(130.0)
    assert floor_ms(work, peak, "int8") == pytest.approx(70.0)
    assert floor_ms(work, peak, "int8", int8_convolutions=True) == pytest.approx(40.0)


def test_what_has_no_peak_goes_by_that_of_f32():
    work = {"linear": 8e9, "convolution": 4e9, "other": 1e9}
    peak = {"f32": 1e11}
    for precision in ("f32", "bf16", "int8"):
        assert floor_ms(work, peak, precision) == pytest.approx(130.0)


def test_peaks_are_of_this_processor():
    found = peaks("cpu", side=64)
    assert {"f32"} <= set(found) <= {"f32", "bf16", "int8"}
    assert all(value > 0 for value in found.values())


def test_what_is_only_emulated_has_no_peak(monkeypatch: pytest.MonkeyPatch):
    def products(*_: object) -> Iterator[tuple[str, floor._Product]]:
        for name, seconds in (("f32", 0.001), ("bf16", 0.002), ("int8", 0.03)):
            yield name, floor._Product(partial(time.sleep, seconds), 1_000_000)

    monkeypatch.setattr(floor, "_products", products)
    assert set(peaks("cpu", side=2048)) == {"f32", "bf16"}
