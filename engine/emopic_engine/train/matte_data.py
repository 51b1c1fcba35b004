"""What the matting network learns from: cut-out renders on backgrounds that change every time.

The alpha of the wide pictures and crops of a face data set is exact. Each sample is a person with
other colours and clothes, moved, squeezed and cut, on a new background, then degraded as uploads
are. Nothing is stored: a generator of random numbers decides a sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.data.faces.actions import NEUTRAL
from emopic_engine.data.faces.backdrops import sample_backdrop
from emopic_engine.data.faces.dataset import PER_SHARD, read_manifest, shard_path
from emopic_engine.data.faces.degrade import degraded, sample_degradation
from emopic_engine.errors import DataError
from emopic_engine.face.cutout import freed
from emopic_engine.face.geometry import CANONICAL, Floats, fit_similarity
from emopic_engine.face.matte_graph import MATTE_SIDE
from emopic_engine.face.matting import hint

Rgb = NDArray[np.uint8]
Affine = NDArray[np.float64]  # [2, 3], in fractions of the side

NAMES: Final = ("pictures", "alpha", "landmarks")
ENDINGS: Final = (".png", ".jpg", ".jpeg", ".webp")
KNOWN: Final = 0.8  # share of samples that say where the face is


@dataclass(frozen=True, eq=False)
class Cutout:
    """A person: colours freed of the background [S, S, 3], alpha [S, S], where the face is (the
    picture's fractions to the crop's), whether the picture is a crop, and its look's number."""

    rgb: Rgb
    alpha: Rgb
    place: Affine
    close: bool
    look: int


def read_cutouts(folder: Path, *, held_out: bool, people: int | None = None) -> list[Cutout]:
    """Everybody on one side of the split, or the first `people` of them, three times each.

    Raises `DataError` when no shard is there.
    """
    manifest = read_manifest(folder)
    first_held = (manifest.identities - manifest.held_out) // PER_SHARD
    last = manifest.identities // PER_SHARD
    shards = range(first_held, last) if held_out else range(first_held)
    found: list[Cutout] = []
    for path in (shard_path(folder, index) for index in shards):
        if path.exists() and (people is None or len(found) < people * 3):
            found += _shard(path)
    if not found:
        raise DataError(f"{folder} has no finished shard yet; run: emopic data faces")
    return found if people is None else found[: people * 3]


def _shard(path: Path) -> list[Cutout]:
    found = []
    with np.load(path) as file:
        wide = {name: file[f"wide_{name}"] for name in NAMES}
        close = {name: file[name][:, NEUTRAL, None] for name in NAMES}
        for person, look in enumerate(file["looks"]):
            for shots, shot in ((wide, 0), (wide, 1), (close, 0)):
                one = {name: values[person, shot] for name, values in shots.items()}
                found.append(_cutout(one, shots is close, int(look)))
    return found


def _cutout(shot: dict[str, NDArray[Any]], close: bool, look: int) -> Cutout:
    points = shot["landmarks"]
    anchors = np.stack([points[36:42].mean(0), points[42:48].mean(0), points[8]])
    place = fit_similarity(anchors.astype(np.float32), CANONICAL).astype(np.float64)
    side = (MATTE_SIDE, MATTE_SIDE)
    rgb = cv2.resize(freed(shot["pictures"], shot["alpha"]), side, interpolation=cv2.INTER_CUBIC)
    alpha = cv2.resize(shot["alpha"], side, interpolation=cv2.INTER_LINEAR)
    return Cutout(np.asarray(rgb, np.uint8), np.asarray(alpha, np.uint8), place, close, look)


