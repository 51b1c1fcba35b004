"""Real lines for comparing a compiled text model with the reference."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Final

from emopic_engine.backends.base import Array
from emopic_engine.text.normalize import normalize
from emopic_engine.text.tokenizer import Tokenizer

CHECK_LINES: Final = Path(__file__).parents[1] / "data" / "lines_ko" / "dev.tsv"
_BATCH: Final = 8


def padded(tokens: int, lengths: tuple[int, ...]) -> int:
    """The least of `lengths` (ascending) that `tokens` fit into."""
    return next(length for length in lengths if length >= tokens)


def check_samples(
    tokenizer: Tokenizer, lengths: tuple[int, ...], lines: Path = CHECK_LINES
) -> list[tuple[Array, Array]]:
    """`(input_ids, attention_mask)` int64 [up to 8, length] of every line of a label<TAB>text
    file, padded to `lengths` as for a real answer."""
    texts = [row.split("\t", 1)[1] for row in lines.read_text(encoding="utf-8").splitlines() if row]
    encoded = sorted((tokenizer.encode(normalize(t), lengths[-1]) for t in texts), key=len)
    samples = []
    for length, same in groupby(encoded, lambda ids: padded(len(ids), lengths)):
        rows = list(same)
        chunks = (rows[at : at + _BATCH] for at in range(0, len(rows), _BATCH))
        samples += [tokenizer.pad_batch(chunk, length) for chunk in chunks]
    return samples
