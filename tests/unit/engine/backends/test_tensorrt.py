"""What of the TensorRT backend needs no device: exports, file names, its way with contexts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from emopic_engine.backends import Graph, TensorSpec, load_backend
from emopic_engine.backends.buckets import profiles
from emopic_engine.backends.cuda_device import Lowered, check_precision, missing_cuda
from emopic_engine.backends.tensorrt import (
    TrtRun,
    export_program,
    file_name,
    input_specs,
    installed_distribution,
    load_runtime,
)
from emopic_engine.errors import BackendUnavailable


class Bag(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.head = nn.Embedding(50, 16), nn.Linear(16, 5)

    def forward(self, ids, mask):
        weights = mask.unsqueeze(-1).to(self.head.weight.dtype)
        return self.head((self.embedding(ids) * weights).sum(1) / weights.sum(1))


BAG = Graph(
    name="bag",
    key="bag-1",
    inputs=(
        TensorSpec("ids", "int64", (-1, -1), pad=1),
        TensorSpec("mask", "int64", (-1, -1), pad=0),
    ),
    outputs=(TensorSpec("logits", "float32", (-1, 5)),),
    module=Bag,
    example=lambda: (),
    lengths=(8, 16),
)


def test_an_exported_program_takes_any_batch_of_its_one_length():
    module = Lowered(Bag().eval(), "f32")
    profile = profiles(BAG)[1]
    program = export_program(BAG, module, profile, "cpu").module()
    for rows in (1, 3, 64):
        ids = torch.randint(0, 50, (rows, 16))
        mask = torch.ones_like(ids)
        torch.testing.assert_close(program(ids, mask), module(ids, mask))


def test_lowered_modules_take_and_give_float32():
    module = Lowered(nn.Linear(4, 2), "bf16")
    (answer,) = module(torch.zeros(1, 4))
    assert module.module.weight.dtype == torch.bfloat16
    assert answer.dtype == torch.float32


def test_integer_inputs_stay_integers():
    (answer,) = Lowered(Bag(), "f16")(torch.ones(1, 8).long(), torch.ones(1, 8).long())
    assert answer.shape == (1, 5)


def test_each_input_has_its_least_common_and_largest_shape():
    first, second = input_specs(BAG, profiles(BAG)[0])
    assert first == {
        "min_shape": (1, 8),
        "opt_shape": (4, 8),
        "max_shape": (64, 8),
        "dtype": torch.int64,
        "name": "ids",
    }
    assert second["name"] == "mask"


def test_engine_files_are_named_by_their_length():
    assert [file_name(length) for length in (None, 16)] == ["engine.trt", "engine-16.trt"]


class Context:
    """Stands for TensorRT's execution context; remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def set_input_shape(self, name, shape):
        self.told.append(("shape", name, shape))

    def set_tensor_address(self, name, address):
        self.told.append(("address", name, address))

    def get_tensor_shape(self, _name):
        return (2, 5)

    def execute_async_v3(self, stream):
        self.told.append(("run", stream))
        return True


def engine(context: Context) -> SimpleNamespace:
    names = ["logits", "ids", "mask"]
    return SimpleNamespace(
        num_io_tensors=3,
        get_tensor_name=lambda i: names[i],
        get_tensor_mode=lambda name: "out" if name == "logits" else "in",
        create_execution_context=lambda: context,
    )


def test_addresses_are_bound_once_and_the_engine_runs_on_the_stream(monkeypatch):
    monkeypatch.setattr(torch, "zeros", lambda shape, **_: torch.empty(shape))
    context, trt = (
        Context(),
        SimpleNamespace(TensorIOMode=SimpleNamespace(INPUT="in", OUTPUT="out")),
    )
    run = TrtRun(trt, engine(context), SimpleNamespace(cuda_stream=77))
    inputs = (torch.ones(2, 8).long(), torch.ones(2, 8).long())
    first, second = run(inputs), run(inputs)
    assert first is second
    assert first[0].shape == (2, 5)
    assert context.told.count(("run", 77)) == 2
    assert context.told.count(("address", "ids", inputs[0].data_ptr())) == 1
    assert ("shape", "mask", (2, 8)) in context.told


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: nothing is missing")
@pytest.mark.parametrize("name", ["cuda", "tensorrt"])
def test_what_is_missing_is_named_with_its_cure(name):
    with pytest.raises(BackendUnavailable, match=r"pip install|nvidia-smi"):
        load_backend(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: nothing is missing")
def test_a_torch_without_cuda_says_so():
    assert torch.__version__ in missing_cuda() or "nvidia-smi" in missing_cuda()


def test_a_missing_distribution_names_both_extras(monkeypatch):
    monkeypatch.setattr("emopic_engine.backends.tensorrt.DISTRIBUTIONS", {"no-such-thing": "x"})
    with pytest.raises(BackendUnavailable, match=r"emopic-engine\[tensorrt\].*tensorrt-rtx"):
        installed_distribution()


def test_a_runtime_that_cannot_be_loaded_gives_the_loaders_reason():
    with pytest.raises(BackendUnavailable, match="cannot load no_such_runtime"):
        load_runtime("no_such_runtime")


def test_precisions_are_checked_before_any_device_is_asked():
    assert check_precision("cuda", None) == "f16"
    with pytest.raises(BackendUnavailable, match="cuda has no precision int8"):
        check_precision("cuda", "int8")
