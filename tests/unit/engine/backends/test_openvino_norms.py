"""Group norms as multiply and add: the same answers, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
import torch
from torch import nn

from emopic_engine.backends.openvino_norms import rewrite_group_norms

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the conversion


def converted(module: nn.Module, shape: list[int]) -> ov.Model:
    example = torch.zeros([2 if side == -1 else side for side in shape])
    return ov.convert_model(
        module.eval(), example_input=example, input=[(ov.PartialShape(shape), ov.Type.f32)]
    )


def kinds(model: ov.Model) -> set[str]:
    return {op.get_type_name() for op in model.get_ordered_ops()}


def answer(model: ov.Model, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    return np.asarray(ov.Core().compile_model(model, "CPU", exact)(values)[0])


@pytest.mark.parametrize("groups", [1, 4, 12])
@pytest.mark.parametrize("affine", [False, True])
def test_the_answers_are_those_of_torch(groups: int, affine: bool):
    torch.manual_seed(groups)
    norm = nn.GroupNorm(groups, 12, affine=affine)
    if affine:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    values = torch.randn(3, 12, 5, 7) * 4 + 3
    model = converted(norm, [-1, 12, 5, 7])
    rewrite_group_norms(model)
    assert "GroupNormalization" not in kinds(model)
    np.testing.assert_allclose(
        answer(model, values.numpy()), norm(values).detach().numpy(), atol=1e-5
    )


def test_a_plane_without_any_contrast_stays_finite():
    model = converted(nn.GroupNorm(2, 4), [-1, 4, 3, 3])
    rewrite_group_norms(model)
    found = answer(model, np.full((1, 4, 3, 3), 7.3, np.float32))
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 0.5


@pytest.mark.parametrize("shape", [[-1, 4, -1, 6], [-1, 4, 6]])
def test_what_is_no_plane_of_a_fixed_size_is_left_alone(shape: list[int]):
    model = converted(nn.GroupNorm(2, 4), shape)
    before = kinds(model)
    rewrite_group_norms(model)
    assert kinds(model) == before
