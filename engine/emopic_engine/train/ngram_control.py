"""The control any network must beat: logistic regression over character n-grams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emopic_engine.data.lines import LabelledLine
from emopic_engine.text.normalize import normalize


class NgramControl:
    """Tf-idf of 1 to 4 characters within words, then multinomial logistic regression (C = 10)."""

    def __init__(self, examples: Sequence[LabelledLine]) -> None:
        """Fit on these examples; deterministic."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        self._pipeline: Any = make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True),
            LogisticRegression(C=10, max_iter=2000),
        )
        texts = [normalize(example.text) for example in examples]
        self._pipeline.fit(texts, [example.label for example in examples])

    def predict(self, lines: Sequence[str]) -> list[int]:
        """The label of each line."""
        answers = self._pipeline.predict([normalize(line) for line in lines])
        return [int(answer) for answer in answers]

    def asking(self, classes: int) -> Callable[[Sequence[str]], NDArray[np.float32]]:
        """A function from lines to probabilities float32 [n, classes]; 0 for an unseen label."""
        seen = [int(label) for label in self._pipeline.classes_]

        def ask(lines: Sequence[str]) -> NDArray[np.float32]:
            values = np.zeros((len(lines), classes), np.float32)
            values[:, seen] = self._pipeline.predict_proba([normalize(line) for line in lines])
            return values

        return ask
