import numpy as np
import pytest

from emopic_engine.data.faces.actions import (
    BLINK,
    CHANNELS,
    EMOTIONS,
    MAX_UNIT,
    MOUTH_OPEN,
    NEUTRAL,
    UNITS,
    expression_units,
    jittered_units,
    lively,
    mixed_expression,
    one_hot,
)


def test_the_emotions_are_in_the_models_order():
    assert EMOTIONS == ("joy", "anger", "anxiety", "neutral", "sadness", "surprise")


def test_neutral_moves_nothing():
    assert expression_units(one_hot("neutral")) == {}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_half_an_expression_is_half_its_units(emotion):
    half = expression_units(one_hot(emotion, 0.5))
    assert half == pytest.approx({name: weight / 2 for name, weight in UNITS[emotion].items()})


def test_mixtures_add_up_and_are_bounded():
    units = expression_units(np.array([1, 1, 1, 1, 1, 1, 0, 0], np.float32))
    assert units["browInnerUp"] == MAX_UNIT
    assert units["mouthFunnel"] == pytest.approx(UNITS["surprise"]["mouthFunnel"])


@pytest.mark.parametrize("seed", range(20))
def test_mixed_expressions_sum_to_one(seed):
    expression = mixed_expression(np.random.default_rng(seed))
    assert expression.sum() == pytest.approx(1, abs=1e-6)
    assert (expression >= 0).all()
    assert 0.0 <= expression[NEUTRAL] <= 0.9
    assert 1 <= (np.delete(expression, NEUTRAL) > 0).sum() <= 2


def test_the_channels_are_the_emotions_then_blink_and_mouth_open():
    assert (*EMOTIONS, "blink", "mouth_open") == CHANNELS


def with_channel(expression, channel, value):
    changed = expression.copy()
    changed[channel] = value
    return changed


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_full_blink_closes_the_lids_whatever_the_emotion_does(emotion):
    units = expression_units(with_channel(one_hot(emotion), BLINK, 1.0))
    assert units["eyeBlink"] == 1.0
    assert units["eyeWide"] == units["eyeSquint"] == 0.0


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_jaw_comes_down_the_further_the_more_the_mouth_opens(emotion):
    jaws = [
        expression_units(with_channel(one_hot(emotion), MOUTH_OPEN, share)).get("jawOpen", 0.0)
        for share in (0.0, 0.3, 0.6, 1.0)
    ]
    assert jaws == sorted(set(jaws))
    assert jaws[-1] <= 1.0


def test_expressions_of_six_weights_are_those_without_the_extra_channels():
    for emotion in EMOTIONS:
        assert expression_units(one_hot(emotion)[:6]) == expression_units(one_hot(emotion))


@pytest.mark.parametrize("seed", range(20))
def test_lively_expressions_keep_their_emotions(seed):
    rng = np.random.default_rng(seed)
    before = mixed_expression(rng)
    after = lively(before, rng)
    assert np.array_equal(before[: len(EMOTIONS)], after[: len(EMOTIONS)])
    assert 0 < after[[BLINK, MOUTH_OPEN]].max() <= 1


@pytest.mark.parametrize("seed", range(20))
def test_jittered_actions_stay_possible(seed):
    units = jittered_units(np.random.default_rng(seed))
    assert units
    assert all(0 <= weight <= MAX_UNIT + 0.5 for weight in units.values())
