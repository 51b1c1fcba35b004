"""Drawn characters: a picture for each emotion, cross-faded by the expression.

An expression's weights say how much of each picture is seen; where they sum to less than 1 the
picture at rest has the rest, where to more they are scaled down. The pictures are mixed with their
colours weighted by their alpha (premultiplied), so that nothing dark or white shines through at
the edge of a transparent picture, and at one full weight a picture is shown bit by bit as it is.

`blink` and `mouth_open` add, by their weight, what the picture with closed eyes (open mouth) has
that the plain one has not. Both may be added at once, for they change different places.

Pictures of different sizes stand on one ground: in the middle, at the bottom of the largest width
and height. All of a character's changes lie in one rectangle, where any two of its pictures differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.emotions import EXTRA_CHANNELS, Emotions
from emopic_engine.errors import PictureError
from emopic_engine.face import codec
from emopic_engine.face.codec import Rgb
from emopic_engine.face.sprite_files import SpriteFile, SpriteFiles, read_zip

Rgba: TypeAlias = NDArray[np.uint8]
Rect: TypeAlias = tuple[int, int, int, int]
_Layer: TypeAlias = tuple[int, int]
"""Which picture, and with what of it: 0 as it is, 1 … an extra channel."""
VIEWS = 4  # output sizes kept per character


class SpriteView:
    """A character at one output size. `rect` (x, y, width, height) bounds every change.

    `opaque` says that no picture has alpha. The arrays must not be changed.
    """

    def __init__(self, layers: Mapping[_Layer, Rgba], rest: int, opaque: bool) -> None:
        self._layers = layers
        self._rest = layers[rest, 0]
        self.opaque = opaque
        self.height, self.width = self._rest.shape[:2]
        self.rect = _changes(list(layers.values()))

    def shot(self, shares: Mapping[_Layer, float]) -> SpriteShot:
        """The picture of an expression."""
        x, y, width, height = self.rect
        here = slice(y, y + height), slice(x, x + width)
        rgba = self._rest.copy()
        if width and height:
            rgba[here] = _mixed([(self._layers[at][here], share) for at, share in shares.items()])
        return SpriteShot(rgba, self.rect, self.opaque)


class SpriteShot:
    """One composed picture, shaped as `emopic_engine.frames` wants its views."""

    def __init__(self, rgba: Rgba, rect: Rect, opaque: bool) -> None:
        self.height, self.width = rgba.shape[:2]
        self.rect = rect
        self.picture: Rgb = np.ascontiguousarray(rgba[..., :3])
        self.alpha: Rgb | None = None if opaque else np.ascontiguousarray(rgba[..., 3])

    def compose(self, _: None, /) -> Rgb:
        """The whole picture, uint8 [height, width, 3]."""
        return self.picture

    def compose_patch(self, _: None, /) -> Rgb:
        """Only the rectangle `rect`."""
        x, y, width, height = self.rect
        return self.picture[y : y + height, x : x + width]


@dataclass(frozen=True, eq=False)
class Sprites:
    """A drawn character. `pictures` says which label's picture shows each emotion.

    `channels` are those of `EXTRA_CHANNELS` that any of its pictures has.
    """

    pictures: Mapping[str, str]
    channels: tuple[str, ...]
    width: int
    height: int
    _places: tuple[int, ...]  # for each emotion, its picture
    _rest: int
    _layers: Mapping[_Layer, Rgba]
    _views: dict[int, SpriteView] = field(default_factory=dict, repr=False)

    def view(self, size: int | None = None) -> SpriteView:
        """The character with its longest side `size` pixels long; 0, None or more: its own."""
        longest = max(self.width, self.height)
        key = min(size or longest, longest)
        view = self._views.pop(key, None) or self._seen_at(key / longest)
        self._views[key] = view
        while len(self._views) > VIEWS:
            del self._views[next(iter(self._views))]
        return view

    def before(self, behind: Rgb) -> Sprites:
        """The same character before a background uint8 [height, width, 3]; nothing shines through.

        Standing in front of it and mixing may change places, since what is mixed has its colours
        weighted by alpha.
        """
        layers = {at: _before(rgba, behind) for at, rgba in self._layers.items()}
        return replace(self, _layers=layers, _views={})

    def shares(self, expression: Sequence[float]) -> dict[_Layer, float]:
        """How much of each layer an expression shows; the shares sum to 1 and may be negative.

        `expression` has a weight for each emotion, and may go on with one for each extra channel.
        """
        weights = expression[: len(self._places)]
        extras = expression[len(self._places) :]
        total = sum(weights)
        scale = 1.0 / max(1.0, total)
        shown: dict[int, float] = {self._rest: max(0.0, 1.0 - total)}
        for place, weight in zip(self._places, weights, strict=True):
            shown[place] = shown.get(place, 0.0) + weight * scale
        layers: dict[_Layer, float] = {}
        for place, share in shown.items():
            for channel, weight in enumerate(extras, 1):
                if weight and (place, channel) in self._layers:
                    layers[place, channel] = share * weight
            moved = sum(part for (at, _), part in layers.items() if at == place)
            layers[place, 0] = share - moved
        return {layer: share for layer, share in layers.items() if share}

    def _seen_at(self, scale: float) -> SpriteView:
        size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        layers = {at: _resized(rgba, size) for at, rgba in self._layers.items()}
        opaque = all(int(rgba[..., 3].min()) == 255 for rgba in self._layers.values())
        return SpriteView(layers, self._rest, opaque)


def _before(rgba: Rgba, behind: Rgb) -> Rgba:
    share = rgba[..., 3].astype(np.float32) / 255
    rgb = cv2.blendLinear(np.ascontiguousarray(rgba[..., :3]), behind, share, 1 - share)
    return np.dstack([np.asarray(rgb, np.uint8), np.full(share.shape, 255, np.uint8)])


def read_sprites(data: bytes, emotions: Emotions, limits: codec.PictureLimits) -> Sprites:
    """The character that a ZIP of pictures is. Raises `PictureError`; see `sprite_files.read_zip`.

    Only pictures that show an emotion are decoded; their pixels together are within
    `limits.max_pixels`, as those of one picture would be.
    """
    return build_sprites(read_zip(data, limits.max_bytes), emotions, limits)


def build_sprites(files: SpriteFiles, emotions: Emotions, limits: codec.PictureLimits) -> Sprites:
    """Decode what shows the emotions. Raises `PictureError`, which names the picture."""
    shown = files.shown(emotions.names)
    rest = files.shown(["neutral"])["neutral"]
    labels = tuple(dict.fromkeys((*shown.values(), rest)))
    wanted: dict[_Layer, SpriteFile] = {}
    for place, label in enumerate(labels):
        for channel, name in enumerate((None, *EXTRA_CHANNELS)):
            found = files.channel(label, name) if name else files.of(label)
            if found is not None:
                wanted[place, channel] = found
    layers = _stood(_decoded(wanted, limits))
    height, width = layers[0, 0].shape[:2]
    channels = (name for i, name in enumerate(EXTRA_CHANNELS, 1) if any(c == i for _, c in layers))
    return Sprites(
        pictures=shown,
        channels=tuple(channels),
        width=width,
        height=height,
        _places=tuple(labels.index(shown[name]) for name in emotions.names),
        _rest=labels.index(rest),
        _layers=layers,
    )


def _decoded(files: Mapping[_Layer, SpriteFile], limits: codec.PictureLimits) -> dict[_Layer, Rgba]:
    layers: dict[_Layer, Rgba] = {}
    pixels = 0
    for at, item in files.items():
        try:
            rgb, alpha = codec.decode(item.data, limits)
        except PictureError as error:
            raise PictureError(f"{item.name}: {error.message}", code=error.code) from error
        pixels += rgb.shape[0] * rgb.shape[1]
        if pixels > limits.max_pixels:
            raise PictureError(
                f"the {len(files)} pictures that show emotions have more than "
                f"{limits.max_pixels:,} pixels together: make them smaller",
                code="picture_too_large",
            )
        opaque = np.full(rgb.shape[:2], 255, np.uint8) if alpha is None else alpha
        layers[at] = np.dstack([rgb, opaque])
    return layers


def _stood(layers: dict[_Layer, Rgba]) -> dict[_Layer, Rgba]:
    """All on one ground: as wide and as high as the largest, in the middle at the bottom."""
    height = max(rgba.shape[0] for rgba in layers.values())
    width = max(rgba.shape[1] for rgba in layers.values())
    return {at: _on_ground(rgba, width, height) for at, rgba in layers.items()}


def _on_ground(rgba: Rgba, width: int, height: int) -> Rgba:
    rows, columns = rgba.shape[:2]
    if (columns, rows) == (width, height):
        return rgba
    ground = np.zeros((height, width, 4), np.uint8)
    left = (width - columns) // 2
    ground[height - rows :, left : left + columns] = rgba
    return ground


def _resized(rgba: Rgba, size: tuple[int, int]) -> Rgba:
    """At another size (width, height); transparent pixels lend their colour no weight."""
    if rgba.shape[1::-1] == size:
        return rgba
    small = cv2.resize(_premultiplied(rgba), size, interpolation=cv2.INTER_AREA)
    return _straight(np.asarray(small, np.float32))


def _mixed(parts: Sequence[tuple[Rgba, float]]) -> Rgba:
    """The pictures by their shares; one alone is itself."""
    if len(parts) == 1:
        return parts[0][0]
    mixed = _premultiplied(parts[0][0]) * np.float32(parts[0][1])
    for rgba, share in parts[1:]:
        mixed += _premultiplied(rgba) * np.float32(share)
    return _straight(mixed)


def _premultiplied(rgba: Rgba) -> NDArray[np.float32]:
    values = rgba.astype(np.float32)
    values[..., :3] *= values[..., 3:] / 255
    return values


def _straight(values: NDArray[np.float32]) -> Rgba:
    alpha = np.clip(values[..., 3:], 0, 255)
    values[..., :3] *= 255 / np.maximum(alpha, 1e-3)
    values[..., 3:] = alpha
    rounded: Rgba = (np.clip(values, 0, 255) + 0.5).astype(np.uint8)
    return rounded


def _changes(layers: Sequence[Rgba]) -> Rect:
    """The smallest rectangle outside of which all pictures are the same."""
    first = layers[0]
    differs = np.zeros(first.shape[:2], bool)
    for other in layers[1:]:
        differs |= (first != other).any(-1)
    if not differs.any():
        return (0, 0, 0, 0)
    rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
    left, top = int(columns[0]), int(rows[0])
    return (left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)
