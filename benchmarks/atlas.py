"""How fine expressions are quantised, and what the atlas makes of it.

`python -m benchmarks.atlas steps`   how much a picture changes from one step to the next
`python -m benchmarks.atlas replay`  how often a chat finds its frames in the atlas
`python -m benchmarks.atlas keep`    how many of them a watcher need not be sent again

`steps` renders the way from neutral to every emotion, of every built-in picture, with 8, 16 and 32
steps, at 256 px. `replay` lets the text model read the test lines, moves one face with them at 30
frames a second, one line each four seconds, and counts the frames that had been rendered before.
`keep` plays the same chat to watchers who keep so many pictures.
All write `benchmarks/results/atlas.json`; `steps` also the picture in `docs/images/`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from emopic_client.wire import FrameOptions
from emopic_engine.backends import load_backend
from emopic_engine.data.lines import read_tsv
from emopic_engine.emotions import EXTRA_CHANNELS
from emopic_engine.engine import MODELS, Engine
from emopic_engine.face import codec
from emopic_engine.face.model import Face, FaceModel, Maps
from emopic_engine.text.model import Scores
from emopic_server.core import animator, movement
from emopic_server.core.animator import Animator, Knobs
from emopic_server.core.shelf import Shelf
from emopic_server.core.watch import View

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "atlas.json"
PICTURE = ROOT / "docs" / "images" / "frame_steps.jpg"
LINES = ROOT / "engine" / "emopic_engine" / "data" / "lines_ko"
SIZE = 256
STEPS = (8, 16, 32, 64)
PLACES = (8, 16, 32, 64, 128, 256)
VISIBLE = 2.3  # CIELAB ΔE*ab that half of all people see side by side (Mahy 1994)

Rgb = NDArray[np.uint8]


# ── steps ────────────────────────────────────────────────────────────────────────────────────────


def way(model: FaceModel, face: Face, emotion: str, steps: int) -> list[Maps]:
    """The generator's answers from neutral to an emotion."""
    rows = []
    for step in range(steps + 1):
        row = np.zeros(len(model.channels), np.float32)
        row[model.channels.index(emotion)] = step / steps
        row[model.channels.index("neutral")] = 1 - step / steps
        rows.append((face, row))
    return model.render(rows)


def farthest(a: Maps, b: Maps, face: Face) -> float:
    """The largest difference of displacement of what is not painted over, in pixels."""
    width = float(face.view(SIZE).rect[2])
    left = 1 - np.maximum(_cover(a), _cover(b))
    return float((np.linalg.norm((a.flow - b.flow) * width, axis=-1) * left).max())


def _cover(maps: Maps) -> NDArray[np.float32]:
    """How much of each pixel is painted over, [S, S] in [0, 1]."""
    return np.asarray((maps.paint[..., 3] + 1) / 2, np.float32)


def change(a: Rgb, b: Rgb) -> dict[str, float]:
    """How different two pictures of a face are."""
    delta = a.astype(np.float64) - b
    lab = [cv2.cvtColor(p.astype(np.float32) / 255, cv2.COLOR_RGB2Lab) for p in (a, b)]
    seen = np.linalg.norm(lab[0] - lab[1], axis=-1)
    return {
        "mean_difference": float(np.abs(delta).mean()),
        "psnr_db": float(10 * np.log10(255**2 / max(1e-9, np.square(delta).mean()))),
        "visible_share": float((seen > VISIBLE).mean()),
    }


def steps_of(model: FaceModel, face: Face, emotion: str, steps: int) -> list[dict[str, float]]:
    """What changes in each step of one way; over the rectangle that can change at all."""
    maps = way(model, face, emotion, steps)
    pictures = [face.view(SIZE).compose_patch(m) for m in maps]
    return [
        change(pictures[i], pictures[i + 1]) | {"movement_px": farthest(maps[i], maps[i + 1], face)}
        for i in range(steps)
    ]


def summary(found: list[dict[str, float]]) -> dict[str, float]:
    """The mean over all steps, and the worst of them."""
    return {
        "mean_difference": np.mean([f["mean_difference"] for f in found]).round(3).item(),
        "psnr_db_mean": np.mean([f["psnr_db"] for f in found]).round(1).item(),
        "psnr_db_worst": round(min(f["psnr_db"] for f in found), 1),
        "visible_share_mean": np.mean([f["visible_share"] for f in found]).round(4).item(),
        "visible_share_worst": round(max(f["visible_share"] for f in found), 4),
        "movement_px_mean": np.mean([f["movement_px"] for f in found]).round(2).item(),
        "movement_px_worst": round(max(f["movement_px"] for f in found), 2),
    }


def measure_steps() -> dict[str, Any]:
    """The table of `steps`, and the picture."""
    model = FaceModel(MODELS / "live", MODELS / "face_detector", load_backend("openvino"))
    files = sorted((MODELS / "characters").glob("*.png"))
    faces = [model.register(*codec.decode(file.read_bytes())) for file in files]
    moods = [name for name in model.channels if name not in ("neutral", *EXTRA_CHANNELS)]
    result: dict[str, Any] = {"size": SIZE, "faces": len(faces), "emotions": moods}
    for steps in STEPS[:3]:
        jobs = [(face, mood) for face in faces for mood in moods]
        found = [
            step
            for face, mood in track(jobs, f"{steps} steps")
            for step in steps_of(model, face, mood, steps)
        ]
        result[str(steps)] = summary(found)
    draw(model, faces[0])
    return result


