"""The head's mesh as it moves: face units, turning, normals, anchors, landmarks. No OpenGL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix

from emopic_engine.face.geometry import fit_similarity

from .actions import Weights
from .forms import Places, reshaped
from .head import Floats, Head, Part
from .landmarks import landmark_vertices
from .outfit import outfit
from .people import Person
from .scene import Scene
from .shapes import Prop


@dataclass(frozen=True)
class Pose:
    """A person's mesh in one expression, turned towards the scene's camera."""

    vertices: Floats  # [V, 3]
    normals: Floats  # [V, 3]
    units: Weights


@dataclass(frozen=True)
class Body:
    """A person's head at rest, not turned, with everything it wears."""

    person: Person
    form: Floats  # [V, 3] before it takes drawn proportions
    places: Places  # after scale and shift
    props: Prop
    unit_scale: float  # the eyes' distance over that of the unchanged head
    shift: Floats  # [3] scaled, then shifted, the eyes lie where the unchanged head has them


@dataclass(frozen=True)
class Take:
    """A body in a scene: all pictures of one take share camera, light and background."""

    body: Body
    scene: Scene
    turn: Floats  # [3, 3]
    pivot: Floats  # [3]
    to_clip: Floats  # [4, 4]
    camera: Floats  # [3]
    rest: Pose
    props: Prop  # turned

    @property
    def person(self) -> Person:
        return self.body.person


class Mesh:
    """Poses of one head."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self._faces = head.corner_vertex[head.triangles]
        self._around = _triangles_around(self._faces, len(head.vertices))
        self._eyes = head.part_vertices(Part.EYE_RIGHT), head.part_vertices(Part.EYE_LEFT)
        self._chin = _chin_vertices(head)
        self._sides = _columns(head.unit_names)
        self._landmarks = landmark_vertices(head)
        self._skin = head.part_vertices(Part.SKIN)

    def normals(self, vertices: Floats) -> Floats:
        """Unit normals [V, 3], weighted by area."""
        a, b, c = (vertices[self._faces[:, i]] for i in range(3))
        normals = self._around @ np.cross(b - a, c - a)
        unit: Floats = normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9)
        return unit

    def anchors(self, vertices: Floats) -> Floats:
        """Both eyes (left in the picture first) and the chin's tip, [3, 3]."""
        chin = vertices[self._chin]
        eyes = [vertices[index].mean(0) for index in self._eyes]
        return np.stack([*eyes, chin[chin[:, 1].argmin()]])

    def body(self, person: Person) -> Body:
        """A person's head, dressed. Takes some milliseconds; scenes share it."""
        form = self.head.vertices + person.delta
        anchors, original = self.anchors(form), self.anchors(self.head.vertices)
        scale = float(_eye_distance(anchors) / _eye_distance(original))
        shift = original[:2].mean(0) - anchors[:2].mean(0) / scale
        common = (form / scale + shift).astype(np.float32)
        points = common[self._landmarks]
        places = Places(self.anchors(common)[:2], points[30], points[[48, 54]].mean(0))
        shaped = reshaped(common, places, person.form)
        worn = outfit(person, shaped[self._skin], self.anchors(shaped)[:2])
        back = ((worn.vertices - shift) * scale).astype(np.float32)
        return Body(person, form, places, replace(worn, vertices=back), scale, shift)

    def shaped(self, body: Body, points: Floats) -> Floats:
        """Points of a body in the proportions that it is drawn with."""
        if body.person.form.plain:
            return points
        common = reshaped(points / body.unit_scale + body.shift, body.places, body.person.form)
        return ((common - body.shift) * body.unit_scale).astype(np.float32)

    def take(self, body: Body, scene: Scene) -> Take:
        """Put a body before the camera so that eyes and chin at rest lie on the anchors."""
        shaped = self.shaped(body, body.form)
        turn = _turn(scene)
        pivot = (self.anchors(shaped).mean(0) * (0, 1, 0) + (0, 0, 0.5)).astype(np.float32)
        vertices = ((shaped - pivot) @ turn.T).astype(np.float32)
        to_clip, camera = _camera(self.anchors(vertices), scene)
        props = replace(
            body.props,
            vertices=((body.props.vertices - pivot) @ turn.T).astype(np.float32),
            normals=(body.props.normals @ turn.T).astype(np.float32),
        )
        rest = Pose(vertices, self.normals(vertices), {})
        return Take(body, scene, turn, pivot, to_clip, camera, rest, props)

    def pose(self, take: Take, units: Weights) -> Pose:
        """The take's person with face units applied, scaled with the distance of the eyes."""
        if not units:
            return take.rest
        body = take.body
        weights = self._unit_vector(units) * body.person.asymmetry * body.unit_scale
        used = np.flatnonzero(weights)
        moved = body.form + np.tensordot(weights[used], self.head.units[used], 1)
        moved = self.shaped(body, moved)
        vertices = ((moved - take.pivot) @ take.turn.T).astype(np.float32)
        return Pose(vertices, self.normals(vertices), units)

    def landmarks(self, take: Take, pose: Pose) -> Floats:
        """The 68 points in the picture [68, 2], fractions of its side from the top left."""
        points = np.column_stack([pose.vertices[self._landmarks], np.ones(68)]) @ take.to_clip.T
        placed: Floats = ((points[:, :2] / points[:, 3:] * (1, -1) + 1) / 2).astype(np.float32)
        return placed

    def _unit_vector(self, units: Weights) -> Floats:
        vector = np.zeros(len(self.head.unit_names), np.float32)
        for name, weight in units.items():
            vector[self._sides[name]] = weight
        return vector


