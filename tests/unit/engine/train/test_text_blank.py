"""A blank base has KoBERT's shape and layout, and trains like any other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from emopic_engine.cli import app
from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import DataError
from emopic_engine.text.classifier import load_encoder
from emopic_engine.text.model import load_tokenizer
from emopic_engine.train.text_base import base_config
from emopic_engine.train.text_blank import Shape, train_pieces, write_blank

TINY = Shape(64, 32, 2, 2, 64, 80)
LINES = [
    *("오늘 정말 기분이 좋다", "왜 자꾸 화나게 해", "내일 시험인데 너무 떨려", "밥은 먹었어요"),
    *("그때로 돌아가고 싶다", "헐 이게 진짜라고", "안녕하세요 반갑습니다", "너무 슬퍼서 울었어"),
] * 4


def test_koberts_shape() -> None:
    """Parameters of skt/kobert-base-v1, pooler included: 92,186,880 with 12 layers of 768."""
    shape = Shape()
    layer = 4 * (768 * 768 + 768) + 2 * 768 * 3072 + 3072 + 768 + 4 * 768
    embeddings = (8002 + 512 + 2 + 2) * 768
    pooler = 768 * 768 + 768
    assert embeddings + 12 * layer + pooler == 92_186_880
    assert (shape.vocab_size, shape.num_hidden_layers, shape.hidden_size) == (8002, 12, 768)


def test_a_blank_base_loads(tmp_path: Path) -> None:
    write_blank(LINES, tmp_path, TINY, seed=3)
    config = base_config(tmp_path, DEFAULT)
    assert (config.pooling, config.max_tokens) == ("cls", 71)
    tokenizer = load_tokenizer(tmp_path, 64)
    assert (tokenizer.unknown, tokenizer.pad, tokenizer.cls, tokenizer.sep) == (0, 1, 2, 3)
    assert tokenizer.unknown not in tokenizer.encode(LINES[0], 71)
    first = load_encoder(tmp_path, config).bert.state_dict()
    write_blank(LINES, tmp_path / "again", TINY, seed=3)
    again = load_encoder(tmp_path / "again", config).bert.state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())
    write_blank(LINES, tmp_path / "other", replace(TINY, num_hidden_layers=1), seed=4)
    assert base_config(tmp_path / "other", DEFAULT).bert["num_hidden_layers"] == 1


def test_the_same_lines_give_the_same_pieces() -> None:
    assert train_pieces(LINES, 64) == train_pieces(LINES, 64)


def test_too_few_lines() -> None:
    with pytest.raises(DataError, match="do not give 8002 pieces"):
        train_pieces(LINES, 8002)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    arguments = ["train", "text-blank", "--lines", str(path), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, DataError)