def draw(model: FaceModel, face: Face) -> None:
    """Every fourth of 16 steps to joy; below, what one step changes, eight times as strong."""
    pictures = [face.view(SIZE).compose(m) for m in way(model, face, "joy", 16)]
    upper = np.concatenate([pictures[i] for i in (0, 4, 8, 12, 16)], 1)
    changes = [_amplified(pictures[i], pictures[max(0, i - 1)]) for i in (0, 4, 8, 12, 16)]
    both = np.concatenate([upper, np.concatenate(changes, 1)])
    PICTURE.write_bytes(codec.encode(both, None, "jpeg", 80))


def _amplified(a: Rgb, b: Rgb) -> Rgb:
    return np.clip(128 + 8 * (a.astype(int) - b), 0, 255).astype(np.uint8)


# ── replay ───────────────────────────────────────────────────────────────────────────────────────


def scores_of(engine: Engine) -> list[tuple[float, ...]]:
    """What the text model says of the test lines, in a fixed random order."""
    files = [LINES / f"{name}.tsv" for name in ("dev", "hard", "short", "held")]
    lines = [line.text for file in files for line in read_tsv(file, engine.emotions)]
    np.random.default_rng(0).shuffle(lines)
    batches = [lines[i : i + 16] for i in range(0, len(lines), 16)]
    answers = [a for batch in track(batches, "reading") for a in engine.classify(batch)]
    return [tuple(map(float, a.values)) for a in answers if isinstance(a, Scores)]


def shown(
    scores: list[tuple[float, ...]], neutral: int | None, gap_s: float
) -> tuple[list[Any], list[int]]:
    """Every expression that one watcher at 30 frames a second is shown, in order.

    The second list has the places of those that follow a line at once.
    """
    face = Animator(len(scores[0]), neutral, Knobs())
    view = View(1, ("session", "a"), FrameOptions())
    frames: list[Any] = []
    firsts: list[int] = []
    for number, row in enumerate(scores):
        now, end = number * gap_s, (number + 1) * gap_s
        if face.feel(row, now):
            view.hurry(now)
            firsts.append(len(frames))
        while now < end:
            expression = view.sample(face, now)
            if expression is not None:
                frames.append(expression)
            due = view.due(face, now)
            now = end if due is None else max(due, now)
    return frames, [place for place in dict.fromkeys(firsts) if place < len(frames)]


@contextmanager
def quantised(steps: int) -> Iterator[None]:
    """Expressions in other steps than the server's, to see what these would do."""
    with patch.object(animator, "STEPS", steps), patch.object(movement, "STEPS", steps):
        yield


def pure(emotions: int, neutral: int, steps: int) -> set[tuple[float, ...]]:
    """What a bake renders: the ways from neutral to every emotion."""
    rows = set()
    for emotion in range(emotions):
        for step in range(steps + 1):
            row = [0.0] * emotions
            row[neutral] = 1 - step / steps
            row[emotion] = row[emotion] + step / steps
            rows.add(tuple(row))
    return rows


def hits(frames: list[Any], known: set[Any]) -> list[bool]:
    """Which frames had been rendered before."""
    seen = set(known)
    result = []
    for frame in frames:
        result.append(frame in seen)
        seen.add(frame)
    return result


def measure_replay(gap_s: float = 4.0) -> dict[str, Any]:
    """The table of `replay`."""
    engine = Engine.load()
    scores, neutral = scores_of(engine), engine.emotions.neutral
    assert neutral is not None
    result: dict[str, Any] = {"lines": len(scores), "gap_s": gap_s}
    for steps in STEPS:
        with quantised(steps):
            frames, firsts = shown(scores, neutral, gap_s)
        cold = hits(frames, set())
        baked = hits(frames, pure(len(scores[0]), neutral, steps))
        early = len(frames) // 10
        soon = firsts[:100]
        result[str(steps)] = {
            "frames": len(frames),
            "distinct": len(set(frames)),
            "hit_rate": round(sum(cold) / len(cold), 3),
            "hit_rate_first_tenth": round(sum(cold[:early]) / early, 3),
            "hit_rate_last_tenth": round(sum(cold[-early:]) / early, 3),
            "first_frames": round(sum(cold[i] for i in firsts) / len(firsts), 3),
            "first_frames_of_100_lines": round(sum(cold[i] for i in soon) / len(soon), 3),
            "hit_rate_baked": round(sum(baked) / len(baked), 3),
            "hit_rate_baked_first_tenth": round(sum(baked[:early]) / early, 3),
            "first_frames_baked": round(sum(baked[i] for i in firsts) / len(firsts), 3),
            "first_frames_of_100_lines_baked": round(sum(baked[i] for i in soon) / len(soon), 3),
            "steps_between_frames": round(
                steps * float(np.mean([max(map(_gap, a, b)) for a, b in pairwise(frames)])), 2
            ),
        }
    return result


def measure_keep(gap_s: float = 4.0) -> dict[str, Any]:
    """The table of `keep`: the share of frames that come without their picture."""
    engine = Engine.load()
    frames, _ = shown(scores_of(engine), engine.emotions.neutral, gap_s)
    names = [repr(expression).encode() for expression in frames]
    result: dict[str, Any] = {"frames": len(frames), "distinct": len(set(names))}
    for places in PLACES:
        shelf = Shelf(places)
        result[str(places)] = round(sum(shelf.put(name)[1] for name in names) / len(names), 3)
    return result


def _gap(a: float, b: float) -> float:
    return abs(a - b)


def main() -> None:
    """Measure what is named on the command line."""
    known = {"steps": measure_steps, "replay": measure_replay, "keep": measure_keep}
    names = sys.argv[1:] or list(known)
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"unknown: {' '.join(unknown)}; choose from: {' '.join(known)}")
    for name in names:
        found = known[name]()
        print(json.dumps(found, indent=2))
        result = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
        result[name] = found
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
