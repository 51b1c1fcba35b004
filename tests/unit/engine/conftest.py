"""A tiny KoBERT-format directory: everything real but its size and its weights."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sentencepiece
import torch

from emopic_engine.emotions import DEFAULT
from emopic_engine.text.classifier import TextClassifier
from emopic_engine.text.config import TextConfig
from emopic_engine.text.weights import save_weights

CORPUS = [
    *("오늘 정말 기분이 좋다", "왜 자꾸 화나게 해", "내일 시험인데 너무 떨려", "밥은 먹었어요"),
    *("그때로 돌아가고 싶다", "헐 이게 진짜라고", "안녕하세요 반갑습니다", "너무 슬퍼서 울었어"),
]
PIECES = 64


@pytest.fixture(scope="session")
def spiece() -> bytes:
    """A SentencePiece model of 64 pieces with KoBERT's special ones in KoBERT's places."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 4),
        model_writer=written,
        vocab_size=PIECES,
        hard_vocab_limit=True,
        character_coverage=1.0,
        unk_id=0,
        pad_id=1,
        bos_id=2,
        eos_id=3,
        unk_piece="[UNK]",
        pad_piece="[PAD]",
        bos_piece="[CLS]",
        eos_piece="[SEP]",
        control_symbols=["[MASK]"],
        minloglevel=2,
    )
    return written.getvalue()


@pytest.fixture
def text_config() -> TextConfig:
    """Two layers of 32, pooled as KoBERT is."""
    sizes = {
        "vocab_size": PIECES,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 80,
        "type_vocab_size": 2,
        "pad_token_id": 1,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
    }
    return TextConfig(DEFAULT, sizes)


Write = Callable[..., Path]


@pytest.fixture
def write_text_model(tmp_path: Path, spiece: bytes, text_config: TextConfig) -> Write:
    """Write a model directory with random weights; keywords change the configuration."""

    def write(*, int8: bool = False, **changes: object) -> Path:
        chosen = replace(text_config, **changes)  # type: ignore[arg-type]
        torch.manual_seed(7)
        classifier = TextClassifier(chosen)
        # Larger than BERT's own start, so that answers differ from line to line.
        for parameter in classifier.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        save_weights(tmp_path / "model.safetensors", classifier.state_dict(), int8=int8)
        (tmp_path / "config.json").write_text(chosen.to_json(), encoding="utf-8")
        (tmp_path / "spiece.model").write_bytes(spiece)
        return tmp_path

    return write
