import numpy as np
import pytest

from emopic_engine.data.faces.forms import PLAIN, Places, reshaped, sample_form

PLACES = Places(
    eyes=np.array([(-0.31, 7.28, 1.25), (0.31, 7.28, 1.25)], np.float32),
    nose=np.array((0.0, 6.95, 1.68), np.float32),
    mouth=np.array((0.0, 6.6, 1.42), np.float32),
)
FORMS = [sample_form(np.random.default_rng(seed)) for seed in range(12)]


def test_the_plain_form_changes_nothing():
    points = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    assert reshaped(points, PLACES, PLAIN) is points


@pytest.mark.parametrize("form", FORMS)
def test_lids_stay_in_their_order_so_that_eyes_can_close(form):
    """Points above each other before an eye never change places."""
    heights = np.linspace(6.9, 7.7, 60)
    line = np.stack([np.full(60, 0.33), heights, np.full(60, 1.4)], 1).astype(np.float32)
    assert (np.diff(reshaped(line, PLACES, form)[:, 1]) > 0).all()


@pytest.mark.parametrize("form", FORMS)
def test_eyes_get_larger_and_the_back_of_the_head_stays(form):
    lids = np.array([(0.31, 7.21, 1.4), (0.31, 7.35, 1.4), (0.0, 8.0, -0.4)], np.float32)
    moved = reshaped(lids, PLACES, form)
    assert moved[1, 1] - moved[0, 1] > 1.2 * (lids[1, 1] - lids[0, 1])
    assert moved[2] == pytest.approx(lids[2], abs=0.01)


@pytest.mark.parametrize("form", FORMS)
def test_both_halves_are_treated_alike(form):
    points = np.random.default_rng(1).uniform((-0.7, 6.3, 0.5), (0.7, 8.0, 1.7), (50, 3))
    mirrored = reshaped((points * (-1, 1, 1)).astype(np.float32), PLACES, form)
    there = reshaped(points.astype(np.float32), PLACES, form) * (-1, 1, 1)
    assert mirrored == pytest.approx(there, abs=1e-4)
