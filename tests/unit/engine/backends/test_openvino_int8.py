"""Convolutions in int8: what they answer, where they are used, and that they are what runs."""

import platform
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
import torch
from torch import nn

from emopic_engine.backends import Graph, TensorSpec, openvino
from emopic_engine.backends.base import Check
from emopic_engine.backends.openvino import ROW_FILE, OpenVinoBackend
from emopic_engine.backends.openvino_int8 import products_saturate
from emopic_engine.engines.key import EngineKey
from emopic_engine.engines.parity import compare, reference

SHAPE = (3, 16, 16)
PROCESSOR = Path("/proc/cpuinfo")


class Drawing(nn.Module):
    """Down and up again, with values below 0 on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 32, 3, 2, 1)
        self.same = nn.Conv2d(32, 32, 3, 1, 1)
        self.up = nn.ConvTranspose2d(32, 16, 4, 2, 1)
        self.last = nn.Conv2d(16, 3, 3, 1, 1)

    def forward(self, picture):
        x = nn.functional.silu(self.same(self.down(picture)))
        return torch.tanh(self.last(self.up(x)))


def drawing():
    torch.manual_seed(3)
    return Drawing().eval()


def pictures(count, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, *SHAPE)).astype(np.float32)


GRAPH = Graph(
    name="drawing",
    key="int8-drawing",
    inputs=(TensorSpec("picture", "float32", (-1, *SHAPE)),),
    outputs=(TensorSpec("made", "float32", (-1, *SHAPE), span=2.0),),
    module=drawing,
    example=lambda: (pictures(2),),
    check=Check(lambda: [(pictures(4, seed),) for seed in range(3)]),
    int8_convolutions=True,
)


@pytest.fixture
def backend(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOPIC_CACHE", str(tmp_path))
    return OpenVinoBackend(precision="int8", threads=1)


def convolutions(backend, graph):
    """How the engine computes them, each the name of a kernel, such as brgconv_avx512_I8."""
    engine = backend.build(graph, drawing())[ROW_FILE.format(0)]
    model = ov.Core().import_model(engine, "CPU", {}).get_runtime_model()
    told = [{k: str(v.astype(str)) for k, v in op.get_rt_info().items()} for op in model.get_ops()]
    kinds = {"Convolution", "Deconvolution", "ConvolutionBackpropData"}
    return [op["primitiveType"] for op in told if op["layerType"] in kinds]


def in_int8(kernels):
    return [kernel for kernel in kernels if kernel.upper().endswith("I8")]


def test_convolutions_run_in_int8_where_the_graph_says_so(backend):
    integers = convolutions(backend, GRAPH)
    assert len(in_int8(integers)) == len(integers) == 4
    floats = convolutions(backend, replace(GRAPH, int8_convolutions=False))
    assert len(floats) == 4
    assert not in_int8(floats)


@pytest.mark.parametrize("count", [1, 3])
def test_they_draw_what_the_reference_draws(backend, count):
    compiled = backend.compile(GRAPH)
    picture = pictures(count, seed=9)
    with torch.inference_mode():
        wanted = drawing()(torch.from_numpy(picture)).numpy()
    (made,) = compiled(picture)
    off = np.abs(made - wanted)
    assert 0 < off.mean() < 0.01, "equal values would not be int8"
    assert off.max() < 0.08
    assert compare(GRAPH, compiled, reference(GRAPH, drawing()), "int8").figures["made"] >= 32


def test_the_rim_is_as_good_as_the_middle(backend):
    # Convolutions add zeros around a picture: a grid without a 0 on it would tint the rim.
    picture = pictures(1, seed=9)
    with torch.inference_mode():
        wanted = drawing()(torch.from_numpy(picture)).numpy()
    off = np.abs(backend.compile(GRAPH)(picture)[0] - wanted)[0]
    rim = np.ones(SHAPE[1:], bool)
    rim[2:-2, 2:-2] = False
    assert off[:, rim].mean() < 2 * off[:, ~rim].mean()


def test_values_beyond_the_samples_are_cut_off(backend):
    narrow = replace(GRAPH, key="narrow", check=Check(lambda: [(pictures(2) / 10,)]))
    (made,) = backend.compile(narrow)(pictures(2))
    assert np.isfinite(made).all()
    assert np.abs(made).max() <= 1


def test_samples_that_show_nothing_leave_a_convolution_as_it_is(backend):
    dark = replace(GRAPH, key="dark", check=Check(lambda: [(np.zeros((1, *SHAPE), np.float32),)]))
    assert len(in_int8(convolutions(backend, dark))) == 3


@pytest.mark.skipif(
    not PROCESSOR.is_file() or platform.machine() != "x86_64",
    reason="only Linux on x86 lists what the processor can do",
)
def test_processors_without_vnni_are_found_out():
    flags = re.search(r"^flags\s*:(.*)$", PROCESSOR.read_text(), re.MULTILINE)
    assert flags is not None
    assert products_saturate(ov.Core()) == ("vnni" not in flags[1])


class Loud(nn.Module):
    """Sums as large as they get: 16 bits have no room for two of its products."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.sums = nn.Conv2d(16, 16, 3, 1, 1)
        nn.init.uniform_(self.sums.weight, 0.9 / 144, 1 / 144)

    def forward(self, picture):
        return self.sums(picture)


LOUD = Graph(
    name="loud",
    key="int8-loud",
    inputs=(TensorSpec("picture", "float32", (-1, 16, 16, 16)),),
    outputs=(TensorSpec("made", "float32", (-1, 16, 16, 16), span=1.0),),
    module=Loud,
    example=lambda: (loud_pictures(2),),
    check=Check(lambda: [(loud_pictures(1),)]),
    int8_convolutions=True,
)


def loud_pictures(count):
    return np.random.default_rng(3).uniform(0.8, 1, (count, 16, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("half", [False, True])
def test_loud_sums_are_not_cut_off(tmp_path, monkeypatch, half):
    """As this processor has it, and with weights of half the steps, as others need them."""
    monkeypatch.setenv("EMOPIC_CACHE", str(tmp_path))
    if half:
        monkeypatch.setattr(openvino, "products_saturate", lambda _: True)
    picture = loud_pictures(1)
    (made,) = OpenVinoBackend(precision="int8").compile(LOUD)(picture)
    with torch.inference_mode():
        wanted = Loud()(torch.from_numpy(picture)).numpy()
    assert 0 < np.abs(made - wanted).max() < 0.02


def test_an_engine_says_that_products_saturate(monkeypatch):
    """An engine with whole steps must not run there: the key tells them apart."""
    keys = set()
    for saturates in (True, False):
        monkeypatch.setattr(openvino, "products_saturate", lambda _, answer=saturates: answer)
        keys.add(EngineKey.of(OpenVinoBackend(precision="int8"), GRAPH).name)
    assert len(keys) == 2


@pytest.mark.parametrize("rows", [2, 3, 5])
def test_rows_side_by_side_answer_as_each_does_alone(tmp_path, monkeypatch, rows):
    monkeypatch.setenv("EMOPIC_CACHE", str(tmp_path))
    made = OpenVinoBackend(precision="int8", threads=2).compile(GRAPH)
    batch = pictures(rows, seed=9)
    alone = np.concatenate([made(batch[i : i + 1])[0] for i in range(rows)])
    np.testing.assert_allclose(made(batch)[0], alone, atol=1e-5)
