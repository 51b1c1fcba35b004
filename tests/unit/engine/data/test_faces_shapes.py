import numpy as np
import pytest

from emopic_engine.data.faces.shapes import EMPTY, Stuff, ball, joined, polyline, surface, tube

SIDE = np.stack(np.meshgrid(np.arange(4.0), np.arange(3.0)), -1)
FLAT = np.concatenate([SIDE, np.zeros((3, 4, 1))], -1).astype(np.float32)  # 3 along, 4 across


def test_a_grid_becomes_two_triangles_a_square():
    prop = surface(FLAT, (1, 0, 0), Stuff.CLOTH, 0.5)
    assert prop.triangles.shape == (2 * 2 * 3, 3)
    a, b, c = (prop.vertices[prop.triangles[:, i]] for i in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    assert areas == pytest.approx(0.5)


def test_normals_stand_on_the_surface():
    prop = surface(ball((1, 2, 3), 0.5, 16), (1, 1, 1), Stuff.SHINY, 0.5)
    out = (prop.vertices - (1, 2, 3)) / 0.5
    inner = np.abs(out[:, 1]) < 0.9  # at the poles all points of a ring are one
    assert np.abs((prop.normals * out).sum(1))[inner].min() > 0.95


def test_joined_props_keep_their_triangles():
    first, second = (
        surface(FLAT, (1, 0, 0), Stuff.CLOTH, 0.1),
        surface(FLAT + 9, (0, 1, 0), Stuff.HAIR, 0.2),
    )
    both = joined([first, EMPTY, second])
    assert len(both.vertices) == len(first.vertices) + len(second.vertices)
    last = both.vertices[both.triangles[-1]]
    assert np.array_equal(last, second.vertices[second.triangles[-1]])
    assert set(both.stuff) == {Stuff.CLOTH, Stuff.HAIR}


def test_nothing_joined_is_empty():
    assert len(joined([]).triangles) == 0


def test_a_tube_is_as_thick_as_asked_everywhere():
    path = polyline([(0, 0, 0), (1, 0, 0), (2, 0.5, 0)], 9)
    away = np.linalg.norm(tube(path, 0.1) - path[:, None], axis=-1)
    assert away == pytest.approx(0.1, rel=1e-3)


def test_a_polyline_goes_through_its_ends():
    path = polyline([(0, 0, 0), (1, 2, 3), (4, 4, 4)], 11)
    assert path[0] == pytest.approx((0, 0, 0))
    assert path[5] == pytest.approx((1, 2, 3))
    assert path[-1] == pytest.approx((4, 4, 4))
