"""Draws people with OpenGL: pictures, exact alpha, and exact optical flow between two poses.

Needs an EGL without a display; Mesa's llvmpipe is enough and gives the same pixels on every run.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from emopic_engine.errors import BackendUnavailable

from .actions import Weights
from .head import Floats, Head, Part
from .mesh import Mesh, Pose, Take
from .occlusion import openness
from .people import Person
from .scene import Scene, background

NO_MAP: Any = None  # OpenCV: the coordinates are in the first map already
FLOW_SIZE = 64  # pixels of a flow's side
SHELLS = {"bald": 0.0, "crop": 0.05, "bowl": 0.16, "bob": 0.10, "long": 0.10}  # decimetres
LONG_ENDS = {"bob": 6.35, "long": 2.0}  # height at which the long-hair mesh is cut off
FLOW_TOLERANCE = 0.05  # decimetres: deeper than this behind the surface is hidden
MASKS = ("lips", "eyelids", "inside-mouth", "ears")
PERSON_UNIFORMS = (
    "skin", "hair", "brow", "iris", "lip", "shirt", "brow_shape", "beard", "lashes", "blush",
    "freckles", "seed", "strands", "parting", "gaze", "fringe",
)  # fmt: skip


GlProgram = Any  # moderngl's types do not narrow what a program's member is


class Renderer:
    """Draws square pictures of `size` pixels, `supersample` times as many inside.

    One renderer belongs to one thread. Raises `BackendUnavailable` where EGL is missing.
    """

    def __init__(self, head: Head, size: int, supersample: int = 2) -> None:
        self.head = head
        self.mesh = Mesh(head)
        self.size = size
        self.inner = size * supersample
        self.context = _context()
        self._body_program = _program(self.context, "head", HAIR=0)
        self._hair_program = _program(self.context, "head", HAIR=1)
        self._picture = self._target(self.inner, "f1")
        self._flow = self._target(FLOW_SIZE, "f4")
        self._make_buffers()
        self._load_masks()

    def take(self, person: Person, scene: Scene) -> Take:
        """Put a person before the camera."""
        return self.mesh.take(person, scene)

    def picture(self, take: Take, units: Weights) -> NDArray[np.uint8]:
        """A picture on the scene's background, [size, size, 3]."""
        rgba = self.cutout(take, units)
        behind = background(take.scene, self.size) * (1 - rgba[..., 3:])
        return (np.clip(rgba[..., :3] + behind, 0, 1) * 255 + 0.5).astype(np.uint8)

    def cutout(self, take: Take, units: Weights) -> Floats:
        """A picture without background: premultiplied RGB and alpha, [size, size, 4] in [0, 1]."""
        self._upload(self.mesh.pose(take, units), take.rest)
        self._set_uniforms(take, units)
        self._draw(self._picture, take.person, flow=False)
        raw = np.frombuffer(self._picture.read(components=4), np.uint8)
        rgba = raw.reshape(self.inner, self.inner, 4)[::-1].astype(np.float32) / 255
        rgba[..., :3] *= rgba[..., 3:]
        small = cv2.resize(rgba, (self.size, self.size), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.float32)

    def flows(self, take: Take, units: Weights) -> tuple[Floats, Floats]:
        """Where the skin of the expression lies at rest, and where the skin at rest lies in it.

        Each [64, 64, 3]: for a pixel of the first pose the offset to the same skin in the second,
        in fractions of the width (x right, y down), and validity (0 or 1). Not valid are eyes,
        the mouth's inside, and skin that is hidden in the second pose.
        """
        pose = self.mesh.pose(take, units)
        self._set_uniforms(take, units)
        there = self._flow_pass(pose, take.rest, take.person)
        back = self._flow_pass(take.rest, pose, take.person)
        return _checked(there, back[..., 3]), _checked(back, there[..., 3])

    def _target(self, size: int, dtype: str) -> Any:
        texture = self.context.texture((size, size), 4, dtype=dtype)
        return self.context.framebuffer([texture], self.context.depth_renderbuffer((size, size)))

    def _make_buffers(self) -> None:
        head, count = self.head, len(self.head.corner_vertex)
        self._moving = self.context.buffer(reserve=count * 9 * 4, dynamic=True)
        depth = _program(self.context, "depth")
        free = openness(self.context, depth, head, self.mesh.normals(head.vertices))
        fixed = [
            head.corner_uv,
            head.vertices[head.corner_vertex],
            head.corner_part[:, None],
            free[head.corner_vertex, None],
        ]
        self._fixed = self.context.buffer(np.concatenate(fixed, 1).astype("f4").tobytes())
        part = head.triangle_part
        high = head.vertices[head.corner_vertex[head.triangles]][:, :, 1].max(1) > 6.6
        self._body = self._vertex_array(self._body_program, part <= Part.TONGUE)
        self._lash = self._vertex_array(self._body_program, part == Part.LASH)
        self._long = self._vertex_array(self._hair_program, part == Part.HAIR)
        self._scalp = self._vertex_array(self._hair_program, (part == Part.SKIN) & high)

    def _vertex_array(self, program: Any, chosen: Any) -> Any:
        moving = (self._moving, "3f 3f 3f", "position", "normal", "other_position")
        fixed = (self._fixed, "2f 3f 1f 1f", "texture_place", "rest", "part_number", "openness")
        index = self.context.buffer(self.head.triangles[chosen].astype("i4").tobytes())
        return self.context.vertex_array(program, [moving, fixed], index, skip_errors=True)

    def _load_masks(self) -> None:
        layers = []
        for name in MASKS:
            path = self.head.textures / f"mpfb_{name}.jpg"
            grey = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
            layers.append(np.clip((np.asarray(grey, np.float32) - 25) * 255 / 230, 0, 255))
        picture = np.ascontiguousarray(np.stack(layers, -1)[::-1].astype(np.uint8))
        self._masks = self.context.texture(picture.shape[1::-1], 4, picture.tobytes())
        self._masks.build_mipmaps()
        self._masks.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)

    def _upload(self, pose: Pose, other: Pose) -> None:
        index = self.head.corner_vertex
        rows = (pose.vertices[index], pose.normals[index], other.vertices[index])
        self._moving.write(np.concatenate(rows, 1).astype("f4").tobytes())

    def _set(self, **values: Any) -> None:
        """Write uniforms; each program keeps only those it uses."""
        for name, value in values.items():
            raw = np.ascontiguousarray(value, "i4" if name == "pass_kind" else "f4").tobytes()
            for program in (self._body_program, self._hair_program):
                if name in program:
                    program[name].write(raw)

    def _set_uniforms(self, take: Take, units: Weights) -> None:
        person, scene = take.person, take.scene
        self._set(
            to_clip=take.to_clip.T,
            camera=take.camera,
            light=scene.light,
            light_colour=scene.light_colour,
            ambient=scene.ambient,
            exposure=scene.exposure,
            eye_centre=self.mesh.anchors(self.head.vertices)[1],
            wrinkle=_wrinkles(person, units),
            scalp_hair=float(person.hair_style != "bald"),
            hair_end=LONG_ENDS.get(person.hair_style, 0.0),
            hairline_up=person.hairline,
            wave=person.seed,
            **{name: getattr(person, name) for name in PERSON_UNIFORMS},
        )

    def _flow_pass(self, start: Pose, end: Pose, person: Person) -> Floats:
        self._upload(start, end)
        self._draw(self._flow, person, flow=True)
        raw = np.frombuffer(self._flow.read(components=4, dtype="f4"), np.float32)
        return raw.reshape(FLOW_SIZE, FLOW_SIZE, 4)[::-1]

    def _draw(self, target: Any, person: Person, *, flow: bool) -> None:
        context: Any = self.context
        target.use()
        target.clear(0, 0, 0, 0, depth=1.0)
        context.enable(moderngl.DEPTH_TEST)
        context.disable(moderngl.BLEND)
        self._masks.use(0)
        self._set(pass_kind=int(flow), shell=0.0)
        if person.hair_style in LONG_ENDS:
            self._long.render()
        self._body.render()
        if SHELLS[person.hair_style]:
            self._set(shell=SHELLS[person.hair_style])
            self._scalp.render()
        if not flow and person.lashes > 0.05:
            self._set(shell=0.0)
            context.enable(moderngl.BLEND)
            context.blend_func = (
                moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ZERO, moderngl.ONE
            )  # fmt: skip
            self._lash.render()


