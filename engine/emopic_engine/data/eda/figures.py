"""The numbers of the report, without pictures."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emopic_engine.data.text.example import Example
from emopic_engine.text.normalize import normalize
from emopic_engine.text.tokenizer import Tokenizer

_ANY_LENGTH: Final = 1_000_000
_AGE_GROUPS: Final = 12
SHOWN: Final = 12
"""How many emotions get a word cloud and samples of their own; the most frequent first."""


@dataclass(frozen=True)
class Lengths:
    """Tokens of each line with [CLS] and [SEP], int64 [n], and the most a model takes."""

    tokens: NDArray[np.int64]
    max_tokens: int

    @property
    def share_within(self) -> float:
        """The share of lines that a model reads to the end."""
        return float((self.tokens <= self.max_tokens).mean())

    def quantile(self, share: float) -> int:
        """The smallest length that at least this share of the lines keeps to."""
        return int(np.quantile(self.tokens, share, method="inverted_cdf"))


@dataclass(frozen=True)
class Table:
    """Counts by group and emotion: int64 [groups, K]."""

    groups: tuple[str, ...]
    counts: NDArray[np.int64]


def token_lengths(examples: Sequence[Example], tokenizer: Tokenizer, max_tokens: int) -> Lengths:
    """Tokenise as the model would, without cutting."""
    found = [len(tokenizer.encode(normalize(e.text), _ANY_LENGTH)) for e in examples]
    return Lengths(np.array(found, np.int64), max_tokens)


def label_counts(examples: Sequence[Example], emotions: int) -> NDArray[np.int64]:
    """Lines for each label, int64 [K]."""
    return np.bincount([example.label for example in examples], minlength=emotions)


def targets(examples: Sequence[Example]) -> NDArray[np.float64]:
    """The soft targets, float64 [n, K]."""
    return np.array([example.target for example in examples], np.float64)


def is_soft(shares: NDArray[np.float64]) -> bool:
    """Whether any line stands for more than one emotion."""
    return bool((shares.max(axis=1) < 1 - 1e-6).any())


def members(examples: Sequence[Example], shares: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which lines belong to which emotion, bool [n, K]: their label, and all that tie with it.

    Where people ticked several emotions alike, the label is no more than the first of them.
    """
    rows = np.arange(len(examples))
    labels = np.array([example.label for example in examples])
    largest = shares.max(axis=1)
    leads = shares[rows, labels] > largest - 1e-9  # not where a majority of weak votes decided
    found: NDArray[np.bool_] = (shares > largest[:, None] - 1e-9) & leads[:, None]
    found[rows, labels] = True
    return found


def shown_labels(totals: NDArray[np.float64]) -> list[int]:
    """The emotions with the largest totals above 0, at most `SHOWN`, in their own order."""
    frequent = np.argsort(-totals, kind="stable")[:SHOWN]
    return sorted(int(label) for label in frequent if totals[label])


def together(shares: NDArray[np.float64], shown: Sequence[int]) -> NDArray[np.float64]:
    """Mean targets, each line weighted by its share of the row's emotion: [len(shown), K]."""
    own = shares[:, list(shown)]
    means: NDArray[np.float64] = own.T @ shares / own.sum(axis=0)[:, None]
    return means


def by_age(examples: Sequence[Example], emotions: int) -> Table | None:
    """Counts by age group, None where the data says nothing of age; years become decades."""
    return _grouped([(age_group(e.age), e.label) for e in examples if e.age], emotions)


def by_sex(examples: Sequence[Example], emotions: int) -> Table | None:
    """Counts by sex, None where the data says nothing of it."""
    return _grouped([(e.sex, e.label) for e in examples if e.sex], emotions)


def age_group(age: str) -> str:
    """`27`, `27세` and `20대` all become `20s`; other groups (`청년`) stay as they are."""
    digits = age.strip().rstrip("세살대").strip()
    years = digits.removesuffix(".0")
    return f"{int(years) // 10 * 10}s" if years.isdecimal() else age.strip()


def samples(
    own: Sequence[Example], certain: int = 8, unsure: int = 4, seed: int = 0
) -> list[Example]:
    """Some lines at random, then some of those whose target is least sure."""
    chosen = random.Random(seed).sample(own, min(certain, len(own)))
    mixed = sorted((e for e in own if max(e.target) < 1 - 1e-6), key=lambda e: max(e.target))
    return chosen + [example for example in mixed if example not in chosen][:unsure]


def _grouped(pairs: Sequence[tuple[str, int]], emotions: int) -> Table | None:
    if not pairs:
        return None
    frequent = Counter(group for group, _ in pairs).most_common(_AGE_GROUPS)
    groups = tuple(sorted(group for group, _ in frequent))
    counts = np.zeros((len(groups), emotions), np.int64)
    for group, label in pairs:
        if group in groups:
            counts[groups.index(group), label] += 1
    return Table(groups, counts)
