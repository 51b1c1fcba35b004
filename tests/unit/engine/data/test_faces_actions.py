import numpy as np
import pytest

from emopic_engine.data.faces.actions import (
    EMOTIONS,
    MAX_UNIT,
    NEUTRAL,
    UNITS,
    expression_units,
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
    units = expression_units(np.ones(6, np.float32))
    assert units["browInnerUp"] == MAX_UNIT
    assert units["mouthFunnel"] == pytest.approx(UNITS["surprise"]["mouthFunnel"])


@pytest.mark.parametrize("seed", range(20))
def test_mixed_expressions_sum_to_one(seed):
    expression = mixed_expression(np.random.default_rng(seed))
    assert expression.sum() == pytest.approx(1, abs=1e-6)
    assert (expression >= 0).all()
    assert 0.0 <= expression[NEUTRAL] <= 0.75
    assert 1 <= (np.delete(expression, NEUTRAL) > 0).sum() <= 2
