"""A growing line keeps its emotion until another one leads clearly."""

from __future__ import annotations

import pytest

from emopic_engine.text.typed import Typed

JOY, ANGER, NEUTRAL = 0, 1, 2


def test_a_line_begins_neutral() -> None:
    assert Typed(NEUTRAL).grow("a", (0.5, 0.2, 0.3)) == NEUTRAL


def test_a_clear_lead_takes_over_and_stays() -> None:
    typed = Typed(NEUTRAL)
    assert typed.grow("a", (0.7, 0.2, 0.1)) == JOY
    assert typed.grow("a", (0.3, 0.6, 0.1)) == JOY
    assert typed.grow("a", (0.1, 0.8, 0.1)) == ANGER


def test_lines_do_not_mix() -> None:
    typed = Typed(NEUTRAL)
    typed.grow("a", (0.9, 0.0, 0.1))
    assert typed.grow("b", (0.4, 0.3, 0.3)) == NEUTRAL


def test_a_finished_line_is_forgotten() -> None:
    typed = Typed(NEUTRAL)
    typed.grow("a", (0.9, 0.0, 0.1))
    typed.finish("a")
    assert typed.grow("a", (0.4, 0.3, 0.3)) == NEUTRAL


def test_without_a_neutral_emotion_the_first_answer_counts() -> None:
    typed = Typed(None)
    assert typed.grow("a", (0.4, 0.35, 0.25)) == 0
    assert typed.grow("a", (0.35, 0.4, 0.25)) == 0


@pytest.mark.parametrize("lines", [5000])
def test_lines_that_are_never_finished_do_not_pile_up(lines: int) -> None:
    typed = Typed(NEUTRAL)
    for line in range(lines):
        typed.grow(line, (0.9, 0.0, 0.1))
    assert typed.grow(0, (0.4, 0.3, 0.3)) == NEUTRAL, "the oldest are forgotten"
    assert typed.grow(lines - 1, (0.4, 0.3, 0.3)) == JOY
