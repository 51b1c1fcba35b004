"""Convert face-api's detector and landmark weights (MIT) to safetensors: once, by hand.

    npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz
    python -m emopic_engine.train.face_detector_import package/model OUT

The published files hold 8-bit weights with a scale and an offset per tensor.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from emopic_engine.errors import DataError

Tensors = dict[str, NDArray[np.float32]]
SEPARABLE = {"depthwise_filter": "depthwise.weight", "pointwise_filter": "pointwise.weight"}


def read_weights(folder: Path, name: str) -> Tensors:
    """The tensors of one face-api model, as float32, in TensorFlow's layout.

    Raises `DataError` when manifest and binary do not fit together.
    """
    manifest = json.loads((folder / f"{name}-weights_manifest.json").read_text())
    raw = (folder / f"{name}.bin").read_bytes()
    tensors: Tensors = {}
    place = 0
    for entry in manifest[0]["weights"]:
        count = int(np.prod(entry["shape"]))
        scale = entry.get("quantization")
        kind = np.uint8 if scale else np.float32
        values = np.frombuffer(raw, kind, count, place).astype(np.float32)
        if scale:
            values = values * np.float32(scale["scale"]) + np.float32(scale["min"])
        tensors[entry["name"]] = values.reshape(entry["shape"])
        place += count * np.dtype(kind).itemsize
    if place != len(raw):
        raise DataError(f"{name}: the manifest describes {place} bytes, the file has {len(raw)}")
    return tensors


def convert(folder: Path, out: Path) -> Path:
    """Write `model.safetensors` (half precision) for `emopic_engine.face.detector_nets`."""
    detector = read_weights(folder, "tiny_face_detector_model")
    landmarks = read_weights(folder, "face_landmark_68_model")
    named = {f"detector.{detector_name(k)}": v for k, v in detector.items()}
    named |= {f"landmarks.{landmark_name(k)}": v for k, v in landmarks.items()}
    out.mkdir(parents=True, exist_ok=True)
    path = out / "model.safetensors"
    save_file({name: torch_layout(name, value) for name, value in named.items()}, path)
    return path


def detector_name(name: str) -> str:
    """`conv3/pointwise_filter` → `layers.2.pointwise.weight`."""
    layer, kind = name.split("/")
    number = int(layer.removeprefix("conv"))
    if number == 0:
        return f"first.{_plain(kind)}"
    if number == 8:
        return f"last.{_plain(kind)}"
    return f"layers.{number - 1}.{SEPARABLE.get(kind, 'pointwise.bias')}"


def landmark_name(name: str) -> str:
    """`dense1/conv2/bias` → `blocks.1.conv2.pointwise.bias`; `fc/weights` → `points.weight`."""
    parts = name.split("/")
    if parts[0] == "fc":
        return f"points.{_plain(parts[1])}"
    block = parts[0].removeprefix("dense")
    plain = parts[:2] == ["dense0", "conv0"]
    end = _plain(parts[2]) if plain else SEPARABLE.get(parts[2], "pointwise.bias")
    return f"blocks.{block}.{parts[1]}.{end}"


def torch_layout(name: str, value: NDArray[np.float32]) -> torch.Tensor:
    """TensorFlow's [H, W, in, out] to [out, in, H, W]; depthwise [H, W, C, 1] to [C, 1, H, W]."""
    tensor = torch.from_numpy(value)
    if tensor.ndim == 4:
        tensor = tensor.permute(2, 3, 0, 1) if "depthwise" in name else tensor.permute(3, 2, 0, 1)
    elif tensor.ndim == 2:
        tensor = tensor.T
    return tensor.half().contiguous()


def _plain(kind: str) -> str:
    return "bias" if kind == "bias" else "weight"


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
