import cv2
import numpy as np
import pytest

from emopic_engine.data.faces.degrade import Degradation, degraded, sample_degradation

RNG = np.random.default_rng(0)
SMOOTH = cv2.resize(
    RNG.integers(40, 216, (8, 8, 3), np.uint8), (96, 96), interpolation=cv2.INTER_CUBIC
)


def change(how):
    return np.abs(degraded(SMOOTH, how).astype(float) - SMOOTH).mean()


def test_nothing_asked_for_is_nothing_done():
    assert np.array_equal(degraded(SMOOTH, Degradation()), SMOOTH)


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        (Degradation(noise=2), Degradation(noise=8)),
        (Degradation(blur=0.5), Degradation(blur=2.0)),
        (Degradation(shrink=0.9), Degradation(shrink=0.3)),
        (Degradation(quality=90), Degradation(quality=20)),
        (Degradation(quality=90, webp=True), Degradation(quality=5, webp=True)),
    ],
)
def test_more_of_it_changes_more(weak, strong):
    assert 0 < change(weak) < change(strong)


def test_the_same_seed_makes_the_same_noise():
    first, second, other = (degraded(SMOOTH, Degradation(noise=5, seed=s)) for s in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_noise_does_not_shift_the_brightness():
    noisy = degraded(np.full((128, 128, 3), 128, np.uint8), Degradation(noise=6))
    assert noisy.mean() == pytest.approx(128, abs=0.5)


@pytest.mark.parametrize("seed", range(30))
def test_sampled_pictures_stay_pictures(seed):
    result = degraded(SMOOTH, sample_degradation(np.random.default_rng(seed)))
    assert result.shape == SMOOTH.shape
    assert result.dtype == np.uint8
    assert change(sample_degradation(np.random.default_rng(seed))) < 20


def test_some_pictures_stay_clean_and_most_do_not():
    clean = [sample_degradation(np.random.default_rng(s)) == Degradation() for s in range(60)]
    assert 5 < sum(clean) < 35