def _checked(raw: Floats, depth: Floats) -> Floats:
    """Clip-space flow and depth to offsets, with validity from the other pose's depth map."""
    size = len(raw)
    offset = raw[..., :2] * (0.5, -0.5)
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1)
    place = (grid + offset * size).astype(np.float32)
    seen = cv2.remap(depth, place, NO_MAP, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    drawn = raw[..., 3] != 0
    valid = ~drawn | (raw[..., 2] > seen - FLOW_TOLERANCE)
    return np.concatenate([offset, valid[..., None]], -1).astype(np.float32)


def _wrinkles(person: Person, units: Weights) -> tuple[float, float, float]:
    """How deep the lines are between the brows, on the forehead and beside the nose."""
    raised = max(units.get("browOuterUp", 0.0), 0.6 * units.get("browInnerUp", 0.0))
    smile, sneer = units.get("mouthSmile", 0.0), units.get("noseSneer", 0.0)
    beside = max(smile, sneer, 0.3 * units.get("mouthStretch", 0.0))
    old = person.wrinkles
    furrow = 0.2 * old + 0.9 * units.get("browDown", 0.0)
    return furrow, 0.4 * old + 0.8 * raised, 0.12 + 0.35 * old + 0.7 * beside


def _context() -> moderngl.Context:
    create: Any = moderngl.create_context  # its stub knows no backend by name
    try:
        context: moderngl.Context = create(standalone=True, backend="egl")
    except Exception as error:
        raise BackendUnavailable(
            "drawing faces needs EGL: apt-get install libegl1 libgl1-mesa-dri libgles2"
        ) from error
    return context


def _program(context: moderngl.Context, name: str, **defines: int) -> GlProgram:
    folder = files("emopic_engine.data.faces") / "shaders"
    head = "#version 330\n" + "".join(f"#define {k} {v}\n" for k, v in defines.items())
    common = (folder / "common.glsl").read_text() if name == "head" else ""
    return context.program(
        vertex_shader=head + common + (folder / f"{name}.vert").read_text(),
        fragment_shader=head + common + (folder / f"{name}.frag").read_text(),
    )
