"""The bundled model: whole, small, and right about plain lines."""

from __future__ import annotations

import pytest

from emopic_engine.backends import load_backend
from emopic_engine.emotions import DEFAULT
from emopic_engine.engine import MODELS
from emopic_engine.text.model import Scores, TextModel

FOLDER = MODELS / "text"
PLAIN = {
    "오늘 시험 백점 맞았어 너무 행복해!!": "joy",
    "아 진짜 개빡치네 왜 남의 물건에 손을 대": "anger",
    "내일 면접인데 떨어지면 어떡하지 너무 떨려": "anxiety",
    "회의는 오후 세 시에 이층 회의실에서 합니다": "neutral",
    "할머니가 돌아가셔서 하루 종일 울었어": "sadness",
    "헐 이게 진짜라고?? 대박 깜짝이야": "surprise",
}
pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def model() -> TextModel:
    return TextModel(FOLDER, load_backend("torch", threads=1))


def test_plain_lines(model: TextModel) -> None:
    answers = model.classify(list(PLAIN))
    names = [DEFAULT.names[answer.top] for answer in answers if isinstance(answer, Scores)]
    assert names == list(PLAIN.values())


def test_labels_and_tokenizer(model: TextModel) -> None:
    assert model.emotions == DEFAULT
    tokenizer = model.tokenizer
    assert (tokenizer.unknown, tokenizer.pad, tokenizer.cls, tokenizer.sep) == (0, 1, 2, 3)
    assert tokenizer.unknown not in tokenizer.encode("쟤 쉿 뺌 ㅃㅃ ㅖ 🤬 ㅋㅋ ㅠㅠ ㄷㄷ", 71)


def test_small_enough_for_a_repository() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 30_000_000


def test_the_card_names_sources_and_limits() -> None:
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    for fact in ("multilingual-e5-small", "MIT", "n-gram", "frozen", "cannot"):
        assert fact in card
