"""A KoBERT-shaped base with nothing learned: its own SentencePiece model, random weights.

KoBERT's weights cannot be bundled. This stands in for them wherever the shape matters and the
knowledge does not: to try a training before the real base is at hand, and in tests.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import sentencepiece
import torch
from transformers import BertConfig, BertModel

from emopic_engine.errors import DataError
from emopic_engine.text.config import CONFIG_FILE, WEIGHTS_FILE
from emopic_engine.text.normalize import normalize
from emopic_engine.text.tokenizer import TOKENIZER_FILE
from emopic_engine.text.weights import save_weights


@dataclass(frozen=True)
class Shape:
    """KoBERT's sizes (skt/kobert-base-v1)."""

    vocab_size: int = 8002
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    max_position_embeddings: int = 512


def write_blank(lines: Iterable[str], out: Path, shape: Shape | None = None, seed: int = 0) -> None:
    """Write `config.json`, `model.safetensors`, `spiece.model`. Raises `DataError` where the lines
    do not have as many pieces in them as the vocabulary asks for.
    """
    shape = shape or Shape()
    pieces = train_pieces(lines, shape.vocab_size)
    config = {"model_type": "bert", "pad_token_id": 1, **asdict(shape)}
    torch.manual_seed(seed)
    bert = BertModel(BertConfig(pad_token_id=1, **asdict(shape)))
    out.mkdir(parents=True, exist_ok=True)
    (out / TOKENIZER_FILE).write_bytes(pieces)
    state = {f"bert.{name}": tensor for name, tensor in bert.state_dict().items()}
    save_weights(out / WEIGHTS_FILE, state, int8=False)
    (out / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def train_pieces(lines: Iterable[str], size: int) -> bytes:
    """A unigram SentencePiece model of `size` pieces (Kudo 2018), special ones as in KoBERT."""
    written = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([normalize(line) for line in lines]),
            model_writer=written,
            vocab_size=size,
            character_coverage=0.9995,
            control_symbols=["[MASK]"],
            num_threads=1,  # several make the result depend on their timing
            minloglevel=2,
            unk_piece="[UNK]",
            pad_piece="[PAD]",
            bos_piece="[CLS]",
            eos_piece="[SEP]",
            unk_id=0,
            pad_id=1,
            bos_id=2,
            eos_id=3,
        )
    except RuntimeError as error:
        raise DataError(f"these lines do not give {size} pieces: {error}") from error
    return written.getvalue()
