"""The matting network as a graph. Nothing here imports torch until it has to be built."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from emopic_engine.backends.base import Array, Check, Graph, TensorSpec
from emopic_engine.errors import ModelError

from .check import network_pictures

if TYPE_CHECKING:
    from torch import nn

MATTE_SIDE: Final = 160  # pixels: pictures are squeezed into this square
WEIGHTS: Final = "model.safetensors"


def matte_graph(model_dir: Path) -> Graph:
    """Picture and hint float32 [N, 4, 160, 160] → alpha [N, 1, 160, 160]; see `matte.Matte`."""
    weights = model_dir / WEIGHTS

    def module() -> nn.Module:
        from .matte import load_matte

        return load_matte(weights)

    return Graph(
        name="matte",
        key=_key(weights),
        inputs=(TensorSpec("picture", "float32", (-1, 4, MATTE_SIDE, MATTE_SIDE)),),
        outputs=(TensorSpec("alpha", "float32", (-1, 1, MATTE_SIDE, MATTE_SIDE), span=1.0),),
        module=module,
        example=lambda: (np.zeros((2, 4, MATTE_SIDE, MATTE_SIDE), np.float32),),
        check=Check(lambda: [(_samples(),)]),
    )


def _samples() -> Array:
    """Real faces, with nobody knowing where they are."""
    pictures = network_pictures(MATTE_SIDE)
    hint = np.zeros((len(pictures), 1, MATTE_SIDE, MATTE_SIDE), np.float32)
    return np.concatenate([pictures, hint], 1)


def _key(weights: Path) -> str:
    """Hash of weights and of the code that uses them."""
    try:
        digest = hashlib.sha256(weights.read_bytes())
    except OSError as error:
        raise ModelError(f"there are no weights at {weights}") from error
    digest.update(Path(__file__).with_name("matte.py").read_bytes())
    return digest.hexdigest()
