"""Each text once, and what is nearly the same."""

from __future__ import annotations

from emopic_engine.data.text.duplicates import Conflict, distinct, near_duplicates
from emopic_engine.data.text.example import Example


def example(text: str, label: int) -> Example:
    return Example(text=text, source="test", label=label, target=(1.0, 0.0))


def test_copies_go_and_conflicts_go_entirely() -> None:
    given = [
        example("좋다", 0),
        example("뭐야", 0),
        example(" 좋다 ", 0),
        example("뭐야", 1),
        example("OK", 1),
        example("ok", 1),
    ]
    found = distinct(given)
    assert found.examples == (given[0], given[4])
    assert found.duplicates == 2
    assert found.conflicts == (Conflict("뭐야", (0, 1)),)


TEXTS = [
    "오늘 저녁에 같이 밥 먹을 사람 있어?",
    "내일 시험인데 하나도 못 했어",
    "오늘저녁에 같이 밥먹을 사람 있어ㅋㅋㅋ",
    "내일 시험인데 하나도 못 했어",
    "레이드 출발합니다",
    "내일 시험인데 하나도 못 했어ㅠㅠ",
    "ㅋㅋㅋㅋ",
    "ㅠㅠ",
    "오늘 저녁에 같이 밥 먹은 사람 있어?",
]


def test_near_duplicates_ignore_spaces_laughter_and_copies() -> None:
    assert near_duplicates(TEXTS, 0.7) == [[0, 2, 8], [1, 5]]
    assert near_duplicates(TEXTS, 0.95) == [[0, 2], [1, 5]]


def test_nothing_to_find() -> None:
    assert near_duplicates([]) == []
    assert near_duplicates(["", "!!", "가", "나"]) == []
