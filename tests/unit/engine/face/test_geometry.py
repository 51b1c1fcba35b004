import numpy as np
import pytest

from emopic_engine.face.geometry import CANONICAL, fit_similarity, invert_similarity, scale_of


def moved(points, turn, scale, shift):
    rotation = scale * np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    return (points @ rotation.T + shift).astype(np.float32)


def test_fit_finds_turn_scale_and_shift():
    target = moved(CANONICAL, 0.4, 2.5, (10, -3))
    matrix = fit_similarity(CANONICAL, target)
    assert np.allclose(CANONICAL @ matrix[:, :2].T + matrix[:, 2], target, atol=1e-5)
    assert scale_of(matrix) == pytest.approx(2.5, rel=1e-5)


def test_fit_never_mirrors():
    mirrored = CANONICAL * (-1, 1)
    assert np.linalg.det(fit_similarity(CANONICAL, mirrored)[:, :2]) > 0


def test_fit_refuses_one_point():
    same = np.ones((3, 2), np.float32)
    with pytest.raises(ValueError, match="two different points"):
        fit_similarity(same, CANONICAL)


def test_inverse_undoes():
    matrix = fit_similarity(CANONICAL, moved(CANONICAL, -1.0, 0.3, (5, 7)))
    back = invert_similarity(matrix)
    there = CANONICAL @ matrix[:, :2].T + matrix[:, 2]
    assert np.allclose(there @ back[:, :2].T + back[:, 2], CANONICAL, atol=1e-5)
