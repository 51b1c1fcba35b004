"""The words that set an emotion apart from the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emopic_engine.data.text.example import Example
from emopic_engine.errors import DataError
from emopic_engine.text.normalize import normalize

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

# Laughing, crying, shivering and shouting are words here, however long they are.
_MARKS: Final = re.compile(r"([ㅋㅎㅠㅜㄷ])\1+|ㅡ+|[!?]{2,}")
_MARK_NAMES: Final = {"ㅜ": "ㅠ"}
# Tags of the Sejong set that carry meaning of their own: nouns, roots, adverbs, interjections,
# and verbs and adjectives, which get their dictionary ending back.
_PLAIN: Final = ("NNG", "NNP", "XR", "MAG", "IC")
_VERBS: Final = ("VV", "VA")
# The prior is worth a tenth of the words there are, at most 500 of them.
_PRIOR_SHARE: Final = 0.1
_PRIOR_MOST: Final = 500.0


def words(texts: Iterable[str]) -> Iterator[frozenset[str]]:
    """The set of words in each text, by Kiwi. Raises `DataError` where it is not installed."""
    normal = [normalize(text) for text in texts]
    parsed = _kiwi().tokenize(_MARKS.sub(" ", text) for text in normal)
    for text, tokens in zip(normal, parsed, strict=True):
        found = {token.form for token in tokens if token.tag.startswith(_PLAIN)}
        found |= {f"{token.form}다" for token in tokens if token.tag.startswith(_VERBS)}
        yield frozenset(found | set(_marks(text)))


def telling_words(
    examples: Sequence[Example], emotions: int, most: int = 70
) -> list[dict[str, float]]:
    """For each emotion, up to `most` words that its lines hold more often than the others do.

    The weight is the z-score of the log-odds ratio with an informative prior (Monroe, Colaresi
    and Quinn 2008, equation 22), by lines that hold a word, each line shared out like its target;
    words in fewer than two lines and those with a score below 1 are left out.
    """
    found = list(words(example.text for example in examples))
    frequency = Counter(word for group in found for word in group)
    vocabulary = sorted(word for word, count in frequency.items() if count > 1)
    column = {word: index for index, word in enumerate(vocabulary)}
    counts = np.zeros((emotions, len(vocabulary)))
    for example, group in zip(examples, found, strict=True):
        known = [column[word] for word in group if word in column]
        counts[:, known] += np.array(example.target)[:, None]
    everywhere = counts.sum(axis=0)
    return [dict(_best(vocabulary, _scores(own, everywhere), most)) for own in counts]


def _scores(here: NDArray[np.float64], everywhere: NDArray[np.float64]) -> NDArray[np.float64]:
    words_in_all = max(1.0, everywhere.sum())
    prior = min(_PRIOR_MOST, _PRIOR_SHARE * words_in_all) * everywhere / words_in_all
    one, other = here + prior, everywhere - here + prior
    odds = np.log(one / (one.sum() - one)) - np.log(other / (other.sum() - other))
    scores: NDArray[np.float64] = odds / np.sqrt(1 / one + 1 / other)
    return scores


def _best(
    vocabulary: Sequence[str], scores: NDArray[np.float64], most: int
) -> Iterator[tuple[str, float]]:
    for index in np.argsort(-scores, kind="stable")[:most]:
        if scores[index] >= 1:
            yield vocabulary[index], float(scores[index])


def _marks(text: str) -> Iterator[str]:
    for mark in _MARKS.finditer(text):
        sign = _MARK_NAMES.get(mark[0][0], mark[0][0])
        yield sign * 2


@cache
def _kiwi() -> Kiwi:
    try:
        from kiwipiepy import Kiwi
    except ImportError as error:
        raise DataError(
            f"word clouds need kiwipiepy: pip install 'emopic-engine[data]' ({error})"
        ) from error
    return Kiwi(num_workers=1)
