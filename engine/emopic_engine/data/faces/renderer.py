"""Draws people with OpenGL: pictures, exact alpha, and exact optical flow between two poses.

Needs an EGL without a display; Mesa's llvmpipe is enough and gives the same pixels on every run.
"""

from __future__ import annotations

from typing import Any

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from .actions import Weights
from .finish import finished, inked, pixelled_alpha
from .gl import Uniforms, build_program, open_context
from .head import Floats, Head, Part
from .mesh import Body, Mesh, Pose, Take
from .occlusion import openness
from .people import Person
from .scene import Scene, background
from .shapes import Stuff

NO_MAP: Any = None  # OpenCV: the coordinates are in the first map already
FLOW_SIZE = 64  # pixels of a flow's side
SHADOW_SIZE = 256
SHADOW_REACH, SHADOW_DEPTH = 1.9, 2.5  # decimetres around the head that cast shadows
SHELLS = {"bald": 0.0, "crop": 0.05, "bowl": 0.16, "bob": 0.10, "long": 0.10}  # decimetres
LONG_ENDS = {"bob": 6.35, "long": 2.0}  # height at which the long-hair mesh is cut off
FLOW_TOLERANCE = 0.05  # decimetres: deeper than this behind the surface is hidden
MASKS = ("lips", "eyelids", "inside-mouth", "ears")
COLOUR, FLOW, DEPTH = 0, 1, 2  # kinds of pass
INSIDE = (Part.EYE_LEFT, Part.EYE_RIGHT, Part.TEETH, Part.LOWER_TEETH, Part.TONGUE)
HAIR_SHELL, BEARD_SHELL = 0, 1
WHOLE = ("shell_kind", "style", "mark", "masks", "shadow_map")
PERSON_UNIFORMS = (
    "skin", "hair", "brow", "iris", "lip", "shirt", "brow_shape", "beard", "lashes", "blush",
    "freckles", "seed", "strands", "parting", "gaze", "fringe",
)  # fmt: skip