def read_photos(folder: Path | None) -> list[Rgb]:
    """The pictures in a folder, as backgrounds. Raises `DataError` when it has none."""
    if folder is None:
        return []
    paths = sorted(p for p in folder.glob("*") if p.suffix.lower() in ENDINGS)
    photos = [cv2.imread(str(path), cv2.IMREAD_COLOR) for path in paths]
    if not photos or any(photo is None for photo in photos):
        raise DataError(f"{folder} holds no pictures that can be read ({', '.join(ENDINGS)})")
    return [np.asarray(photo, np.uint8)[..., ::-1].copy() for photo in photos]


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture uint8 [S, S, 3], its true alpha uint8 [S, S], the hint float32 [S, S]."""

    picture: Rgb
    alpha: Rgb
    hint: Floats

    def network_input(self) -> Floats:
        """float32 [4, S, S], as `matting.matte_input` makes it."""
        scaled = self.picture.astype(np.float32) / 127.5 - 1
        stacked = np.concatenate([scaled, self.hint[..., None]], -1)
        return np.ascontiguousarray(stacked.transpose(2, 0, 1), np.float32)


def draw_sample(
    rng: np.random.Generator,
    cutouts: Sequence[Cutout],
    photos: Sequence[Rgb],
    side: int = MATTE_SIDE,
) -> Sample:
    """One person before one background, `side` pixels square."""
    cutout = cutouts[int(rng.integers(len(cutouts)))]
    other = cutouts[int(rng.integers(len(cutouts)))].rgb
    behind = sample_backdrop(rng, side, photos, (other,))
    move = _sampled_move(rng, cutout.close)
    place = _followed(cutout.place, move)
    alpha = _moved(cutout.alpha, move, side)
    rgb = _dressed(rng, _moved(cutout.rgb, move, side), place, photos)
    if rng.random() < 0.2:
        behind = _shaded(rng, behind, alpha)
    picture = _over(_recoloured(rng, rgb), alpha, behind)
    if rng.random() < 0.6:
        picture = degraded(picture, sample_degradation(rng))
    known = rng.random() < KNOWN
    place[:, 2] += rng.normal(size=2) * 0.03
    where = hint(place, side) if known else np.zeros((side, side), np.float32)
    return Sample(picture, alpha, where)


def plain_sample(cutout: Cutout, behind: Rgb) -> Sample:
    """The person as they were drawn, before a given background; for evaluation."""
    return Sample(_over(cutout.rgb, cutout.alpha, behind), cutout.alpha, hint(cutout.place))


def _over(rgb: Rgb, alpha: Rgb, behind: Rgb) -> Rgb:
    return np.asarray(cv2.blendLinear(rgb, behind, *_shares(alpha)), np.uint8)


def _shares(alpha: Rgb) -> tuple[Floats, Floats]:
    share = alpha.astype(np.float32) / np.float32(255)
    return share, np.float32(1) - share


def _sampled_move(rng: np.random.Generator, close: bool) -> Affine:
    """From places in the sample to places in the drawing: zoom, squeeze, turn, shift, mirror."""
    zoom = rng.uniform(1.0, 1.25) if close else float(np.exp(rng.uniform(-0.4, 0.45)))
    squeeze = float(np.exp(np.clip(rng.normal() * 0.18, -0.45, 0.45)))
    turn = rng.normal() * 0.06
    spin = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    mirror = rng.choice((-1, 1))
    matrix = spin @ np.diag([mirror * squeeze / zoom, 1 / squeeze / zoom])
    room = 0.04 if close else 0.13
    middle = np.array((0.5, 0.5 if zoom > 1 else 0.42)) + rng.normal(size=2) * room * 0.5
    return np.column_stack([matrix, middle - matrix @ (0.5, 0.5)])


def _moved(picture: Rgb, move: Affine, side: int) -> Rgb:
    """Beyond the drawing's rim its last pixels go on, as shoulders do."""
    matrix = move * (len(picture) / side)
    matrix[:, 2] = move[:, 2] * len(picture) + matrix[:, :2] @ (0.5, 0.5) - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mode = cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(picture, matrix, (side, side), flags=flags, borderMode=mode))


def _followed(place: Affine, move: Affine) -> Affine:
    """First the move, then where that lies in the crop."""
    turned = place[:, :2] @ move[:, :2]
    return np.column_stack([turned, place[:, :2] @ move[:, 2] + place[:, 2]])


def _dressed(rng: np.random.Generator, rgb: Rgb, place: Affine, photos: Sequence[Rgb]) -> Rgb:
    """Half the time other clothes: below the chin some pattern, lit as the drawing is."""
    if rng.random() < 0.5:
        return rgb
    side = len(rgb)
    pattern = sample_backdrop(rng, side, photos, ()).astype(np.float32)
    line = ((np.arange(side) + 0.5) / side).astype(np.float32)
    down = place[1, 0] * line[None] + place[1, 1] * line[:, None] + place[1, 2]
    below = np.clip((down - rng.uniform(1.0, 1.3)) * 12, 0, 1).astype(np.float32)
    light = rgb.mean(-1, keepdims=True, dtype=np.float32) / max(40.0, float(rgb.mean()))
    clothes = np.clip(pattern * (0.4 + 0.6 * light), 0, 255).astype(np.uint8)
    return np.asarray(cv2.blendLinear(clothes, rgb, below, 1 - below), np.uint8)


def _recoloured(rng: np.random.Generator, rgb: Rgb) -> Rgb:
    """Another white balance, exposure, contrast; rarely grey or of any hue."""
    gamma = float(np.exp(rng.normal() * 0.25))
    gains = rng.uniform(0.7, 1.25) * (1 + rng.normal(size=3) * 0.1)
    levels = (np.linspace(0, 1, 256) ** gamma)[:, None] * gains * 255
    table = np.clip(levels, 0, 255).astype(np.uint8)[None]
    changed = np.asarray(cv2.LUT(rgb, table), np.uint8)
    kept = rng.random()
    if kept < 0.12:
        return np.asarray(
            cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8
        )
    return np.ascontiguousarray(changed[..., rng.permutation(3)]) if kept < 0.3 else changed


def _shaded(rng: np.random.Generator, behind: Rgb, alpha: Rgb) -> Rgb:
    """The person's shadow on a wall."""
    reach = len(alpha) / 10
    shift = np.array([(1, 0, rng.uniform(-reach, reach)), (0, 1, rng.uniform(-0.3, 0.9) * reach)])
    cast = cv2.warpAffine(alpha, shift, alpha.shape[::-1])
    blur = float(rng.uniform(0.1, 0.6) * reach)
    soft = cv2.GaussianBlur(cast, (0, 0), blur).astype(np.float32) / 255
    return (behind * (1 - rng.uniform(0.2, 0.6) * soft[..., None])).astype(np.uint8)
