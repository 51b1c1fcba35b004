"""Label sets and blendshape presets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_engine.emotions import (
    ARKIT,
    BLENDSHAPE_SETS,
    DEFAULT,
    KOREAN,
    NAMES,
    Emotions,
    blendshapes,
)
from emopic_engine.errors import InputError

WEIGHTS = st.lists(st.floats(0, 1, width=32), min_size=len(DEFAULT), max_size=len(DEFAULT))
EVERY_SET = pytest.mark.parametrize("names_id", BLENDSHAPE_SETS)


def test_default_order() -> None:
    assert DEFAULT.names == ("joy", "anger", "anxiety", "neutral", "sadness", "surprise")
    assert DEFAULT.korean == ("기쁨", "분노", "불안", "중립", "슬픔", "놀람")
    assert DEFAULT.neutral == 3


@pytest.mark.parametrize(
    ("label", "index"),
    [("joy", 0), ("기쁨", 0), (" Anger ", 1), ("불안", 2), ("NEUTRAL", 3), ("놀람", 5)],
)
def test_label_in_either_language(label: str, index: int) -> None:
    assert DEFAULT.index(label) == index


@pytest.mark.parametrize("label", ["", "happy", "기쁘다", "0"])
def test_unknown_label_names_value_and_choices(label: str) -> None:
    with pytest.raises(InputError) as caught:
        DEFAULT.index(label)
    assert caught.value.code == "unknown_emotion"
    assert repr(label) in caught.value.message
    assert "surprise 놀람" in caught.value.message


def test_any_number_of_labels() -> None:
    emotions = Emotions.from_labels(["기쁨", "boredom", "smug"], {"smug": "으쓱"})
    assert emotions.names == ("joy", "boredom", "smug")
    assert emotions.korean == ("기쁨", "boredom", "으쓱")
    assert emotions.neutral is None
    assert emotions.index("으쓱") == 2


@pytest.mark.parametrize(
    ("names", "korean"),
    [
        ((), ()),
        (("joy",), ()),
        (("joy", "JOY"), ("a", "b")),
        (("joy", "x"), ("x", "y")),
        (("",), ("a",)),
    ],
)
def test_ambiguous_sets_are_refused(names: tuple[str, ...], korean: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        Emotions(names, korean)


def test_sets_as_text() -> None:
    known = Emotions.parse("joy, 분노 ,disgust")
    assert (known.names, known.korean) == (("joy", "anger", "disgust"), ("기쁨", "분노", "혐오"))
    own = Emotions.parse("joy=즐거움,pride=자랑,흥")
    assert own.korean == ("즐거움", "자랑", "흥")
    assert own.spec == "joy=즐거움,pride=자랑,흥"
    assert Emotions.parse(own.spec) == own
    with pytest.raises(InputError, match="not empty"):
        Emotions.parse("joy,,anger")


def test_one_hot() -> None:
    np.testing.assert_array_equal(
        DEFAULT.one_hot("슬픔", 0.5), np.array([0, 0, 0, 0, 0.5, 0], np.float32)
    )
    with pytest.raises(InputError, match="strength"):
        DEFAULT.one_hot("joy", 1.5)


def test_arkit_has_its_52_names() -> None:
    assert len(ARKIT) == len(set(ARKIT)) == 52
    assert ARKIT[0] == "eyeBlinkLeft"
    assert ARKIT[-1] == "tongueOut"
    assert {"jawOpen", "browInnerUp", "mouthSmileRight", "noseSneerLeft"} <= set(ARKIT)


def test_joy_at_half_strength() -> None:
    names, values = blendshapes(DEFAULT, DEFAULT.one_hot("joy", 0.5), "arkit")
    weights = dict(zip(names, values.tolist(), strict=True))
    assert weights["mouthSmileLeft"] == weights["mouthSmileRight"] == pytest.approx(0.5)
    assert weights["jawOpen"] == pytest.approx(0.06)
    assert weights["browDownLeft"] == 0


@EVERY_SET
@pytest.mark.parametrize("name", KOREAN)
def test_every_known_emotion_moves_something(names_id: str, name: str) -> None:
    emotions = Emotions.from_labels([name])
    _, values = blendshapes(emotions, [1.0], names_id)
    assert (values.max() >= 0.5) != (name == "neutral" and names_id == "arkit")


@EVERY_SET
@given(weights=WEIGHTS)
def test_values_stay_in_range(names_id: str, weights: list[float]) -> None:
    names, values = blendshapes(DEFAULT, weights, names_id)
    assert names == NAMES[names_id]  # type: ignore[index]
    assert values.shape == (len(names),)
    assert values.dtype == np.float32
    assert ((values >= 0) & (values <= 1)).all()


@EVERY_SET
@given(weights=WEIGHTS)
def test_linear_below_the_clip(names_id: str, weights: list[float]) -> None:
    small = np.asarray(weights, np.float32) / len(DEFAULT)
    whole = blendshapes(DEFAULT, small, names_id)[1]
    half = blendshapes(DEFAULT, small / 2, names_id)[1]
    np.testing.assert_allclose(half * 2, whole, atol=1e-6)


@EVERY_SET
@given(strength=st.floats(0, 1, width=32))
def test_neutral_moves_nothing_but_neutral(names_id: str, strength: float) -> None:
    names, values = blendshapes(DEFAULT, DEFAULT.one_hot("neutral", strength), names_id)
    assert all(v == 0 for name, v in zip(names, values, strict=True) if name.lower() != "neutral")


@pytest.mark.parametrize(
    ("expression", "names_id"),
    [([0.0] * 5, "arkit"), ([float("nan")] + [0.0] * 5, "vrm1"), ([0.0] * 6, "arkit52")],
)
def test_bad_requests_are_input_errors(expression: list[float], names_id: str) -> None:
    with pytest.raises(InputError):
        blendshapes(DEFAULT, expression, names_id)


def test_unknown_emotion_moves_nothing() -> None:
    _, values = blendshapes(Emotions.from_labels(["smug"]), [1.0], "arkit")
    assert not values.any()
