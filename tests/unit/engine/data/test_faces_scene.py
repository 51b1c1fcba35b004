import numpy as np
import pytest

from emopic_engine.data.faces.landmarks import landmark_places
from emopic_engine.data.faces.scene import (
    KINDS,
    WIDEST,
    background,
    sample_scene,
    sample_wide_scene,
)

SCENES = [sample_scene(np.random.default_rng(seed)) for seed in range(120)]


def test_heads_turn_to_both_sides_but_not_further_than_thirty_degrees():
    yaw = np.array([scene.yaw for scene in SCENES])
    assert np.abs(yaw).max() <= WIDEST == pytest.approx(np.radians(30))
    assert (yaw < -0.3).any()
    assert (yaw > 0.3).any()


def test_every_background_is_drawn():
    kinds = {scene.background_kind for scene in SCENES}
    assert kinds == set(range(KINDS))
    for kind in kinds:
        scene = next(scene for scene in SCENES if scene.background_kind == kind)
        picture = background(scene, 48)
        assert picture.shape == (48, 48, 3)
        assert picture.min() >= 0
        assert picture.max() <= 1
        assert np.array_equal(picture, background(scene, 48))


def test_wide_scenes_are_tilted_further_and_hold_the_face():
    tilts = []
    for seed in range(60):
        left, right, chin = sample_wide_scene(np.random.default_rng(seed)).anchors
        across = right - left
        tilts.append(np.degrees(np.arctan2(across[1], across[0])))
        assert 0.1 < np.linalg.norm(across) < 0.26
        assert 0 < chin[0] < 1
    assert np.max(np.abs(tilts)) > 20


def test_landmarks_are_symmetric_and_in_the_usual_order():
    places = landmark_places()
    assert places.shape == (68, 3)
    pairs = [(0, 16), (7, 9), (17, 26), (21, 22), (31, 35), (36, 45), (37, 44), (39, 42), (41, 46)]
    pairs += [(48, 54), (50, 52), (59, 55), (60, 64), (61, 63), (67, 65)]
    for right, left in pairs:
        assert places[right] == pytest.approx(places[left] * (-1, 1, 1))
    middle = [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]
    assert places[middle, 0] == pytest.approx(0)
    assert (places[:8, 0] < 0).all()  # the right ear comes first: it is left in the picture
