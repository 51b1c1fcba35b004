"""Robustness figures of models whose behaviour is known."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from emopic_engine.backends import load_backend
from emopic_engine.data.lines import LabelledLine
from emopic_engine.emotions import DEFAULT
from emopic_engine.text.model import TextModel
from emopic_engine.text.perturb import MEANING_STAYS, bare, no_spaces
from emopic_engine.text.robustness import asking, flicker, perturbed, prefixes, tops

JOY, NEUTRAL, SADNESS = (DEFAULT.index(name) for name in ("joy", "neutral", "sadness"))
EXAMPLES = [LabelledLine(JOY, "정말 좋다"), LabelledLine(SADNESS, "너무 슬퍼")]


def ask(lines: Sequence[str]) -> NDArray[np.float32]:
    """Answers joy for `좋`, sadness for tears or `슬`, else neutral; nothing for an empty line."""
    rows = np.zeros((len(lines), 6), np.float32)
    for row, line in zip(rows, lines, strict=True):
        tears = "ㅠ" in line or "슬" in line
        if line:
            row[SADNESS if tears else JOY if "좋" in line else NEUTRAL] = 1
    return rows


def test_no_row_no_answer() -> None:
    assert tops(ask(["좋다", "", "음"])).tolist() == [JOY, -1, NEUTRAL]


def test_a_model_that_is_fooled_by_tears() -> None:
    found = perturbed(ask, EXAMPLES, DEFAULT.names)
    assert found.keys() == MEANING_STAYS.keys()
    tears = found["+ ㅠㅠ"]
    assert (tears.n, tears.before, tears.after, tears.same) == (2, 1.0, 0.5, 0.5)
    assert tears.interval[0] <= -0.5 <= tears.interval[1]
    laughter = found["+ ㅋㅋ"]
    assert (laughter.n, laughter.after) == (1, 1.0)  # laughing about grief is another line
    assert found["no spaces"].after == 1.0


def test_changes_that_fit_no_line_are_left_out() -> None:
    assert "+ ㅋㅋ" not in perturbed(ask, EXAMPLES[1:], DEFAULT.names)


def test_changes_by_example() -> None:
    assert no_spaces("왜 이래 ㅠㅠ!!") == "왜이래ㅠㅠ!!"
    assert bare("왜 이래 ㅠㅠ!!") == "왜 이래"
    assert bare("ㅋㅋㅋ") == "ㅋㅋㅋ"
    assert MEANING_STAYS["+ ..."].change("그래") == "그래..."
    assert MEANING_STAYS["no spaces"].applies("pride")
    assert not MEANING_STAYS["+ ㅠㅠ"].applies("pride")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_line_grows_by_syllables(form: str) -> None:
    line = unicodedata.normalize(form, "나 좋아")  # type: ignore[arg-type]
    assert prefixes(line) == ["나", "나 좋", "나 좋아"]
    assert prefixes("\u200b") == []


def test_flicker_by_hand() -> None:
    # 너(n) 무(n) 슬(s) 퍼(s): one change; 좋다: none, but one from a neutral face.
    # 좋(j) 다(j) ㅠ(s): one change, two from neutral.
    found = flicker(ask, ["너무 슬퍼", "좋다", "좋다ㅠ"], NEUTRAL)
    assert found.changes == [1, 0, 1]
    assert (found.median, found.mean, found.at_most_one) == (1, pytest.approx(2 / 3), 1)
    assert found.median_from_neutral == 1
    assert found.settles == 1
    assert flicker(ask, ["좋다"], None).median_from_neutral == 0
    assert "changes" not in found.to_dict()


def test_a_line_that_keeps_changing() -> None:
    def restless(lines: Sequence[str]) -> NDArray[np.float32]:
        return np.eye(6, dtype=np.float32)[[len(line) % 2 for line in lines]]

    found = flicker(restless, ["가나다라"], NEUTRAL)
    assert (found.changes, found.median, found.at_most_one) == ([3], 3, 0)


def test_a_real_model_is_asked(write_text_model) -> None:
    model = TextModel(write_text_model(), load_backend("torch", threads=1))
    values = asking(model)(["오늘 정말 기분이 좋다", "\u3164"])
    assert values[0].sum() == pytest.approx(1, abs=1e-5)
    assert not values[1].any()
    found = flicker(asking(model), ["오늘 정말 기분이 좋다"], NEUTRAL)
    assert found.settles == 1
