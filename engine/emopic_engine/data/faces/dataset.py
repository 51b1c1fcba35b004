"""The face data set on disk: shards of pictures, expressions and flows, split by identity.

`shard-00012.npz` holds people 12 × 25 … 12 × 25 + 24; person `i` depends on the seed and on `i`
alone, so shards may be made in any order and by several processes. The last shards of a set are
held out: `manifest.json` says how many. Each shard is an `.npz` with the arrays of `Shots`.

Everybody has one look (see `looks.LOOKS`) and is drawn in two scenes: a crop, as the generator sees
it, in 12 expressions, and twice in a wide picture, for networks that find faces or cut them out.
Pictures are clean: noise and compression are added when they are used (`degrade.py`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
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

from .actions import (
    CHANNELS,
    EMOTIONS,
    Weights,
    expression_units,
    jittered_units,
    lively,
    mixed_expression,
    one_hot,
    photo_units,
)
from .looks import LOOKS

PER_SHARD = 25
MIXED, PHOTOS = 4, 2  # pictures per person beyond the six full expressions
SHOTS = len(EMOTIONS) + MIXED + PHOTOS
WIDE_SHOTS, WIDE_SIZE = 2, 160
HELD_OUT, FEWEST_HELD_OUT = 0.05, 80  # share of people kept for evaluation, where there are enough
VERSION = 2

if TYPE_CHECKING:
    from .mesh import Take
    from .renderer import Renderer


@dataclass(frozen=True)
class Manifest:
    """What a data set holds."""

    identities: int
    seed: int
    held_out: int  # the last so many people
    channels: tuple[str, ...] = CHANNELS
    looks: tuple[str, ...] = LOOKS
    shots: int = SHOTS
    wide: int = WIDE_SHOTS
    size: int = CROP
    version: int = VERSION

    @property
    def emotions(self) -> tuple[str, ...]:
        """The channels that are emotions."""
        return self.channels[: len(EMOTIONS)]


@dataclass(frozen=True)
class Shots:
    """Pictures of P people, S = 12 each.

    Shots 0 to 5 are the full expressions in the order of `EMOTIONS`, so shot 3 is the person at
    rest. Then four mixtures of any strength: the first as it is, two with lids or mouth moved on
    top, one at rest but for lids or mouth. Then two that are sources only, whose expression is all
    -1 because no expression names them: jittered actions, and faces as on photos.

    Places are fractions of the picture's side from its top left corner.
    """

    pictures: NDArray[np.uint8]  # [P, S, size, size, 3]
    alpha: NDArray[np.uint8]  # [P, S, size, size] how much of each pixel is the person, exact
    expressions: NDArray[np.float32]  # [P, S, 8] in the order of `actions.CHANNELS`
    to_rest: NDArray[np.float16]  # [P, S, 64, 64, 3] flow to the neutral picture, and validity
    from_rest: NDArray[np.float16]  # [P, S, 64, 64, 3] flow from the neutral picture
    landmarks: NDArray[np.float32]  # [P, S, 68, 2] iBUG order; hidden ones are where they would be
    boxes: NDArray[
        np.float32
    ]  # [P, S, 4] left, top, right, bottom: brows' tops to chin, ear to ear
    looks: NDArray[np.uint8]  # [P] index into `looks.LOOKS`
    wide_pictures: NDArray[np.uint8]  # [P, 2, 160, 160, 3] other scenes of the same people
    wide_alpha: NDArray[np.uint8]  # [P, 2, 160, 160]
    wide_expressions: NDArray[np.float32]  # [P, 2, 8]
    wide_landmarks: NDArray[np.float32]  # [P, 2, 68, 2] may lie outside the picture
    wide_boxes: NDArray[np.float32]  # [P, 2, 4]


def make_faces(out: Path, identities: int, seed: int, workers: int, *, size: int = CROP) -> None:
    """Render a data set into `out`, showing progress. Finished shards are kept and skipped.

    `size` is the side of the crops in pixels.

    Raises `DataError` when `out` holds another set.
    """
    count = -(-identities // PER_SHARD)
    held_out = held_out_shards(count) * PER_SHARD
    out.mkdir(parents=True, exist_ok=True)
    _write_manifest(out, Manifest(count * PER_SHARD, seed, held_out, size=size))
    # the held-out shards first, so that training can start before the last one is there
    first_held = count - held_out // PER_SHARD
    order = [*range(first_held, count), *range(first_held)]
    todo = [index for index in order if not shard_path(out, index).exists()]
    with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
        jobs = [pool.submit(_make_shard, out, seed, index, size) for index in todo]
        for job in track(as_completed(jobs), "Drawing faces", total=len(jobs)):
            job.result()


def held_out_shards(count: int) -> int:
    """How many of `count` shards are kept for evaluation: at least 80 people, never over half."""
    wanted = max(round(count * HELD_OUT), -(-FEWEST_HELD_OUT // PER_SHARD))
    return max(1, min(wanted, count // 2))


def shard_path(folder: Path, index: int) -> Path:
    """The file of one shard."""
    return folder / f"shard-{index:05d}.npz"


def read_manifest(folder: Path) -> Manifest:
    """Raises `DataError` when the folder holds no face data of this version."""
    try:
        values = json.loads((folder / "manifest.json").read_text())
        version = values["version"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{folder} holds no face data; make it with: emopic data faces") from error
    if version != VERSION:
        raise DataError(
            f"{folder} holds face data of version {version}, not {VERSION}: "
            "draw it again into a new folder with: emopic data faces"
        )
    try:
        lists = {name: tuple(values[name]) for name in ("channels", "looks")}
        return Manifest(**{**values, **lists})
    except (TypeError, KeyError) as error:
        raise DataError(f"{folder}/manifest.json is not one of version {VERSION}") from error


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
    os.environ["LP_NUM_THREADS"] = "0"  # the calling thread draws


def _make_shard(out: Path, seed: int, index: int, size: int) -> None:
    from .head import load_head
    from .renderer import Renderer

    if shard_path(out, index).exists():  # by another process that draws the same set
        return
    global _renderer
    if _renderer is None:
        _renderer = Renderer(load_head(), size)
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
    from .casting import cast
    from .scene import sample_scene, sample_wide_scene

    body = renderer.body(cast(renderer.head, rng))
    take = renderer.take(body, sample_scene(rng))
    shots = list(_shots(rng))
    flows = [renderer.flows(take, units) for _, units in shots]
    wide = [(renderer.take(body, sample_wide_scene(rng)), _wide(rng)) for _ in range(WIDE_SHOTS)]
    return {
        **_pictures("", [(take, *shot) for shot in shots], renderer, renderer.size),
        "to_rest": np.stack([there for there, _ in flows]).astype(np.float16),
        "from_rest": np.stack([back for _, back in flows]).astype(np.float16),
        "looks": np.array(body.person.look.index, np.uint8),
        **_pictures("wide_", [(take, *shot) for take, shot in wide], renderer, WIDE_SIZE),
    }


Shot = tuple[NDArray[np.float32], Weights]


def _pictures(
    prefix: str,
    shots: Sequence[tuple[Take, NDArray[np.float32], Weights]],
    renderer: Renderer,
    size: int,
) -> dict[str, NDArray[Any]]:
    drawn = [renderer.shot(take, units, size) for take, _, units in shots]
    mesh = renderer.mesh
    points = np.stack([mesh.landmarks(take, mesh.pose(take, units)) for take, _, units in shots])
    return {
        f"{prefix}pictures": np.stack([picture for picture, _ in drawn]),
        f"{prefix}alpha": np.stack([alpha for _, alpha in drawn]),
        f"{prefix}expressions": np.stack([expression for _, expression, _ in shots]),
        f"{prefix}landmarks": points,
        f"{prefix}boxes": np.concatenate([points.min(1), points.max(1)], 1),
    }


def _shots(rng: np.random.Generator) -> Iterator[Shot]:
    for emotion in EMOTIONS:
        yield one_hot(emotion), expression_units(one_hot(emotion))
    mixed = [mixed_expression(rng) for _ in range(MIXED - 1)]
    for expression in (mixed[0], lively(mixed[1], rng), lively(mixed[2], rng)):
        yield expression, expression_units(expression)
    awake = lively(one_hot("neutral"), rng)
    yield awake, expression_units(awake)
    for units in (jittered_units(rng), photo_units(rng)):
        yield np.full(len(CHANNELS), -1, np.float32), units


def _wide(rng: np.random.Generator) -> Shot:
    """Any face: at rest, mixed, or as on photos."""
    if rng.random() < 0.3:
        return np.full(len(CHANNELS), -1, np.float32), photo_units(rng)
    expression = one_hot("neutral") if rng.random() < 0.3 else mixed_expression(rng)
    if rng.random() < 0.3:
        expression = lively(expression, rng)
    return expression, expression_units(expression)
