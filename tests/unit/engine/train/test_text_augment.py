"""Augmentation keeps the meaning: what may change, and what may not."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.text.perturb import MEANING_STAYS
from emopic_engine.train.text_augment import (
    NONE,
    Augmentation,
    cut,
    marked,
    other_speech,
    resized,
    respaced,
    vary,
)
from emopic_engine.train.text_lines import TrainLine, hard_lines

LINE = "오늘 정말 기분이 좋다"
EVERYTHING = Augmentation(1, 1, 1, 1, 1, 1, 1)


def line(text: str = LINE, label: str = "joy") -> TrainLine:
    return TrainLine(text, tuple(DEFAULT.one_hot(label).tolist()), weight=2.0)


def variants(text: str, label: str, share: Augmentation, times: int = 200) -> set[str]:
    chance = random.Random(0)
    return {vary(line(text, label), chance, share, DEFAULT).text for _ in range(times)}


def test_nothing_asked_nothing_done() -> None:
    assert vary(line(), random.Random(0), NONE, DEFAULT) == line()


def test_the_same_seed_gives_the_same_lines() -> None:
    first, again = (
        [vary(line(), chance, EVERYTHING, DEFAULT) for _ in range(20)]
        for chance in (random.Random(4), random.Random(4))
    )
    assert first == again
    assert len(set(first)) > 10


def test_spacing_touches_only_spaces() -> None:
    seen = variants(LINE, "joy", replace(NONE, spacing=1.0))
    assert {text.replace(" ", "") for text in seen} == {LINE.replace(" ", "")}
    assert LINE.replace(" ", "") in seen
    assert any(text.count(" ") > LINE.count(" ") for text in seen)
    assert respaced("", random.Random(0)) == ""


@pytest.mark.parametrize("label", DEFAULT.names)
def test_marks_suit_the_emotion(label: str) -> None:
    """What the evaluation calls a change of meaning is never taught as harmless."""
    seen = {marked(LINE, label, random.Random(seed)) for seed in range(300)}
    assert all(text.startswith(LINE) for text in seen)
    tears = any("ㅠ" in text or "ㅜ" in text for text in seen)
    assert tears == MEANING_STAYS["+ ㅠㅠ"].applies(label)
    assert any("ㅋ" in text for text in seen) == MEANING_STAYS["+ ㅋㅋ"].applies(label)


def test_an_unknown_emotion_gets_plain_marks() -> None:
    chance = random.Random(0)
    seen = {marked("보낸다", "pride", chance).removeprefix("보낸다").strip() for _ in range(100)}
    assert seen <= {"!", "!!", "...", "..", "~", "."}
    emotions = Emotions.from_labels(["pride", "shame"])
    (example,) = hard_lines([type("L", (), {"text": "보낸다", "label": 0})()], 2)
    assert vary(example, chance, replace(NONE, marks=1.0), emotions).text != "보낸다"


def test_runs_are_resized() -> None:
    seen = {resized("아 ㅋㅋㅋ 진짜!!", random.Random(seed)) for seed in range(60)}
    assert all(text.replace("ㅋ", "").replace("!", "") == "아  진짜" for text in seen)
    assert {text.count("ㅋ") for text in seen} == {2, 3, 4, 5, 6}
    assert resized("ㅋ 하나!", random.Random(0)) == "ㅋ 하나!"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "어제 갔어요 ㅠㅠ",
            {f"어제 갔{end} ㅠㅠ" for end in ("습니다", "어요", "어", "음", "다")},
        ),
        ("돈이 없다", {f"돈이 없{end}" for end in ("습니다", "어요", "어", "음", "다")}),
        ("이거 맛있네요!", {"이거 맛있네!"}),
        ("이거 좋아요", {"이거 좋아"}),
        ("어제 갔어?", {"어제 갔어?"}),
        ("꼭 필요", {"꼭 필요"}),
        ("재밌는 웃음", {"재밌는 웃음"}),
        ("ㅋㅋ", {"ㅋㅋ"}),
        ("", {""}),
    ],
)
def test_speech_levels(text: str, expected: set[str]) -> None:
    seen = {other_speech(text, random.Random(seed)) for seed in range(80)}
    assert seen == expected


def test_a_cut_says_how_much_is_left() -> None:
    chance = random.Random(0)
    for _ in range(200):
        kept, shown = cut(LINE, chance)
        assert 0 < shown < 1
        assert kept
        assert LINE.startswith(kept[:-1])
    assert cut("짧은 줄", chance) == ("짧은 줄", 1.0)


def test_cut_lines_keep_their_target_and_weight() -> None:
    chance = random.Random(1)
    cut_line = vary(line(), chance, replace(NONE, prefix=1.0), DEFAULT)
    assert (cut_line.target, cut_line.weight) == (line().target, 2.0)
    assert 0 < cut_line.shown < 1
    assert len(cut_line.text) < len(LINE)
