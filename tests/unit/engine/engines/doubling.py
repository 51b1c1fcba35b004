"""A graph that doubles, and a builder for it whose engine file is the factor itself."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from emopic_engine.backends.base import Check, Graph, TensorSpec, check_inputs
from emopic_engine.engines import parity
from emopic_engine.engines.building import obtain
from emopic_engine.errors import ModelError


def doubling():
    """The module; torch is loaded only here, since the processes below do without it."""
    from torch import nn

    class Doubling(nn.Module):
        def forward(self, numbers):
            return numbers * 2

    return Doubling()


NUMBERS = np.linspace(-1, 1, 32, dtype=np.float32).reshape(4, 8)
GRAPH = Graph(
    name="doubling",
    key="doubling-1",
    inputs=(TensorSpec("numbers", "float32", (-1, 8)),),
    outputs=(TensorSpec("doubled", "float32", (-1, 8), span=4.0),),
    module=doubling,
    example=lambda: (np.zeros((2, 8), np.float32),),
    check=Check(lambda: [(NUMBERS[:1],), (NUMBERS[1:],)]),
)


class Builder:
    """Builds engines that multiply by `factor`; counts what it does."""

    name = "doubler"
    precision = "f32"
    device = "a test"
    capability = "none"

    def __init__(self, factor: float = 2.0) -> None:
        self.factor = factor
        self.versions = {"doubler": "1"}
        self.options = {}
        self.watch = None
        self.built = self.loaded = 0

    def build(self, _graph, module):
        self.built += 1
        assert module.training is False
        return {"factor.txt": str(self.factor).encode()}

    def load(self, graph, files):
        self.loaded += 1
        try:
            factor = float(files["factor.txt"])
        except ValueError as error:
            raise ModelError("this is no factor") from error

        def run(*inputs):
            check_inputs(graph, inputs)
            return (inputs[0] * np.float32(factor),)

        return run


class Still:
    """Stands for the module where nothing is asked of it."""

    training = False

    def eval(self):
        return self

    def requires_grad_(self, _wanted):
        return self


class Talking(Builder):
    """Says on stdout what it does, and builds when it is told to on stdin."""

    def build(self, graph, module):
        say("build")
        sys.stdin.readline()
        return super().build(graph, module)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """A process that obtains the engine, for the tests with several.

    Its reference is NumPy's: torch takes seconds to load and has no part in this.
    """
    parity.reference = lambda *_: parity.Reference([(NUMBERS,)], [(NUMBERS * 2,)])
    builder = Talking()
    builder.watch = lambda _, stage: say(stage)
    compiled = obtain(builder, replace(GRAPH, module=Still))
    say(f"answer {compiled(NUMBERS)[0].max():g}")
