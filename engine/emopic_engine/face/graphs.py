"""The face models as graphs. Nothing here imports torch until a graph has to be built."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emopic_engine.backends.base import Array, Check, Graph, TensorSpec
from emopic_engine.errors import ModelError

from .check import decoder_samples, finder_samples, network_pictures
from .geometry import CROP
from .regions import REGIONS

if TYPE_CHECKING:
    from torch import nn

    from .live import LiveConfig

DETECTOR_SIDE = 320  # pixels; a face shorter than a sixteenth of the picture is not found
LANDMARK_SIDE = 112
FLOW_SPAN = 0.5  # of the crop's width: a pixel comes from at most a quarter of it away
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class LiveSettings:
    """`config.json` of a live model, checked. `emopic_engine.face.live.LiveConfig` explains it."""

    channels: tuple[str, ...]
    widths: tuple[int, int, int]
    encoder_blocks: int
    decoder_blocks: int
    style: int
    gain: float
    size: int = CROP
    detail: int = 0

    def __post_init__(self) -> None:
        if self.size < 32 or self.size % 32:
            raise ValueError(f"size is {self.size!r}, expected a multiple of 32")
        if self.detail < 0 or self.detail % 8:
            raise ValueError(f"detail is {self.detail!r}, expected 0 or a multiple of 8")


def read_settings(model_dir: Path) -> LiveSettings:
    """Raises `ModelError` when the directory or its configuration cannot be used."""
    path = model_dir / "config.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        kind = values.pop("model_type")
        if kind != "emopic-live":
            raise ModelError(f"{path}: model_type is {kind!r}, expected 'emopic-live'")
        values["channels"] = tuple(values.pop(_old_name(values)))
        values["widths"] = tuple(values["widths"])
        return LiveSettings(**values)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is not the configuration of a live model: {error}") from error


def _old_name(values: dict[str, object]) -> str:
    """Models without `blink` and `mouth_open` called their channels `emotions`."""
    return "emotions" if "channels" not in values else "channels"


def encoder_graph(model_dir: Path) -> Graph:
    """Picture float32 [N, 3, S, S] in [-1, 1] → coarse, middle and fine features, then those of
    mouth and eyes where the model decodes these once more. S is the model's `size`."""
    settings = read_settings(model_dir)

    def module() -> nn.Module:
        from .live import load_live

        return load_live(_config(settings), model_dir / WEIGHTS).encoder

    side = settings.size
    picture = TensorSpec("picture", "float32", (-1, 3, side, side))
    return Graph(
        name="live-encoder",
        key=_key(model_dir / WEIGHTS, "live.py", repr(settings)),
        inputs=(picture,),
        outputs=feature_specs(settings),
        module=module,
        example=lambda: (_noise(2, 3, side, side),),
        check=Check(lambda: [(network_pictures(side),)]),
    )


def decoder_graph(model_dir: Path) -> Graph:
    """Features and expression float32 [N, E] → flow [N, S, S, 2] and paint [N, S, S, 4], as
    `emopic_engine.face.compose.Maps` has them."""
    settings = read_settings(model_dir)
    side = settings.size
    features = feature_specs(settings)

    def module() -> nn.Module:
        from .live import PixelDecoder, load_live

        return PixelDecoder(load_live(_config(settings), model_dir / WEIGHTS).decoder)

    def example() -> tuple[Array, ...]:
        shapes = [spec.shape[1:] for spec in features]
        return (*(_noise(2, *shape) for shape in shapes), _noise(2, len(settings.channels)))

    expression = TensorSpec("expression", "float32", (-1, len(settings.channels)))
    return Graph(
        name="live-decoder",
        key=_key(model_dir / WEIGHTS, "live.py", repr(settings)),
        inputs=(*features, expression),
        outputs=(
            TensorSpec("flow", "float32", (-1, side, side, 2), span=FLOW_SPAN),
            TensorSpec("paint", "float32", (-1, side, side, 4), span=2.0),
        ),
        module=module,
        example=example,
        check=Check(decoder_samples(encoder_graph(model_dir).module, side, len(settings.channels))),
        int8_convolutions=True,
    )


def feature_specs(settings: LiveSettings) -> tuple[TensorSpec, ...]:
    """What the encoder gives and the decoder takes."""
    fine, middle, coarse = settings.widths
    side = settings.size
    trunk = (
        TensorSpec("coarse", "float32", (-1, coarse, side // 8, side // 8)),
        TensorSpec("middle", "float32", (-1, middle, side // 4, side // 4)),
        TensorSpec("fine", "float32", (-1, fine, side // 2, side // 2)),
    )
    regions = (
        TensorSpec(region.name, "float32", (-1, settings.detail, *region.shape(side)))
        for region in REGIONS
    )
    return (*trunk, *regions) if settings.detail else trunk


def detector_graph(model_dir: Path) -> Graph:
    """Picture float32 [N, 3, 320, 320], mean-free RGB / 255 → cells [N, 25, 10, 10]."""
    side = DETECTOR_SIDE // 32
    return _finder(
        model_dir,
        "face-detector",
        "TinyFaceDetector",
        DETECTOR_SIDE,
        TensorSpec("cells", "float32", (-1, 25, side, side)),
    )


def landmark_graph(model_dir: Path) -> Graph:
    """Face float32 [N, 3, 112, 112], mean-free RGB / 255 → points [N, 136]."""
    return _finder(
        model_dir,
        "face-landmarks",
        "FaceLandmarks",
        LANDMARK_SIDE,
        TensorSpec("points", "float32", (-1, 136)),
    )


def _finder(model_dir: Path, name: str, network: str, side: int, output: TensorSpec) -> Graph:
    weights = model_dir / WEIGHTS

    def module() -> nn.Module:
        from . import detector_nets

        net = getattr(detector_nets, network)()
        return detector_nets.load_net(net, weights, name.removeprefix("face-") + ".")

    return Graph(
        name=name,
        key=_key(weights, "detector_nets.py", name),
        inputs=(TensorSpec("picture", "float32", (-1, 3, side, side)),),
        outputs=(output,),
        module=module,
        example=lambda: (_noise(2, 3, side, side),),
        check=Check(lambda: finder_samples(side)),
    )


def _config(settings: LiveSettings) -> LiveConfig:
    from .live import LiveConfig

    return LiveConfig(**vars(settings))


def _key(weights: Path, source: str, extra: str) -> str:
    """Hash of weights, of the code that uses them, and of the settings."""
    try:
        digest = hashlib.sha256(weights.read_bytes())
    except OSError as error:
        raise ModelError(f"there are no weights at {weights}") from error
    digest.update(Path(__file__).with_name(source).read_bytes())
    digest.update(extra.encode())
    return digest.hexdigest()


def _noise(*shape: int) -> Array:
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
