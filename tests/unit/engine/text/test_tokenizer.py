"""KoBERT's format: `[CLS] pieces [SEP]`, specials by name, padding on the right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sentencepiece

from emopic_engine.errors import ModelError
from emopic_engine.text.tokenizer import Tokenizer, find_tokenizer


@pytest.fixture
def tokenizer(tmp_path: Path, spiece: bytes) -> Tokenizer:
    path = tmp_path / "spiece.model"
    path.write_bytes(spiece)
    return Tokenizer(path)


def test_specials_are_where_kobert_has_them(tokenizer: Tokenizer) -> None:
    assert (tokenizer.unknown, tokenizer.pad, tokenizer.cls, tokenizer.sep) == (0, 1, 2, 3)
    assert tokenizer.size == 64


def test_a_line_is_cls_pieces_sep(tokenizer: Tokenizer, spiece: bytes) -> None:
    raw = sentencepiece.SentencePieceProcessor(model_proto=spiece)
    ids = tokenizer.encode("오늘 정말 기분이 좋다", 71)
    assert ids == [2, *raw.encode("오늘 정말 기분이 좋다"), 3]
    assert 0 not in ids
    assert "".join(tokenizer.pieces("오늘 정말")).replace("▁", " ").strip() == "오늘 정말"


def test_special_names_in_a_line_are_plain_text(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("[CLS] [SEP] [MASK]", 71)
    assert not {1, 2, 3, 4} & set(ids[1:-1])


def test_unknown_characters(tokenizer: Tokenizer) -> None:
    assert tokenizer.unknown in tokenizer.encode("龘", 71)


@pytest.mark.parametrize("limit", [3, 8, 71])
def test_a_long_line_is_cut_and_still_closed(tokenizer: Tokenizer, limit: int) -> None:
    whole = tokenizer.encode("오늘 정말 기분이 좋다 " * 30, 10_000)
    cut = tokenizer.encode("오늘 정말 기분이 좋다 " * 30, limit)
    assert cut == [*whole[: limit - 1], tokenizer.sep]


def test_padding_on_the_right(tokenizer: Tokenizer) -> None:
    ids, mask = tokenizer.pad_batch([[2, 9, 3], [2, 3]], length=4, rows=3)
    np.testing.assert_array_equal(ids, [[2, 9, 3, 1], [2, 3, 1, 1], [1, 1, 1, 1]])
    np.testing.assert_array_equal(mask, [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]])
    assert ids.dtype == mask.dtype == np.int64


def test_a_model_without_the_special_pieces(tmp_path: Path, spiece: bytes) -> None:
    path = tmp_path / "other.model"
    path.write_bytes(spiece.replace(b"[CLS]", b"<cls>"))
    with pytest.raises(ModelError, match=r"\[CLS\]"):
        Tokenizer(path)


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "spiece.model"
    path.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="SentencePiece"):
        Tokenizer(path)


def test_finding_the_file(tmp_path: Path, spiece: bytes) -> None:
    with pytest.raises(ModelError, match="found none"):
        find_tokenizer(tmp_path)
    (tmp_path / "tokenizer_78b3253a26.model").write_bytes(spiece)
    assert find_tokenizer(tmp_path).name == "tokenizer_78b3253a26.model"
    (tmp_path / "second.model").write_bytes(spiece)
    with pytest.raises(ModelError, match=r"second\.model, tokenizer_78b3253a26\.model"):
        find_tokenizer(tmp_path)
    (tmp_path / "spiece.model").write_bytes(spiece)
    assert find_tokenizer(tmp_path).name == "spiece.model"
