"""Which chat lines reach a face."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_client.bridges.gate import (
    ChatLine,
    Gate,
    Rules,
    in_language,
    names,
    read_words,
)


def said(rules: Rules, *lines: ChatLine) -> list[str]:
    """What of these passes, said slowly enough for any rate."""
    gate = Gate(rules)
    passed = [gate.admit(line, 1000.0 * number) for number, line in enumerate(lines)]
    return [line.text for line in passed if line is not None]


def test_space_is_tidied_and_nothing_is_no_line() -> None:
    assert said(Rules(), ChatLine("  안녕 \n  하세요 "), ChatLine("  \t ")) == ["안녕 하세요"]


def test_speakers_are_chosen_without_case() -> None:
    lines = [ChatLine("하나", "Bob"), ChatLine("둘", "StreamBot"), ChatLine("셋")]
    assert said(Rules(ignore=names(["streambot"])), *lines) == ["하나", "셋"]
    assert said(Rules(only=names([" BOB "])), *lines) == ["하나"]


def test_commands_are_for_bots() -> None:
    assert said(Rules(), ChatLine("!play 노래"), ChatLine("wow!")) == ["wow!"]
    assert said(Rules(commands=True), ChatLine("!play 노래")) == ["!play 노래"]


@pytest.mark.parametrize(
    ("text", "language", "passes"),
    [
        ("안녕하세요", "ko", True),
        ("안녕 hi", "ko", True),
        ("hello 안녕", "ko", False),
        ("ㅋㅋㅋ", "ko", True),
        ("😂😂 123", "ko", True),
        ("おはよう", "ko", False),
        ("Добрый", "en", False),
        ("good morning", "en", True),
        ("おはよう", "any", True),
    ],
)
def test_languages_are_told_by_their_letters(text: str, language, passes: bool) -> None:
    assert in_language(text, language) is passes


def test_lines_with_certain_words_are_left_out() -> None:
    rules = Rules(words=("바보", r"\bspoiler"))
    lines = [ChatLine("이 바보야"), ChatLine("SPOILERS!"), ChatLine("안녕")]
    assert said(rules, *lines) == ["안녕"]


def test_a_word_that_is_no_expression_is_named() -> None:
    assert read_words("a+  # why\n\n# nothing\nb") == ("a+", "b")
    with pytest.raises(ValueError, match=r"\(oops"):
        read_words("(oops")


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    gate = Gate(Rules(per_minute=60, burst=3))
    line = ChatLine("안녕")
    passed = [gate.admit(line, at) is not None for at in (0, 0, 0, 0, 0.5, 1.0, 1.1, 2.0)]
    assert passed == [True, True, True, False, False, True, False, True]
    assert gate.dropped == {"rate": 3}


def test_what_is_dropped_is_counted_by_reason() -> None:
    gate = Gate(Rules(language="ko", ignore=names(["bot"])))
    for line in (ChatLine("hello"), ChatLine("안녕", "Bot"), ChatLine("!go"), ChatLine("hi")):
        assert gate.admit(line, 0.0) is None
    assert gate.dropped == {"language": 2, "speaker": 1, "command": 1}


@given(
    st.lists(st.floats(min_value=0, max_value=5), max_size=60),
    st.floats(min_value=1, max_value=600),
    st.integers(min_value=1, max_value=20),
)
def test_never_more_than_the_burst_and_the_rate(waits, per_minute, burst) -> None:
    gate = Gate(Rules(per_minute=per_minute, burst=burst))
    now, passed = 0.0, 0
    for wait in waits:
        now += wait
        passed += gate.admit(ChatLine("안녕"), now) is not None
    assert passed <= burst + now * per_minute / 60 + 1e-6
