"""The published KoBERT tokenizer's facts.

The model file is not ours to ship, so its known answer is asked in two ways: of a SentencePiece
model built here with the published pieces at their published ids, and, where `EMOPIC_KOBERT` names
a KoBERT directory, of the real file.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from emopic_engine.text.normalize import normalize
from emopic_engine.text.tokenizer import Tokenizer, find_tokenizer
from emopic_engine.train.e5_prune import sentencepiece_model

LINE = "한국어 모델을 공유합니다."
IDS = [2, 4958, 6855, 2046, 7088, 1050, 7843, 54, 3]
KNOWN = {
    "▁한국": 4958, "어": 6855, "▁모델": 2046, "을": 7088, "▁공유": 1050, "합니다": 7843, ".": 54,
}  # fmt: skip
PIECES = ["▁한국", "어", "▁모델", "을", "▁공유", "합니다", "."]
VOCABULARY = 8002
SPECIAL = 5


def _vocabulary() -> list[tuple[str, float]]:
    """8,002 pieces with the special ones: the known ones at their places, others between them."""
    places = {place: piece for piece, place in KNOWN.items()}
    found = [(places.get(i, f"<{i}>"), -1.0 if i in places else -99.0) for i in range(VOCABULARY)]
    return found[SPECIAL:]


@pytest.fixture(scope="module")
def kobert(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("kobert") / "tokenizer_78b3253a26.model"
    path.write_bytes(sentencepiece_model(_vocabulary(), b""))
    return Tokenizer(path)


@pytest.fixture(scope="module")
def published() -> Tokenizer:
    folder = os.environ.get("EMOPIC_KOBERT")
    if not folder:
        pytest.skip("EMOPIC_KOBERT names no directory with the published model")
    return Tokenizer(find_tokenizer(Path(folder)))


@pytest.mark.parametrize("name", ["kobert", "published"])
def test_the_known_answer(name: str, request: pytest.FixtureRequest) -> None:
    tokenizer: Tokenizer = request.getfixturevalue(name)
    assert tokenizer.size == VOCABULARY
    assert (tokenizer.unknown, tokenizer.pad, tokenizer.cls, tokenizer.sep) == (0, 1, 2, 3)
    assert tokenizer.encode(LINE, 71) == IDS
    assert tokenizer.pieces(LINE) == PIECES
    ids, mask = tokenizer.pad_batch([IDS], length=11)
    assert ids.tolist() == [[*IDS, 1, 1]]
    assert mask.tolist() == [[1] * 9 + [0] * 2]


@pytest.mark.parametrize("name", ["kobert", "published"])
def test_a_pair(name: str, request: pytest.FixtureRequest) -> None:
    tokenizer: Tokenizer = request.getfixturevalue(name)
    ids, types = tokenizer.encode_pair("한국어", "모델을 공유합니다.", 71)
    assert ids == [2, 4958, 6855, 3, 2046, 7088, 1050, 7843, 54, 3]
    assert types == [0] * 4 + [1] * 6


@pytest.mark.parametrize(
    ("limit", "first", "second"),
    [
        (10, 2, 5),  # as it is
        (9, 2, 4),
        (7, 2, 2),  # both as long: the second one shrinks next
        (6, 2, 1),
        (5, 1, 1),
        (4, 1, 0),
        (3, 0, 0),
    ],
)
def test_a_long_pair_is_cut_at_the_longer_text(
    kobert: Tokenizer, limit: int, first: int, second: int
) -> None:
    ids, types = kobert.encode_pair("한국어", "모델을 공유합니다.", limit)
    whole = IDS[1:-1]
    assert ids == [2, *whole[:2][:first], 3, *whole[2:][:second], 3]
    assert len(ids) == len(types) == limit
    assert sum(types) == second + 1


@pytest.mark.parametrize("limit", [3, 5, 9, 71])
def test_truncation_keeps_the_ends(kobert: Tokenizer, limit: int) -> None:
    assert kobert.encode(LINE, limit) == [*IDS[: min(limit, 9) - 1], 3]


def test_a_run_of_unknown_characters_is_one_unknown_piece(kobert: Tokenizer) -> None:
    """As the published model has it: SentencePiece joins neighbouring unknown characters."""
    assert kobert.encode("龘靐", 71)[-2:] == [0, 3]
    assert kobert.encode("어龘靐어", 71)[-4:] == [6855, 0, 6855, 3]


@pytest.mark.parametrize(
    "typed",
    [
        unicodedata.normalize("NFD", LINE),
        f"\ufeff{LINE}\x00",
        "한국\u200b어\t모델을\r\n공유\x07합니다.",
        f"  {LINE}  ",
        "한국어 모델을 \u202e공유합니다.\u202c",
    ],
    ids=["decomposed", "marks", "control characters", "outer spaces", "direction marks"],
)
def test_what_looks_the_same_gets_the_same_ids(kobert: Tokenizer, typed: str) -> None:
    assert kobert.encode(normalize(typed), 71) == IDS
    assert typed != LINE


def test_special_names_in_a_line_are_text(kobert: Tokenizer) -> None:
    ids = kobert.encode("[CLS]어[SEP]", 71)
    assert ids[1:-1].count(2) == ids[1:-1].count(3) == 0
    assert 6855 in ids
