"""A text model's weights on disk: safetensors, the encoder's matrices optionally as int8.

An int8 matrix `x.weight` comes with `x.weight_scale`, float32 [rows]: row r is
`x.weight[r] * x.weight_scale[r]`. Names are those of `BertForSequenceClassification`; a bare
`BertModel` (a base without a head) lacks the `bert.` in front and is read all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from safetensors import SafetensorError, safe_open

from emopic_engine.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

_SCALE: Final = "_scale"
_EMBEDDING: Final = "embeddings.word_embeddings.weight"
# Buffers and heads of other tasks that published checkpoints carry along.
_FOREIGN: Final = ("bert.embeddings.position_ids", "cls.", "dropout.")


def embedding_rows(path: Path) -> int:
    """Rows of the word embedding, from the file's header alone. Raises `ModelError`."""
    try:
        with safe_open(path, framework="numpy") as file:
            for name in (f"bert.{_EMBEDDING}", _EMBEDDING):
                if name in file.keys():  # noqa: SIM118 - not a mapping
                    return int(file.get_slice(name).get_shape()[0])
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as safetensors: {error}") from error
    raise ModelError(f"{path} holds no BERT: {_EMBEDDING} is missing")


def tensor_names(path: Path) -> list[str]:
    """The names of the stored tensors, from the file's header alone. Raises `ModelError`."""
    try:
        with safe_open(path, framework="numpy") as file:
            return list(file.keys())
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as safetensors: {error}") from error


def load_weights(path: Path) -> dict[str, Tensor]:
    """All tensors as float32, int8 ones multiplied out, named with `bert.` in front."""
    from safetensors.torch import load_file

    try:
        stored = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as safetensors: {error}") from error
    named = {_full_name(name): tensor for name, tensor in dequantise(stored).items()}
    return {name: tensor for name, tensor in named.items() if not name.startswith(_FOREIGN)}


def save_weights(path: Path, state: Mapping[str, Tensor], *, int8: bool) -> None:
    """Write a state dict, the encoder's matrices as int8 if asked for."""
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().float().contiguous() for name, tensor in state.items()}
    save_file(quantise(tensors) if int8 else tensors, path)
    path.chmod(0o644)  # safetensors leaves it to its owner alone; a server may run as another user


def quantise(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Matrices of the encoder as symmetric int8 per row; vectors and the head stay float32."""
    import torch

    stored: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if tensor.ndim != 2 or not name.startswith("bert."):
            stored[name] = tensor
            continue
        scale = tensor.abs().amax(dim=1).clamp_min(1e-12) / 127
        stored[name] = (tensor / scale[:, None]).round().to(torch.int8)
        stored[name + _SCALE] = scale
    return stored


def dequantise(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The float32 state that `quantise` came from, up to rounding."""
    state: dict[str, Tensor] = {}
    for name, tensor in stored.items():
        if name.endswith(_SCALE):
            continue
        scale = stored.get(name + _SCALE)
        whole = tensor.float()
        state[name] = whole if scale is None else whole * scale.float()[:, None]
    return state


def _full_name(name: str) -> str:
    bare = name.startswith(("embeddings.", "encoder.", "pooler."))
    return f"bert.{name}" if bare else name
