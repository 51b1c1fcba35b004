"""What the guard finds and lets pass, on hundreds of labelled lines and on single habits."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_server.intake.guard import Guard, load_guard
from emopic_server.intake.guard_command import measure, read_labelled
from emopic_server.intake.guard_rules import RuleError, read_rules

LINES = Path(__file__).parents[3] / "data" / "guard_ko.tsv"
GUARD = load_guard()


def test_precision_and_recall_on_the_labelled_lines() -> None:
    labelled = read_labelled(LINES)
    clean = sum(label == "clean" for label, _ in labelled)
    assert len(labelled) >= 400
    assert 0.4 < clean / len(labelled) < 0.6
    assert len({line for _, line in labelled}) == len(labelled)
    score = measure(GUARD, labelled)
    assert score.precision >= 0.98, score.accused
    assert score.recall >= 0.95, score.missed


MASKED = {
    "plain": ("아 시발 진짜", "아 ** 진짜"),
    "twice": ("씨발 개새끼", "** ***"),
    "digit between": ("시1발", "***"),
    "spaces stay": ("시 발 놈", "* * 놈"),
    "split jamo": ("와 ㅅㅣㅂㅏㄹ", "와 *****"),
    "half a syllable": ("시ㅂㅏㄹ!", "****!"),
    "a consonant and a look-alike": ("ㅅ1발", "***"),
    "two look-alikes for one letter": ("^^ㅣ발", "****"),
    "invisible sign": ("씨\u200b발", "***"),
    "full width": ("ｓｉｂａｌ 뭐", "***** 뭐"),
    "circled": ("ⓢⓘⓑⓐⓛ", "*****"),
    "keyboard left in English": ("tlqkf 뭐야", "***** 뭐야"),
    "consonants": ("ㅅㅂㅋㅋ", "**ㅋㅋ"),
    "a cluster is one sign": ("ㅄ아", "*아"),
    "emoji with a skin tone": ("🖕🏻", "*🏻"),
    "clean": ("시발점", "시발점"),
    "clean beside profane": ("새끼손가락 씨발", "새끼손가락 **"),
}


@pytest.mark.parametrize(("line", "masked"), MASKED.values(), ids=MASKED)
def test_mask(line: str, masked: str) -> None:
    assert GUARD.mask(line) == masked


def test_a_decomposed_line_is_masked_in_its_composed_form() -> None:
    assert GUARD.mask(unicodedata.normalize("NFD", "아 씨발 뭐")) == "아 ** 뭐"


def test_a_clean_line_is_returned_as_it_came() -> None:
    line = unicodedata.normalize("NFD", "안녕")
    assert GUARD.mask(line) is line


@given(
    st.text(
        alphabet=st.sampled_from("시씨발병신ㅅㅂㅣㅏㄹㅄ1^. \u200b\u0301tlqkf🖕①각"), max_size=12
    )
)
def test_spans_lie_in_the_line_in_order_and_masking_leaves_its_length(line: str) -> None:
    spans = GUARD.find(line)
    composed = unicodedata.normalize("NFC", line)
    ends = [0, *(end for span in spans for end in span), len(composed)]
    assert ends == sorted(ends)
    assert all(begin < end for begin, end in spans)
    if spans:
        assert len(GUARD.mask(line)) == len(composed)


@given(st.text())
def test_any_text_is_judged(line: str) -> None:
    assert isinstance(GUARD.find(line), tuple)


def test_a_list_of_ones_own() -> None:
    rules = read_rules(["# a comment", "[harmless]", "젠장독", "[words]", "젠~장", "^빌$"])
    guard = Guard(rules)
    assert guard.mask("젠장 젠.장 젠장독 빌 빌려") == "** *** 젠장독 * 빌려"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["씨발"], "before every section"),
        (["[words]", "(?:a|b)c"], "does not begin"),
        (["[words]", "씨[발"], "unterminated"),
        (["[harmless]", "(시발점"], "missing"),
    ],
)
def test_a_list_that_is_wrong_names_the_rule(lines: list[str], what: str) -> None:
    with pytest.raises(RuleError, match=what):
        read_rules(lines)
