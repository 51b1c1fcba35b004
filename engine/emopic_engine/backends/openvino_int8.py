"""Int8 in OpenVINO models: tables and matrix products, and the convolutions of what is drawn often.

Weights get one scale a row or output channel. What products multiply them with is quantised as it
comes; what convolutions do has one range for all, the one that calibration samples reach (B. Jacob
et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", CVPR 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as opset

from emopic_engine.backends.base import Array

Floats = NDArray[np.float32]

_SMALL_MATRIX = 10_000  # values; smaller products gain nothing
_LEVELS, _WEIGHT_LEVELS = 256, 255  # weights are symmetric: -127 … 127
_IN_F32: Final = {"INFERENCE_PRECISION_HINT": "f32"}
_TRANSPOSED: Final = "ConvolutionBackpropData"
# Axes of the weights that belong to one output channel.
_PER_OUTPUT: Final = {"Convolution": (1, 2, 3), _TRANSPOSED: (0, 2, 3)}


def quantise_products(model: ov.Model) -> None:
    """Store the weights of matrix products and the tables that rows are gathered from as int8.

    A table becomes a quarter as large; one that came from int8 weights loses nothing.
    """
    for op in model.get_ordered_ops():
        match op.get_type_name():
            case "MatMul":
                _as_int8(op, 1, axis=1 if op.get_attributes()["transpose_b"] else 0)
            case "Gather":
                _as_int8(op, 0, axis=1)
    model.validate_nodes_and_infer_types()


def products_saturate(core: ov.Core) -> bool:
    """Whether two products of int8 are added up in 16 bits here, and cut off where they are large.

    x86 does so without VNNI. No property of OpenVINO tells, so a small convolution is computed: of
    ones, whose sum is the number of its channels.
    """
    channels = 16
    ones = np.ones((1, channels, 4, 4), np.float32)
    picture = opset.parameter(ones.shape, np.float32)
    limits = _number(0), _number(1)
    sums = opset.convolution(
        _faked(picture.output(0), limits, _LEVELS),
        _as_steps(np.ones((channels, channels, 1, 1), np.float32), (1, 2, 3)),
        [1, 1],
        [0, 0],
        [0, 0],
        [1, 1],
    )
    compiled = core.compile_model(ov.Model([sums], [picture]), "CPU", _IN_F32)
    return not np.allclose(compiled([ones])[0], channels, rtol=0.01)


def quantise_convolutions(
    model: ov.Model,
    core: ov.Core,
    samples: Sequence[tuple[Array, ...]],
    *,
    saturating: bool,
) -> None:
    """Mark the inputs and weights of all convolutions as int8; OpenVINO then computes them so.

    Samples are inputs as the model will get them: what lies beyond the values that they lead to is
    cut off. Where products saturate, weights take half of their steps: 2 · 255 · 64 fits in 16
    bits, and one bit of precision is the price.
    """
    ranges = _ranges(model, core, samples)
    for op in _convolutions(model):
        found, kind = ranges[op.get_friendly_name()], op.get_type_name()
        weights = _constant(op.input_value(1).get_node())
        if weights is None or found.high == found.low:
            continue
        # A zero point would keep OpenVINO from computing a transposed convolution in int8.
        limits = found.symmetric() if kind == _TRANSPOSED else found.with_zero()
        source = op.input_value(0)
        op.input(0).replace_source_output(_faked(source, limits, _LEVELS))
        headroom = 2.0 if saturating else 1.0
        op.input(1).replace_source_output(_as_steps(weights, _PER_OUTPUT[kind], headroom))
    model.validate_nodes_and_infer_types()


@dataclass
class _Range:
    low: float = 0.0
    high: float = 0.0

    def reach(self, values: Array) -> None:
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))

    def with_zero(self) -> tuple[Floats, Floats]:
        """Limits of a grid that has 0 on it: the rim that convolutions add must stay 0."""
        step = (self.high - self.low) / (_LEVELS - 1)
        below = round(-self.low / step)
        return _number(-below * step), _number((_LEVELS - 1 - below) * step)

    def symmetric(self) -> tuple[Floats, Floats]:
        most = max(-self.low, self.high)
        return _number(-most * 128 / 127), _number(most)


def _ranges(
    model: ov.Model, core: ov.Core, samples: Sequence[tuple[Array, ...]]
) -> dict[str, _Range]:
    """How low and high the input of each convolution gets, by the convolution's name."""
    watched = model.clone()
    convolutions = _convolutions(watched)
    watched.add_results([opset.result(op.input_value(0)) for op in convolutions])
    compiled = core.compile_model(watched, "CPU", _IN_F32)
    found = {op.get_friendly_name(): _Range() for op in convolutions}
    for sample in samples:
        answers = compiled({i: np.ascontiguousarray(array) for i, array in enumerate(sample)})
        inputs = list(answers.values())[len(model.outputs) :]
        for reached, values in zip(found.values(), inputs, strict=True):
            reached.reach(values)
    return found


def _convolutions(model: ov.Model) -> list[Any]:
    return [op for op in model.get_ordered_ops() if op.get_type_name() in _PER_OUTPUT]


def _faked(source: Any, limits: tuple[Floats, Floats], levels: int) -> Any:
    low, high = (opset.constant(limit.astype(np.float32)) for limit in limits)
    return opset.fake_quantize(source, low, high, low, high, levels=levels).output(0)


def _as_steps(weights: Floats, axes: tuple[int, ...], headroom: float = 1.0) -> Any:
    """Weights on a grid for each channel, of which `axes` are one; the grid reaches `headroom`
    times as far as they do."""
    most = headroom * np.maximum(np.abs(weights).max(axes, keepdims=True), 1e-12)
    return _faked(opset.constant(weights).output(0), (-most, most), _WEIGHT_LEVELS)


def _number(value: float) -> Floats:
    return np.full((1, 1, 1, 1), value, np.float32)


def _as_int8(op: Any, port: int, axis: int) -> None:
    """Put int8 steps and their scales along `axis` in the place of a large constant matrix."""
    weights = _constant(op.input_value(port).get_node())
    if weights is None or weights.ndim != 2 or weights.size < _SMALL_MATRIX:
        return
    scale = np.maximum(np.abs(weights).max(axis=axis, keepdims=True), 1e-12) / 127
    steps = opset.constant(np.rint(weights / scale).astype(np.int8))
    scaled = opset.multiply(
        opset.convert(steps, ov.Type.f32), opset.constant(scale.astype(np.float32))
    )
    op.input(port).replace_source_output(scaled.output(0))


def _constant(node: Any) -> Floats | None:
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant":
        return None
    return np.asarray(node.get_data(), np.float32)