class Renderer:
    """Draws square pictures of `size` pixels, `supersample` times as many inside.

    One renderer belongs to one thread. Raises `BackendUnavailable` where EGL is missing.
    """

    def __init__(self, head: Head, size: int, supersample: int = 2) -> None:
        self.head = head
        self.mesh = Mesh(head)
        self.size = size
        self._supersample = supersample
        self.context = open_context()
        self._programs = _programs(self.context)
        self._uniforms = Uniforms(self._programs.values(), WHOLE)
        self._pictures: dict[int, Any] = {}
        self._flow = self._target(FLOW_SIZE, "f4")
        self._shadow, self._shadow_map = self._shadow_target()
        self._arrays: dict[tuple[str, int], Any] = {}
        self._make_buffers()
        self._load_masks()
        self._worn: list[Any] = []  # what is released with the take
        self._prepared: Take | None = None
        self._behind: tuple[Take, Floats] | None = None

    def body(self, person: Person) -> Body:
        """A dressed person, for any number of scenes."""
        return self.mesh.body(person)

    def take(self, person: Person | Body, scene: Scene) -> Take:
        """Put a person before the camera."""
        body = person if isinstance(person, Body) else self.mesh.body(person)
        return self.mesh.take(body, scene)

    def picture(self, take: Take, units: Weights) -> NDArray[np.uint8]:
        """A picture on the scene's background, [size, size, 3]."""
        return self.shot(take, units)[0]

    def shot(
        self, take: Take, units: Weights, size: int | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """A picture on the scene's background [size, size, 3] and its exact alpha [size, size]."""
        rgba = self.cutout(take, units, size)
        behind = self._background(take, len(rgba)) * (1 - rgba[..., 3:])
        picture = (np.clip(rgba[..., :3] + behind, 0, 1) * 255 + 0.5).astype(np.uint8)
        alpha = (np.clip(rgba[..., 3], 0, 1) * 255 + 0.5).astype(np.uint8)
        look = take.person.look
        return finished(picture, look), pixelled_alpha(alpha, look)

    def cutout(self, take: Take, units: Weights, size: int | None = None) -> Floats:
        """A picture without background: premultiplied RGB and alpha, [size, size, 4] in [0, 1].

        Lines are drawn; brush strokes and coarse pixels, which need a background, are not.
        """
        side, look = size or self.size, take.person.look
        with self.context:  # another renderer's may be current
            self._prepare(take)
            self._upload(self.mesh.pose(take, units), take.rest)
            self._uniforms.set(wrinkle=_wrinkles(take.person, units))
            target = self._picture(side)
            self._draw(target, take.person, COLOUR)
            rgba = np.asarray(_read(target, 0) / np.float32(255), np.float32)
            kinds = _read(target, 1) if look.lines else None
        rgba[..., :3] *= rgba[..., 3:]
        if kinds is not None:
            rgba = inked(rgba, kinds, look, target.width / 128)
        small = cv2.resize(rgba, (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.float32)

    def _background(self, take: Take, size: int) -> Floats:
        if self._behind is None or self._behind[0] is not take or len(self._behind[1]) != size:
            self._behind = take, background(take.scene, size)
        return self._behind[1]

    def flows(self, take: Take, units: Weights) -> tuple[Floats, Floats]:
        """Where the skin of the expression lies at rest, and where the skin at rest lies in it.

        Each [64, 64, 3]: for a pixel of the first pose the offset to the same skin in the second,
        in fractions of the width (x right, y down), and validity (0 or 1). Not valid are eyes,
        the mouth's inside, and skin that is hidden in the second pose.
        """
        pose = self.mesh.pose(take, units)
        with self.context:
            self._prepare(take)
            there = self._flow_pass(pose, take.rest, take.person)
            back = self._flow_pass(take.rest, pose, take.person)
        return _checked(there, back[..., 3]), _checked(back, there[..., 3])

    def _target(self, size: int, dtype: str, colours: int = 1) -> Any:
        textures = [self.context.texture((size, size), 4, dtype=dtype) for _ in range(colours)]
        return self.context.framebuffer(textures, self.context.depth_renderbuffer((size, size)))

    def _shadow_target(self) -> tuple[Any, Any]:
        """A depth map that is compared when it is read."""
        side = (SHADOW_SIZE, SHADOW_SIZE)
        depths = self.context.depth_texture(side)
        depths.compare_func, depths.filter = "<=", (moderngl.LINEAR, moderngl.LINEAR)
        depths.repeat_x = depths.repeat_y = False
        target = self.context.framebuffer([self.context.texture(side, 4)], depths)
        return target, depths

    def _picture(self, size: int) -> Any:
        if size not in self._pictures:
            self._pictures[size] = self._target(size * self._supersample, "f1", colours=2)
        return self._pictures[size]

    def _make_buffers(self) -> None:
        head, count = self.head, len(self.head.corner_vertex)
        self._moving = self.context.buffer(reserve=count * 9 * 4, dynamic=True)
        depth = build_program(self.context, "depth")
        free = openness(self.context, depth, head, self.mesh.normals(head.vertices))
        fixed = [
            head.corner_uv,
            head.vertices[head.corner_vertex],
            head.corner_part[:, None],
            free[head.corner_vertex, None],
        ]
        self._fixed = self.context.buffer(np.concatenate(fixed, 1).astype("f4").tobytes())
        for name, (layer, chosen) in _pieces(head).items():
            index = self.context.buffer(head.triangles[chosen].astype("i4").tobytes())
            for kind in (COLOUR, FLOW, DEPTH):
                self._arrays[name, kind] = self._vertex_array(self._programs[layer, kind], index)

    def _vertex_array(self, program: Any, index: Any) -> Any:
        moving = (self._moving, "3f 3f 3f", "position", "normal", "other_position")
        fixed = (self._fixed, "2f 3f 1f 1f", "texture_place", "rest", "part_number", "openness")
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

    def _prepare(self, take: Take) -> None:
        """Whatever all pictures of a take share: uniforms, what the head wears, cast shadows."""
        if self._prepared is take:
            return
        self._prepared = take
        self._set_uniforms(take)
        self._upload_props(take)
        if take.scene.shadow:
            self._upload(take.rest, take.rest)
            self._uniforms.set(to_clip=_lamp_clip(take.scene).T)
            self._draw(self._shadow, take.person, DEPTH)
        self._uniforms.set(to_clip=take.to_clip.T, to_lamp=_lamp_clip(take.scene).T)

    def _set_uniforms(self, take: Take) -> None:
        person, scene, look, dress = take.person, take.scene, take.person.look, take.person.dress
        makeup = dress.makeup
        self._uniforms.set(
            camera=take.camera,
            turn_back=take.turn,
            light=scene.light,
            light_colour=scene.light_colour,
            ambient=scene.ambient,
            exposure=scene.exposure,
            shadow=scene.shadow,
            blinds=scene.blinds[:2],
            blinds_seed=scene.blinds[2],
            eye_centre=self.mesh.anchors(self.head.vertices)[1],
            scalp_hair=float(person.hair_style != "bald"),
            hair_end=LONG_ENDS.get(person.hair_style, 0.0),
            hairline_up=person.hairline,
            wave=person.seed,
            style=look.style,
            detail=look.detail,
            shade=look.shade,
            iris_size=look.iris,
            drawn_eyes=look.drawn_eyes,
            curls=dress.curls,
            beard_parts=dress.beard_parts,
            eye_shadow=(*makeup.shadow, makeup.shadow_strength),
            liner=makeup.liner,
            mark=makeup.mark,
            mark_colour=makeup.mark_colour,
            mark_place=makeup.mark_place,
            masks=0,
            shadow_map=1,
            **{name: getattr(person, name) for name in PERSON_UNIFORMS},
        )

    def _upload_props(self, take: Take) -> None:
        for resource in self._worn:
            resource.release()
        self._worn = []
        for key in [key for key in self._arrays if key[0] in ("props", "glass")]:
            del self._arrays[key]
        props = take.props
        columns = (props.vertices, props.normals, props.colours, props.texture,
                   props.stuff[:, None], props.tag[:, None])  # fmt: skip
        glass = props.stuff[props.triangles[:, 0]] == Stuff.GLASS
        parts = (("props", ~glass, (COLOUR, FLOW, DEPTH)), ("glass", glass, (COLOUR,)))
        data = np.concatenate(columns, 1).astype("f4").tobytes()
        for name, chosen, kinds in parts:
            if not chosen.any():
                continue
            vertices = self.context.buffer(data)
            index = self.context.buffer(props.triangles[chosen].astype("i4").tobytes())
            names = ("position", "normal", "paint", "texture_place", "stuff", "tag")
            layout = [(vertices, "3f 3f 3f 2f 1f 1f", *names)]
            self._worn += [vertices, index]
            for kind in kinds:
                program = self._programs[name, kind]
                array = self.context.vertex_array(program, layout, index, skip_errors=True)
                self._arrays[name, kind] = array
                self._worn.append(array)

    def _flow_pass(self, start: Pose, end: Pose, person: Person) -> Floats:
        self._upload(start, end)
        self._draw(self._flow, person, FLOW)
        raw = np.frombuffer(self._flow.read(components=4, dtype="f4"), np.float32)
        return raw.reshape(FLOW_SIZE, FLOW_SIZE, 4)[::-1]

    def _draw(self, target: Any, person: Person, kind: int) -> None:
        context: Any = self.context
        target.use()
        target.clear(0, 0, 0, 0, depth=1.0)
        context.enable(moderngl.DEPTH_TEST)
        context.disable(moderngl.BLEND)
        self._masks.use(0)
        self._shadow_map.use(1)
        self._uniforms.set(shell=0.0, shell_kind=HAIR_SHELL)
        self._render("props", kind)  # first: what they hide need not be shaded
        if person.hair_style in LONG_ENDS:
            self._render("long", kind)
        context.enable(moderngl.CULL_FACE)  # the skin is closed: its back is never seen
        self._render("skin", kind)
        context.disable(moderngl.CULL_FACE)
        self._render("inside", kind)
        self._draw_shells(person, kind)
        if kind == COLOUR:
            self._draw_blended(person)

    def _render(self, name: str, kind: int) -> None:
        array = self._arrays.get((name, kind))
        if array is not None:
            array.render()

    def _draw_shells(self, person: Person, kind: int) -> None:
        dress = person.dress
        hair = SHELLS[person.hair_style] if dress.shell is None else dress.shell
        if hair and person.hair_style != "bald":
            self._uniforms.set(shell=hair)
            self._render("scalp", kind)
        if dress.beard_shell and person.beard:
            self._uniforms.set(shell=dress.beard_shell, shell_kind=BEARD_SHELL)
            self._render("jaw", kind)

    def _draw_blended(self, person: Person) -> None:
        context: Any = self.context
        self._uniforms.set(shell=0.0, shell_kind=HAIR_SHELL)
        context.enable(moderngl.BLEND)
        context.blend_func = (
            moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ZERO, moderngl.ONE
        )  # fmt: skip
        if person.lashes > 0.05:
            self._render("lash", COLOUR)
        self._render("glass", COLOUR)


def _programs(context: moderngl.Context) -> dict[tuple[str, int], Any]:
    """A program for each layer and kind of pass."""
    programs: dict[tuple[str, int], Any] = {}
    for kind in (COLOUR, FLOW, DEPTH):
        for number, layer in enumerate(("skin", "inside", "hair")):
            programs[layer, kind] = build_program(context, "head", LAYER=number, PASS=kind)
        programs["props", kind] = build_program(context, "prop", GLASS=0, PASS=kind)
    programs["glass", COLOUR] = build_program(context, "prop", GLASS=1, PASS=COLOUR)
    return programs


def _pieces(head: Head) -> dict[str, tuple[str, Any]]:
    """Names of what is drawn of a head → its layer and its triangles."""
    part = head.triangle_part
    corners = head.vertices[head.corner_vertex[head.triangles]]
    top, bottom, near = corners[:, :, 1].max(1), corners[:, :, 1].min(1), corners[:, :, 2].min(1)
    skin = part == Part.SKIN
    return {
        "skin": ("skin", skin),
        "inside": ("inside", np.isin(part, INSIDE)),
        "lash": ("inside", part == Part.LASH),
        "long": ("hair", part == Part.HAIR),
        "scalp": ("hair", skin & (top > 6.6)),
        "jaw": ("hair", skin & (top < 7.3) & (bottom > 5.8) & (near > 0.2)),
    }


def _read(target: Any, attachment: int) -> NDArray[np.uint8]:
    raw = np.frombuffer(target.read(components=4, attachment=attachment), np.uint8)
    return np.ascontiguousarray(raw.reshape(target.height, target.width, 4)[::-1])


def _lamp_clip(scene: Scene) -> Floats:
    """The clip matrix [4, 4] of a map that looks at the head from the lamp."""
    light = scene.light.astype(np.float64)
    side = np.cross((0, 1, 0), light)
    side /= np.linalg.norm(side)
    up = np.cross(light, side)
    turn = np.stack([side / SHADOW_REACH, up / SHADOW_REACH, -light / SHADOW_DEPTH])
    clip = np.eye(4)
    clip[:3, :3] = turn
    clip[:3, 3] = -turn @ (0.0, 0.2, 0.2)
    return clip.astype(np.float32)


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