def _triangles_around(faces: Any, count: int) -> Any:
    """Sparse [V, T]: 1 where a triangle touches a vertex."""
    columns = np.repeat(np.arange(len(faces)), 3)
    ones = np.ones(faces.size, np.float32)
    return coo_matrix((ones, (faces.ravel(), columns)), shape=(count, len(faces))).tocsr()


def _chin_vertices(head: Head) -> Any:
    x, y, z = head.vertices.T
    near = (np.abs(x) < 0.08) & (y > 6.0) & (y < 6.7) & (z > 1.15)
    return np.intersect1d(np.flatnonzero(near), head.part_vertices(Part.SKIN))


def _columns(names: tuple[str, ...]) -> dict[str, list[int]]:
    """Unit name, with or without its side, to columns."""
    columns: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        columns[name] = [index]
        bare = name.removesuffix("Left").removesuffix("Right")
        if bare != name and bare not in names:
            columns.setdefault(bare, []).append(index)
    return columns


def _eye_distance(anchors: Floats) -> Any:
    return np.linalg.norm(anchors[0] - anchors[1])


def _turn(scene: Scene) -> Floats:
    y, p = scene.yaw, scene.pitch
    yaw = np.array([(np.cos(y), 0, np.sin(y)), (0, 1, 0), (-np.sin(y), 0, np.cos(y))])
    pitch = np.array([(1, 0, 0), (0, np.cos(p), -np.sin(p)), (0, np.sin(p), np.cos(p))])
    turn: Floats = (yaw @ pitch).astype(np.float32)
    return turn


def _camera(anchors: Floats, scene: Scene) -> tuple[Floats, Floats]:
    """The clip matrix [4, 4] that puts `anchors` on the scene's, and the camera's place [3].

    The lens only decides the perspective; a similarity in the picture does the framing.
    """
    height = float(np.linalg.norm(anchors[:2].mean(0) - anchors[2]))
    focal = 1 / np.tan(scene.fov / 2)
    distance = height * 1.2 * focal + 1.0
    near, far = 0.5, 60.0
    lens = np.zeros((4, 4))
    lens[0, 0] = lens[1, 1] = focal
    lens[2, 2:] = -(far + near) / (far - near), -2 * far * near / (far - near)
    lens[3, 2] = -1
    move = np.eye(4)
    move[2, 3] = -distance
    clip = lens @ move
    points = np.column_stack([anchors, np.ones(3)]) @ clip.T
    wanted = scene.anchors * (2, -2) + (-1, 1)
    fit = fit_similarity((points[:, :2] / points[:, 3:]).astype(np.float32), wanted)
    frame = np.eye(4)
    frame[:2, :2], frame[:2, 3] = fit[:, :2], fit[:, 2]
    return (frame @ clip).astype(np.float32), np.array((0, 0, distance), np.float32)
