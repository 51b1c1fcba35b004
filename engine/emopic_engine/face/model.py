"""The face model: find and encode a base face once, then answer expressions in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from emopic_engine.backends.base import Array, Backend
from emopic_engine.errors import PictureError

from .compose import FaceView, Maps
from .crop import Alpha, Crop, Rgb, centred_crop, cut, face_crop, flattened, network_input
from .detector import FaceDetector
from .geometry import CROP, Floats
from .graphs import decoder_graph, encoder_graph, read_settings

__all__ = ["Face", "FaceModel", "FaceView", "Maps"]

PORTRAIT = 1.7  # sides of a face box that a portrait measures
VIEWS = 4  # output sizes kept per face
Standing: TypeAlias = Callable[[Rgb, Alpha | None, Crop], tuple[Rgb, Alpha | None]]


@dataclass(frozen=True, eq=False)
class Face:
    """A registered base face. `found` is False when no face was found and the middle is used;
    `faces` is how many of about its size were found.

    Its arrays are shared with its views and must not be changed.
    """

    rgb: Rgb
    alpha: Alpha | None
    crop: Crop
    features: tuple[Array, ...]  # one row each
    side: int = CROP  # of the generator's maps
    faces: int = 1
    _views: dict[int, FaceView] = field(default_factory=dict, repr=False)

    @property
    def found(self) -> bool:
        return self.crop.found

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    def view(self, size: int | None = None) -> FaceView:
        """The face with its longest side `size` pixels long; 0, None or more than it has: its own.

        The last few sizes are kept.
        """
        longest = max(self.width, self.height)
        key = min(size or longest, longest)
        view = self._views.pop(key, None) or self._seen_at(key)
        self._views[key] = view
        while len(self._views) > VIEWS:
            del self._views[next(iter(self._views))]
        return view

    def _seen_at(self, size: int) -> FaceView:
        return FaceView(self.rgb, self.alpha, self.crop, size, self.side)


class FaceModel:
    """The `live` generator with its face detector on one backend. Not thread-safe.

    `channels` are the columns of an expression: emotions, then whichever of `EXTRA_CHANNELS` the
    model was trained for.

    Raises `ModelError` when a directory does not fit, `BackendUnavailable` when the backend
    cannot compile.
    """

    def __init__(self, model_dir: Path, detector_dir: Path, backend: Backend) -> None:
        settings = read_settings(model_dir)
        self.channels: tuple[str, ...] = settings.channels
        self._side = settings.size
        self._detector = FaceDetector(detector_dir, backend)
        self._encode = backend.compile(encoder_graph(model_dir))
        self._decode = backend.compile(decoder_graph(model_dir))

    def register(self, rgb: Rgb, alpha: Alpha | None = None, stood: Standing | None = None) -> Face:
        """Find, cut and encode the face of a picture uint8 [H, W, 3] with alpha uint8 [H, W].

        `stood` gives the picture another background once its face is found.
        Raises `PictureError` when the arrays are not such a picture.
        """
        _check(rgb, alpha)
        seen = flattened(rgb, alpha)
        box = self._detector.find_face(seen)
        crop = face_crop(box) if box else centred_crop(rgb.shape[1], rgb.shape[0])
        if stood is not None:
            rgb, alpha = stood(rgb, alpha, crop)
            seen = flattened(rgb, alpha)
        features = self._encode(network_input(cut(seen, crop, self._side)))
        return Face(rgb, alpha, crop, features, self._side, box.faces if box else 1)

    def portrait(self, rgb: Rgb, alpha: Alpha | None = None) -> Rgb:
        """The square around the largest face of a picture. Raises `PictureError` (`no_face`)."""
        _check(rgb, alpha)
        seen = flattened(rgb, alpha)
        box = self._detector.find_face(seen)
        if box is None:
            raise PictureError("no face was found in the picture", code="no_face")
        half = PORTRAIT * max(box.width, box.height) / 2
        x, y = box.x + box.width / 2, box.y + box.height / 2
        top, left = max(0, round(y - half)), max(0, round(x - half))
        return np.ascontiguousarray(seen[top : round(y + half), left : round(x + half)])

    def render(self, jobs: Sequence[tuple[Face, Floats]]) -> list[Maps]:
        """Maps for faces and their expressions, float32 [E] in the order of `channels`.

        One call of the decoder for all of them. Compose them with `face.view(size)`.
        """
        if not jobs:
            return []
        columns = zip(*(face.features for face, _ in jobs), strict=True)
        features = [np.concatenate(rows) if len(rows) > 1 else rows[0] for rows in columns]
        expressions = np.stack([expression for _, expression in jobs]).astype(np.float32)
        flow, paint = self._decode(*features, np.clip(expressions, 0, 1))
        return [Maps(*parts) for parts in zip(flow, paint, strict=True)]


def _check(rgb: Rgb, alpha: Alpha | None) -> None:
    good = rgb.ndim == 3 and rgb.shape[2] == 3 and rgb.dtype == np.uint8 and rgb.size
    if not good:
        raise PictureError(
            f"a picture must be uint8 [height, width, 3], got {rgb.dtype}{list(rgb.shape)}"
        )
    if alpha is not None and (alpha.shape != rgb.shape[:2] or alpha.dtype != np.uint8):
        raise PictureError(
            f"alpha must be uint8 {list(rgb.shape[:2])}, got {alpha.dtype}{list(alpha.shape)}"
        )
