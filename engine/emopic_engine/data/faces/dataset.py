"""The face data set on disk: shards of pictures, expressions and flows, split by identity.

`shard-00012.npz` holds people 12 × 25 … 12 × 25 + 24; person `i` depends on the seed and on `i`
alone, so shards may be made in any order and by several processes. The last shards of a set are
held out: `manifest.json` says how many.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from emopic_engine.errors import DataError
from emopic_engine.face.geometry import CROP

from .actions import EMOTIONS, Weights, expression_units, mixed_expression, one_hot, photo_units

PER_SHARD = 25
MIXED, PHOTOS = 2, 2  # pictures per person beyond the six full expressions
SHOTS = len(EMOTIONS) + MIXED + PHOTOS
HELD_OUT = 0.04  # share of people kept for evaluation
VERSION = 1

if TYPE_CHECKING:
    from .renderer import Renderer


@dataclass(frozen=True)
class Manifest:
    """What a data set holds."""

    identities: int
    seed: int
    held_out: int  # the last so many people
    emotions: tuple[str, ...] = EMOTIONS
    shots: int = SHOTS
    size: int = CROP
    version: int = VERSION


@dataclass(frozen=True)
class Shots:
    """Pictures of people. The first six are the full expressions in the order of `EMOTIONS`, then
    mixtures, then photo-like faces, whose expression is all -1 because no expression names them.
    """

    pictures: NDArray[np.uint8]  # [P, S, 128, 128, 3]
    expressions: NDArray[np.float32]  # [P, S, 6]
    to_rest: NDArray[np.float16]  # [P, S, 64, 64, 3] flow to the neutral picture, and validity
    from_rest: NDArray[np.float16]  # [P, S, 64, 64, 3] flow from the neutral picture


def make_faces(out: Path, identities: int, seed: int, workers: int) -> None:
    """Render a data set into `out`, showing progress. Finished shards are kept and skipped.

    Raises `DataError` when `out` holds another set.
    """
    count = -(-identities // PER_SHARD)
    held_out = max(1, round(count * HELD_OUT)) * PER_SHARD
    out.mkdir(parents=True, exist_ok=True)
    _write_manifest(out, Manifest(count * PER_SHARD, seed, held_out))
    # the held-out shards first, so that training can start before the last one is there
    first_held = count - held_out // PER_SHARD
    order = [*range(first_held, count), *range(first_held)]
    todo = [index for index in order if not shard_path(out, index).exists()]
    with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
        jobs = [pool.submit(_make_shard, out, seed, index) for index in todo]
        for job in track(as_completed(jobs), "Drawing faces", total=len(jobs)):
            job.result()


def shard_path(folder: Path, index: int) -> Path:
    """The file of one shard."""
    return folder / f"shard-{index:05d}.npz"


def read_manifest(folder: Path) -> Manifest:
    """Raises `DataError` when the folder holds no face data of this version."""
    try:
        values = json.loads((folder / "manifest.json").read_text())
        manifest = Manifest(**{**values, "emotions": tuple(values["emotions"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{folder} holds no face data; make it with: emopic data faces") from error
    if manifest.version != VERSION:
        raise DataError(f"{folder} holds face data of version {manifest.version}, not {VERSION}")
    return manifest


def read_shards(folder: Path, *, held_out: bool) -> Iterator[Shots]:
    """The finished shards of one side of the split, in order."""
    manifest = read_manifest(folder)
    first_held = (manifest.identities - manifest.held_out) // PER_SHARD
    for index in range(manifest.identities // PER_SHARD):
        path = shard_path(folder, index)
        if (index >= first_held) == held_out and path.exists():
            with np.load(path) as file:
                yield Shots(**{name: file[name] for name in Shots.__dataclass_fields__})


def _write_manifest(out: Path, manifest: Manifest) -> None:
    path = out / "manifest.json"
    if path.exists() and read_manifest(out) != manifest:
        raise DataError(f"{out} already holds another set: choose a new folder or delete it")
    path.write_text(json.dumps(asdict(manifest), indent=2) + "\n")


def _one_thread() -> None:
    """Mesa draws with all cores by default; here every worker is one."""
    os.environ["LP_NUM_THREADS"] = "1"


def _make_shard(out: Path, seed: int, index: int) -> None:
    from .head import load_head
    from .renderer import Renderer

    global _renderer
    if _renderer is None:
        _renderer = Renderer(load_head(), CROP)
    people = range(index * PER_SHARD, (index + 1) * PER_SHARD)
    shots = [draw_person(_renderer, np.random.default_rng([seed, person])) for person in people]
    columns = {name: np.stack([s[name] for s in shots]) for name in shots[0]}
    temporary = out / f".{index}.{os.getpid()}.npz"
    save: Any = np.savez  # its stub takes the names for its own options
    save(temporary, **columns)
    temporary.replace(shard_path(out, index))


_renderer: Any = None  # one per worker process: making it takes seconds


def draw_person(renderer: Renderer, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """All shots of one random person; the arrays of `Shots` without their first axis."""
    from .people import sample_person
    from .scene import sample_scene

    take = renderer.take(sample_person(renderer.head, rng), sample_scene(rng))
    shots = list(_shots(rng))
    flows = [renderer.flows(take, units) for _, units in shots]
    return {
        "pictures": np.stack([renderer.picture(take, units) for _, units in shots]),
        "expressions": np.stack([expression for expression, _ in shots]),
        "to_rest": np.stack([there for there, _ in flows]).astype(np.float16),
        "from_rest": np.stack([back for _, back in flows]).astype(np.float16),
    }


def _shots(rng: np.random.Generator) -> Iterator[tuple[NDArray[np.float32], Weights]]:
    for emotion in EMOTIONS:
        yield one_hot(emotion), expression_units(one_hot(emotion))
    for _ in range(MIXED):
        expression = mixed_expression(rng)
        yield expression, expression_units(expression)
    for _ in range(PHOTOS):
        yield np.full(len(EMOTIONS), -1, np.float32), photo_units(rng)
