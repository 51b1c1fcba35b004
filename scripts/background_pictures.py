"""`python scripts/background_pictures.py [PHOTO …]`: docs/images/backgrounds.jpg, and figures.

The built-in characters, rendered and drawn, stand before cluttered backgrounds, each of their
emotions before another one; their own alpha is the truth. Photographs have none: look at them. From
left to right: the picture, its matte, before a light and a dark colour, and a piece of the edge
enlarged. Prints how well the built-in ones were cut out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from emopic_engine.data.faces.backdrops import sample_backdrop
from emopic_engine.engine import Engine, EngineConfig, RegisteredFace, RenderJob
from emopic_engine.face.codec import decode, encode
from emopic_engine.face.model import Face
from emopic_engine.train.matte_eval import measures

OUT = Path("docs/images/backgrounds.jpg")
SIDE, ROW = 384, 240  # pixels of a character; of a row of the sheet
LIGHT, DARK = (236, 238, 242), (28, 30, 38)
SHOWN = 1  # emotions of a character on the sheet
Rgb = NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path, help="photographs to show as well")
    parser.add_argument("--backend", default="openvino")
    parser.add_argument("--out", default=OUT, type=Path)
    arguments = parser.parse_args()
    engine = Engine.load(EngineConfig(backend=arguments.backend))
    rows, figures = [], {}
    for number, item in enumerate(engine.builtins):
        found = [_cut(engine, item.id, column, number) for column in range(len(engine.emotions))]
        rows += [_row(rgb, alpha) for rgb, alpha, _ in found[:SHOWN]]
        means = np.mean([row for _, _, row in found], 0)
        names = ("iou", "error", "edge_error")
        figures[item.id] = {n: round(float(v), 4) for n, v in zip(names, means, strict=True)}
    for path in arguments.photos:
        rgb, _ = decode(path.read_bytes())
        rows.append(_row(rgb, _matte(engine, rgb)))
    width = max(row.shape[1] for row in rows)
    padded = [cv2.copyMakeBorder(r, 0, 4, 0, width - r.shape[1], 0, value=LIGHT) for r in rows]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    sheet = np.concatenate(padded)[..., ::-1]
    cv2.imwrite(str(arguments.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 88])
    Console().print_json(json.dumps(figures))


def _cut(
    engine: Engine, name: str, column: int, seed: int
) -> tuple[Rgb, Rgb, tuple[float, float, float]]:
    """A character with one emotion before clutter, the matte, and its figures."""
    drawn, truth = _frame(engine, engine.builtin(name), column)
    assert truth is not None
    rng = np.random.default_rng([seed, column])
    behind = sample_backdrop(rng, max(drawn.shape[:2]), (), ())[: drawn.shape[0], : drawn.shape[1]]
    share = truth.astype(np.float32) / 255
    mixed = cv2.blendLinear(drawn, np.ascontiguousarray(behind), share, 1 - share)
    rgb = np.asarray(mixed, np.uint8)
    alpha = _matte(engine, rgb)
    return rgb, alpha, measures(alpha, truth)


def _frame(engine: Engine, face: RegisteredFace, column: int) -> tuple[Rgb, Rgb | None]:
    expression = tuple(float(i == column) for i in range(len(engine.emotions)))
    (picture,) = engine.render([RenderJob(face, expression, size=SIDE, format="png")])
    if isinstance(picture, Exception):
        raise picture
    return decode(picture.data)


def _matte(engine: Engine, rgb: Rgb) -> Rgb:
    face = engine.register(encode(rgb, None, "png"), background="transparent").face
    assert isinstance(face, Face)
    assert face.alpha is not None
    return face.alpha


def _row(rgb: Rgb, alpha: Rgb) -> Rgb:
    share = alpha.astype(np.float32) / 255
    grounds = [np.full_like(rgb, colour) for colour in (LIGHT, DARK)]
    laid = [
        np.asarray(cv2.blendLinear(rgb, ground, share, 1 - share), np.uint8) for ground in grounds
    ]
    cells = [rgb, np.repeat(alpha[..., None], 3, -1), *laid]
    width = round(rgb.shape[1] * ROW / rgb.shape[0])
    sized = [cv2.resize(cell, (width, ROW), interpolation=cv2.INTER_AREA) for cell in cells]
    return np.concatenate([*sized, *(_enlarged(cell, alpha) for cell in laid)], 1)


def _enlarged(picture: Rgb, alpha: Rgb) -> Rgb:
    """The quarter in which most of the edge is partly transparent: hair, as a rule."""
    side = min(picture.shape[:2]) // 4
    partial = ((alpha > 25) & (alpha < 230)).astype(np.float32)
    sums = cv2.blur(partial, (side, side))[side // 2 : -side // 2, side // 2 : -side // 2]
    top, left = np.unravel_index(int(sums.argmax()), sums.shape)
    part = picture[top : top + side, left : left + side]
    return np.asarray(cv2.resize(part, (ROW, ROW), interpolation=cv2.INTER_NEAREST), np.uint8)


if __name__ == "__main__":
    main()
