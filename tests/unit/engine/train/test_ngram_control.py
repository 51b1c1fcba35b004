"""The control learns, and answers in the same form as a model."""

from __future__ import annotations

import numpy as np

from emopic_engine.data.lines import LabelledLine
from emopic_engine.train.ngram_control import NgramControl

GLAD = ("기분이 좋다", "오늘 정말 좋다", "정말 좋다")
SAD = ("너무 슬퍼서", "울었어 너무", "슬퍼서 울었어")
LINES = [LabelledLine(label, text) for label, texts in enumerate((GLAD, SAD)) for text in texts]


def test_the_control_learns() -> None:
    assert NgramControl(LINES).predict(["정말 좋다", "울었어"]) == [0, 1]


def test_its_probabilities_say_the_same() -> None:
    control = NgramControl(LINES)
    values = control.asking(2)([line.text for line in LINES])
    np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-6)
    assert values.argmax(axis=1).tolist() == control.predict([line.text for line in LINES])
