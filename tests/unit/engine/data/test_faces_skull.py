import numpy as np
import pytest

from emopic_engine.data.faces.hairdos import sample_hairdo
from emopic_engine.data.faces.headwear import BUILDERS, HAT_LIFT, Headwear, headwear_props, pressed
from emopic_engine.data.faces.locks import Hair, hair_props
from emopic_engine.data.faces.skull import MIDDLE, Skull, directions

BLACK = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def skull():
    """A round head of one decimetre, with a hole where no vertex lies."""
    rng = np.random.default_rng(0)
    unit = rng.normal(size=(4000, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    unit = unit[unit[:, 0] < 0.9]
    return Skull((MIDDLE + unit).astype(np.float32))


def test_the_radius_is_known_in_every_direction(skull):
    around, up = np.meshgrid(np.linspace(-180, 180, 40), np.linspace(-30, 90, 20))
    assert skull.radius(around, up) == pytest.approx(1.0, abs=0.05)


def test_the_map_closes_behind_the_head(skull):
    assert skull.point(180, 10) == pytest.approx(skull.point(-180, 10), abs=1e-5)


def test_points_lie_where_their_angles_say(skull):
    assert directions(0, 0) == pytest.approx((0, 0, 1))
    assert directions(90, 0) == pytest.approx((1, 0, 0), abs=1e-6)
    assert skull.point(0, 90, 0.5) == pytest.approx(MIDDLE + np.array((0, 1.5, 0)), abs=0.06)


def test_a_skull_needs_points():
    with pytest.raises(ValueError, match="at least one point"):
        Skull(np.array([(0, 3, 0.5)], np.float32))


@pytest.mark.parametrize("seed", range(12))
def test_locks_never_grow_into_the_head(skull, seed):
    rng = np.random.default_rng(seed)
    do = sample_hairdo(rng, man=bool(seed % 2), drawn=seed < 6)
    prop = hair_props(skull, do, Hair(BLACK, BLACK), rng)
    if len(prop.vertices):
        assert np.isfinite(prop.vertices).all()
        above = prop.vertices[prop.vertices[:, 1] > MIDDLE[1]]
        reach = np.linalg.norm(above - MIDDLE, axis=1)
        assert np.quantile(reach, 0.05) > 0.97


@pytest.mark.parametrize("kind", BUILDERS)
def test_everything_on_a_head_lies_outside_it_and_above_the_eyes(skull, kind):
    item = Headwear(kind, (0.2, 0.3, 0.4), (0.5, 0.5, 0.5), 0.8)
    prop = headwear_props(item, skull)
    assert len(prop.triangles) > 20
    assert np.isfinite(prop.vertices).all()
    local = prop.vertices - MIDDLE
    face = (np.abs(local[:, 0]) < 0.4) & (local[:, 1] < 0.2) & (local[:, 1] > -0.9)
    assert not (face & (local[:, 2] > 0.7)).any()  # the face stays free


@pytest.mark.parametrize("kind", ["cap", "beanie", "hood"])
def test_hair_is_pressed_under_a_hat(skull, kind):
    item = Headwear(kind, (0.2, 0.3, 0.4), (0.5, 0.5, 0.5), 0.5)
    rng = np.random.default_rng(3)
    loose = hair_props(skull, sample_hairdo(rng, man=False, drawn=True), Hair(BLACK, BLACK), rng)
    tight = pressed(loose, item, skull)
    top = (loose.vertices - MIDDLE)[:, 1] > 0.8
    assert top.any()
    assert np.linalg.norm(tight.vertices - MIDDLE, axis=1)[top].max() < 1.05 + HAT_LIFT - 0.04
    assert pressed(loose, None, skull) is loose
