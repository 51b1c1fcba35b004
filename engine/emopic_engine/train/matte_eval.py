"""How well people are cut out: held-out renders, whose alpha is exact, on backgrounds of all kinds.

IoU is that of the masks at alpha ½. The mean error counts all pixels, the edge's error those within
a few pixels of where the true alpha is partial or changes. Each is given for the network alone and
with its edges refined, and for each look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from emopic_engine.backends import load_backend
from emopic_engine.data.faces.backdrops import sample_backdrop
from emopic_engine.data.faces.looks import LOOKS
from emopic_engine.face.cutout import refined
from emopic_engine.face.matte_graph import MATTE_SIDE, matte_graph

from .matte_data import Cutout, Sample, plain_sample, read_cutouts, read_photos

BAND: Final = 7  # pixels across the edge that counts as such
HALF: Final = 127
SHEET: Final = (4, 6)  # rows and columns of people
SEED: Final = 20  # of the backgrounds
Rgb = NDArray[np.uint8]


def evaluate_matte(
    data: Path,
    model: Path,
    photos: Path | None,
    *,
    people: int = 100,
    backend: str = "openvino",
    sheet: Path | None = None,
) -> dict[str, Any]:
    """Figures over the held-out people, three pictures of each. Raises `DataError`, `ModelError`.

    The backgrounds depend on the place in the set alone: two models see the same pictures.
    """
    cutouts = read_cutouts(data, held_out=True, people=people)
    run = load_backend(backend, threads=1).compile(matte_graph(model))
    stray = read_photos(photos)
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    tiles: list[Rgb] = []
    for number, cutout in enumerate(track(cutouts, "Cutting out")):
        sample = _sample(number, cutout, cutouts, stray)
        (answer,) = run(sample.network_input()[None])
        final = refined(sample.picture, answer[0, 0])
        coarse = (answer[0, 0] * 255 + 0.5).astype(np.uint8)
        row = (*measures(coarse, sample.alpha), *measures(final, sample.alpha))
        kinds = (LOOKS[cutout.look], "crops" if cutout.close else "portraits", "all")
        for kind in kinds:
            rows[kind].append(row)
        if len(tiles) < SHEET[0] * SHEET[1] and not cutout.close:
            tiles.append(_tile(sample, final))
    if sheet is not None:
        _write_sheet(sheet, tiles)
    return {kind: _means(found) for kind, found in sorted(rows.items())}


def measures(alpha: Rgb, truth: Rgb) -> tuple[float, float, float]:
    """IoU, mean error and the edge's error of alpha uint8 [H, W] beside the truth, all in [0, 1].

    Two empty masks agree: 1.
    """
    ours, theirs = alpha > HALF, truth > HALF
    union = int((ours | theirs).sum())
    iou = float((ours & theirs).sum() / union) if union else 1.0
    error = np.abs(alpha.astype(np.float32) - truth) / 255
    kernel = np.ones((BAND, BAND), np.uint8)
    edge = (cv2.dilate(truth, kernel) != cv2.erode(truth, kernel)) if truth.any() else ours
    return iou, float(error.mean()), float(error[edge].mean()) if edge.any() else 0.0


def _sample(
    number: int, cutout: Cutout, cutouts: Sequence[Cutout], photos: Sequence[Rgb]
) -> Sample:
    rng = np.random.default_rng([SEED, number])
    other = cutouts[int(rng.integers(len(cutouts)))].rgb
    return plain_sample(cutout, sample_backdrop(rng, MATTE_SIDE, photos, (other,)))


def _means(rows: Sequence[tuple[float, ...]]) -> dict[str, float]:
    names = ("iou", "error", "edge_error")
    labels = [f"network_{name}" for name in names] + list(names)
    means = np.mean(np.array(rows), 0)
    worst = float(np.quantile([row[3] for row in rows], 0.05))
    found = {name: round(float(value), 4) for name, value in zip(labels, means, strict=True)}
    return {"pictures": len(rows), **found, "iou_worst_5_percent": round(worst, 4)}


def _tile(sample: Sample, alpha: Rgb) -> Rgb:
    """Picture, truth, answer, and the person before plain green."""
    share = alpha[..., None].astype(np.float32) / 255
    green = (sample.picture * share + np.array((60, 170, 90)) * (1 - share)).astype(np.uint8)
    masks = [np.repeat(mask[..., None], 3, -1) for mask in (sample.alpha, alpha)]
    return np.concatenate([sample.picture, *masks, green], 0)


def _write_sheet(path: Path, tiles: Sequence[Rgb]) -> None:
    columns = SHEET[1]
    lines = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles), columns)]
    whole = np.concatenate([line for line in lines if line.shape == lines[0].shape])
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), whole[..., ::-1])
