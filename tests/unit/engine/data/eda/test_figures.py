"""The report's numbers, on data small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from emopic_engine.data.eda import figures
from emopic_engine.data.eda.figures import Lengths
from emopic_engine.data.text.example import Example, Sex


def example(
    label: int, target: tuple[float, ...], age: str | None = None, sex: Sex | None = None
) -> Example:
    return Example(
        text=f"{label}{target}", source="t", age=age, sex=sex, label=label, target=target
    )


EXAMPLES = [
    example(0, (1.0, 0.0, 0.0), "27", "female"),
    example(0, (0.6, 0.4, 0.0), "25세", "male"),
    example(1, (0.2, 0.8, 0.0), "30대", "male"),
    example(0, (1.0, 0.0, 0.0), "청년"),
]


def test_counts_and_means() -> None:
    shares = figures.targets(EXAMPLES)
    assert figures.label_counts(EXAMPLES, 3).tolist() == [3, 1, 0]
    assert figures.shown_labels(np.array([3.0, 1, 0])) == [0, 1]
    assert figures.is_soft(shares)
    assert not figures.is_soft(shares[[0, 3]])
    means = figures.together(shares, [0, 1])
    own = np.array([1 + 0.36 + 0.04 + 1, 0.24 + 0.16]) / 2.8
    assert means == pytest.approx(np.array([[*own, 0], [0.4 / 1.2, 0.8 / 1.2, 0]]))


def test_lines_belong_to_all_that_tie_with_their_label() -> None:
    lines = [
        example(0, (0.5, 0.5, 0.0)),
        example(1, (0.4, 0.6, 0.0)),
        example(2, (0.6, 0.0, 0.4)),
    ]
    assert figures.members(lines, figures.targets(lines)).tolist() == [
        [True, True, False],
        [False, True, False],
        [False, False, True],
    ]


def test_only_the_most_frequent_labels_are_shown() -> None:
    counts = np.arange(1.0, 20)
    assert figures.shown_labels(counts) == list(range(7, 19))


def test_ages_become_decades() -> None:
    table = figures.by_age(EXAMPLES, 3)
    assert table is not None
    assert table.groups == ("20s", "30s", "청년")
    assert table.counts.tolist() == [[2, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert figures.age_group("31.0") == "30s"


def test_sex_is_counted_where_it_is_given() -> None:
    table = figures.by_sex(EXAMPLES, 3)
    assert table is not None
    assert (table.groups, table.counts.tolist()) == (("female", "male"), [[1, 0, 0], [1, 1, 0]])
    assert figures.by_sex(EXAMPLES[3:], 3) is None


def test_lengths() -> None:
    lengths = Lengths(np.array([3, 5, 71, 72]), 71)
    assert lengths.share_within == 0.75
    assert [lengths.quantile(share) for share in (0.5, 0.75, 1.0)] == [5, 71, 72]


def test_samples_are_the_same_each_time_and_end_with_the_unsure() -> None:
    chosen = figures.samples(EXAMPLES, certain=1, unsure=2, seed=1)
    assert chosen == figures.samples(EXAMPLES, certain=1, unsure=2, seed=1)
    assert EXAMPLES[1] in chosen
    assert figures.samples([]) == []
