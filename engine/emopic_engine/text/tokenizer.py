"""SentencePiece in KoBERT's format: `[CLS] pieces [SEP]`, padded on the right.

Plain `sentencepiece` on purpose: loaded through the tokenizer classes of transformers 5, KoBERT's
model gives other ids without any error. Special ids are looked up by name, never assumed. Known
answer for the published KoBERT model (vocabulary 8,002, `[CLS]` 2, `[SEP]` 3, `[PAD]` 1):
`한국어 모델을 공유합니다.` → 2 4958 6855 2046 7088 1050 7843 54 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from emopic_engine.errors import ModelError

TOKENIZER_FILE: Final = "spiece.model"


class Tokenizer:
    """Pieces of one SentencePiece `.model`. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Load the model file. Raises `ModelError` if it is unusable or lacks a special piece."""
        try:
            self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        except (OSError, RuntimeError) as error:
            raise ModelError(f"{path} is not a SentencePiece model: {error}") from error
        self.cls = self._special(path, "[CLS]")
        self.sep = self._special(path, "[SEP]")
        self.pad = self._special(path, "[PAD]")

    @property
    def size(self) -> int:
        """The number of pieces, special ones included."""
        return int(self._pieces.get_piece_size())

    @property
    def unknown(self) -> int:
        """The id given to characters that no piece covers."""
        return int(self._pieces.unk_id())

    def encode(self, text: str, max_tokens: int) -> list[int]:
        """Ids of `[CLS] pieces [SEP]`, cut at the end of the text to `max_tokens` in all."""
        pieces: list[int] = self._pieces.encode(text)
        return [self.cls, *pieces[: max_tokens - 2], self.sep]

    def encode_pair(self, first: str, second: str, max_tokens: int) -> tuple[list[int], list[int]]:
        """Ids of `[CLS] first [SEP] second [SEP]`; token types, 0 up to the first `[SEP]`, then 1.

        Too long, the longer text loses pieces from its end, one at a time, the second one where
        both are as long: BERT's way (Devlin et al. 2019, `_truncate_seq_pair`). `max_tokens` is
        at least 3.
        """
        one: list[int] = self._pieces.encode(first)
        two: list[int] = self._pieces.encode(second)
        while len(one) + len(two) > max_tokens - 3:
            (one if len(one) > len(two) else two).pop()
        ids = [self.cls, *one, self.sep, *two, self.sep]
        return ids, [0] * (len(one) + 2) + [1] * (len(two) + 1)

    def pieces(self, text: str) -> list[str]:
        """The pieces themselves, for reading."""
        found: list[str] = self._pieces.encode(text, out_type=str)
        return found

    def pad_batch(
        self, batch: Sequence[Sequence[int]], length: int, rows: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """`(input_ids, attention_mask)`, int64 [rows, length], padded on the right.

        `rows` beyond the batch repeat nothing: they hold `[PAD]` with one attended place, so that
        no row's softmax is empty. No item may be longer than `length`.
        """
        height = len(batch) if rows is None else rows
        ids = np.full((height, length), self.pad, np.int64)
        mask = np.zeros((height, length), np.int64)
        mask[:, 0] = 1
        for row, item in enumerate(batch):
            ids[row, : len(item)] = item
            mask[row, : len(item)] = 1
        return ids, mask

    def _special(self, path: Path, name: str) -> int:
        index = int(self._pieces.piece_to_id(name))
        if index == self.unknown:
            raise ModelError(f"{path} has no piece {name}: it is not in KoBERT's format")
        return index


def find_tokenizer(model_dir: Path) -> Path:
    """The directory's SentencePiece file: `spiece.model`, or else the only `*.model` in it."""
    if (model_dir / TOKENIZER_FILE).is_file():
        return model_dir / TOKENIZER_FILE
    found = sorted(model_dir.glob("*.model"))
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found) or "none"
    raise ModelError(f"{model_dir} needs one SentencePiece file, {TOKENIZER_FILE}; found {names}")
