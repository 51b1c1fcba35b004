"""Generated text, piece by piece, as lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emopic_client.bridges.growing import Growing, Said


def grown(*pieces: str, most: int = 300) -> list[Said]:
    growing = Growing(most)
    said = [line for piece in pieces for line in growing.feed(piece)]
    return said + growing.finish()


def finals(*pieces: str, most: int = 300) -> list[str]:
    return [said.text for said in grown(*pieces, most=most) if said.final]


def test_a_sentence_grows_and_is_finished() -> None:
    assert grown("오늘", " 정말", " 좋다.", " 또") == [
        Said(0, "오늘", False),
        Said(0, "오늘 정말", False),
        Said(0, "오늘 정말 좋다.", False),
        Said(0, "오늘 정말 좋다.", True),
        Said(1, "또", False),
        Said(1, "또", True),
    ]


def test_a_sentence_ends_with_its_marks_before_space() -> None:
    assert finals("뭐?! 진짜… 좋아~ 끝") == ["뭐?!", "진짜…", "좋아~", "끝"]
    assert finals('"가자." 그가 말했다.') == ['"가자."', "그가 말했다."]
    assert finals("첫 줄\n둘째 줄") == ["첫 줄", "둘째 줄"]


def test_a_mark_inside_is_no_end() -> None:
    assert finals("3.14배 빠른 v1.2 서버") == ["3.14배 빠른 v1.2 서버"]
    assert finals("어.", ".", ".", " 그래") == ["어...", "그래"], "marks may come in pieces"


def test_nothing_makes_no_line() -> None:
    assert grown("", "  ", "\n\n") == []


def test_a_long_sentence_is_cut_at_a_space() -> None:
    lines = finals("가나다 " * 10, most=10)
    assert lines == ["가나다 가나다"] * 5
    assert finals("가" * 25, most=10) == ["가" * 10, "가" * 10, "가" * 5]


@given(st.lists(st.text(alphabet="가나 .!?\n~ab", max_size=12)), st.integers(3, 30))
def test_nothing_is_lost_or_said_twice(pieces: list[str], most: int) -> None:
    whole = "".join("".join(pieces).split())
    assert "".join("".join(finals(*pieces, most=most)).split()) == whole


@given(st.lists(st.text(alphabet="가나 .!?\n~ab", max_size=12)), st.integers(3, 30))
def test_lines_are_numbered_in_order_and_bounded(pieces: list[str], most: int) -> None:
    said = grown(*pieces, most=most)
    assert [s.number for s in said if s.final] == list(range(sum(s.final for s in said)))
    assert all(len(s.text) <= most for s in said)
    assert [s.number for s in said] == sorted(s.number for s in said)
