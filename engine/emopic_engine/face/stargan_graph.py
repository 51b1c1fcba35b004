"""StarGAN model directories and their graph. Nothing here imports torch until it has to be built.

A directory holds `model.safetensors`, the tensors of a `*-G.ckpt` under their published names, and
`config.json`:

    {"model_type": "emopic-stargan", "emotions": ["joy", "anger", …], "size": 128,
     "shown": ["joy"], "cover": "changed"}

`emotions` are the domains in the order of training. `shown`, which may be left out, are those that
the model is asked for; `cover` says what is taken over from a generated picture: `changed`, only
where it differs from its source, or `all`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from emopic_engine.backends.base import Check, Graph, TensorSpec
from emopic_engine.errors import ModelError

from .check import generator_samples

if TYPE_CHECKING:
    from torch import nn

MODEL_TYPE: Final = "emopic-stargan"
WEIGHTS: Final = "model.safetensors"
COVERS: Final = ("changed", "all")


@dataclass(frozen=True)
class StarganConfig:
    """`config.json` without its `model_type`. Raises ValueError for what cannot be used."""

    emotions: tuple[str, ...]
    size: int = 128
    shown: tuple[str, ...] = ()  # empty: all
    cover: str = "changed"

    def __post_init__(self) -> None:
        if not self.emotions or len(set(self.emotions)) != len(self.emotions):
            raise ValueError(f"emotions must be different names, got {list(self.emotions)}")
        unknown = [name for name in self.shown if name not in self.emotions]
        if unknown:
            raise ValueError(f"shown has {unknown}, which are not among {list(self.emotions)}")
        if self.size < 16 or self.size % 4:
            raise ValueError(f"size must be a multiple of 4, at least 16, got {self.size!r}")
        if self.cover not in COVERS:
            raise ValueError(f"cover must be one of {', '.join(COVERS)}, got {self.cover!r}")

    @property
    def channels(self) -> tuple[str, ...]:
        """The emotions that can be asked for."""
        return self.shown or self.emotions


def read_stargan_config(model_dir: Path) -> StarganConfig:
    """Raises `ModelError` when the directory or its configuration cannot be used."""
    path = model_dir / "config.json"
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kind = values.pop("model_type")
        if kind != MODEL_TYPE:
            raise ModelError(f"{path}: model_type is {kind!r}, expected {MODEL_TYPE!r}")
        for name in values.keys() & {"emotions", "shown"}:
            values[name] = tuple(values[name])
        return StarganConfig(**values)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is not the configuration of a StarGAN model: {error}") from error


def write_stargan_config(model_dir: Path, config: StarganConfig) -> None:
    """Write `config.json`; what is at its default by meaning, `shown`, is left out."""
    values = {"model_type": MODEL_TYPE, **asdict(config)}
    if not config.shown:
        del values["shown"]
    text = json.dumps(values, indent=2, ensure_ascii=False)
    (model_dir / "config.json").write_text(text + "\n", encoding="utf-8")


def stargan_graph(model_dir: Path) -> Graph:
    """Picture float32 [N, 3, S, S] and domain float32 [N, C], 0 … 1 → picture of the same shape."""
    config = read_stargan_config(model_dir)
    weights = model_dir / WEIGHTS
    domains = len(config.emotions)
    shape = (-1, 3, config.size, config.size)

    def module() -> nn.Module:
        from .stargan import load_stargan_weights

        return load_stargan_weights(weights, domains)

    def example() -> tuple[Any, Any]:
        picture = np.random.default_rng(0).uniform(-1, 1, (2, *shape[1:])).astype(np.float32)
        return picture, np.eye(2, domains, dtype=np.float32)

    return Graph(
        name="stargan",
        key=_key(weights, f"{config.size} {domains}"),
        inputs=(
            TensorSpec("picture", "float32", shape),
            TensorSpec("domain", "float32", (-1, domains)),
        ),
        outputs=(TensorSpec("made", "float32", shape, span=2.0),),
        module=module,
        example=example,
        check=Check(generator_samples(config.size, domains)),
        int8_convolutions=True,
    )


def _key(weights: Path, extra: str) -> str:
    """Hash of weights, of the code that uses them, and of the settings."""
    try:
        digest = hashlib.sha256(weights.read_bytes())
    except OSError as error:
        raise ModelError(f"there are no weights at {weights}") from error
    digest.update(Path(__file__).with_name("stargan.py").read_bytes())
    digest.update(extra.encode())
    return digest.hexdigest()
