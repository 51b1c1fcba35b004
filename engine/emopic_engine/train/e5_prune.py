"""multilingual-e5-small cut down to Korean chat, as a KoBERT-format base directory.

Of 250,002 pieces stay those that Korean chat uses: everything with Hangul in it, digits,
punctuation, symbols, emoji, the letters of kaomoji, and the commonest English. Their scores are
unchanged, so text without rare pieces is segmented as before. What the original never knew
(`쟤`, `쉿`, `뺌`, `ㅃ`, `ㅖ`, 🤬 …) is added: each new piece starts as the mean of its nearest kin.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emopic_engine.text.config import CONFIG_FILE, WEIGHTS_FILE
from emopic_engine.text.tokenizer import TOKENIZER_FILE
from emopic_engine.train.e5_import import E5

ENGLISH_PIECES: Final = 4000

_SPACE: Final = "▁"
# KoBERT's special pieces, in KoBERT's order, and their counterparts in XLM-RoBERTa's vocabulary.
_SPECIAL: Final = {
    "[UNK]": "<unk>",
    "[PAD]": "<pad>",
    "[CLS]": "<s>",
    "[SEP]": "</s>",
    "[MASK]": "<mask>",
}
_KAOMOJI: Final = frozenset("ωДдΩαβσεθΔπλξψΣΘΦмиロツノヮヽシっの︎ペ益皿口")
_NUMBER: Final = re.compile(r"\d{1,4}|\d\.\d{1,2}|\D{1,8}")
_SYMBOLS: Final = (
    *((0x20, 0x7E), (0xA1, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7), (0x2010, 0x2BFF)),
    *((0x3000, 0x303F), (0xFF00, 0xFFEF), (0x1F000, 0x1FAFF), (0xFE0F, 0xFE0F), (0x200D, 0x200D)),
)
_HANGUL: Final = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3))
_INITIALS: Final = range(0x1100, 0x1113)
_VOWELS: Final = range(0x1161, 0x1176)
# `ㅄ` after NFKC; in chat an abbreviated insult.
_PIEUP_SIOS: Final = "\u1121"
_EMOJI_KIN: Final[Mapping[str, Sequence[str]]] = {
    "😧": "😨😦", "😸": "😄", "😺": "😄", "😼": "😏", "😽": "😘", "😾": "😠", "😿": "😢",
    "🙉": "🙈",
    "🙍": "😞", "🙎": "😠", "🤐": "😶", "🤒": "😷", "🤕": "😷", "🤛": "👊", "🤜": "👊", "🤠": "😄",
    "🤢": "😖", "🤥": "😒", "🤧": "😷", "🤫": "😶", "🤬": "😡", "🤮": "😖", "🤯": "😱", "🥱": "😴",
    "🥲": "😂😢", "🥳": "🎉", "🥴": "😵", "🥵": "😓", "🥶": "😨", "🥸": "😎", "🥹": "😭😊",
    "🥺": "😢",
    "🫠": "😓", "🫡": "👍", "🫢": "😮", "🫣": "🙈", "🫤": "😕", "🫥": "😶", "🫨": "😱", "🫶": "💕",
    "🤍": "💙", "🤎": "💙",
}  # fmt: skip


def write_base(e5: E5, out: Path, english: int = ENGLISH_PIECES) -> int:
    """Write `config.json`, `model.safetensors`, `spiece.model`; returns the vocabulary's size."""
    from safetensors.numpy import save_file

    kept = keep_pieces(e5.pieces, english)
    new = new_pieces({e5.pieces[row][0]: row for row in kept})
    rows = _embedding(e5, kept, new.values())
    scores = [e5.pieces[row] for row in kept]
    lowest = min(score for _, score in scores)
    out.mkdir(parents=True, exist_ok=True)
    model = sentencepiece_model([*scores, *((piece, lowest) for piece in new)], e5.charsmap)
    (out / TOKENIZER_FILE).write_bytes(model)
    weights = {**e5.weights, "embeddings.word_embeddings.weight": rows}
    save_file({f"bert.{name}": value for name, value in weights.items()}, out / WEIGHTS_FILE)
    config = {"model_type": "bert", "vocab_size": len(rows), "pad_token_id": 1, **e5.options}
    (out / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return len(rows)


def keep_pieces(pieces: Sequence[tuple[str, float]], english: int) -> list[int]:
    """Indices of the pieces to keep, ascending, special ones left out."""
    special = set(_SPECIAL.values())
    words = [(piece.replace(_SPACE, ""), row) for row, (piece, _) in enumerate(pieces)]
    kept = {row for word, row in words if _useful(word) and pieces[row][0] not in special}
    latin = [row for word, row in words if word.isascii() and word.isalpha()]
    ranked = sorted(latin, key=lambda row: -pieces[row][1])
    short = [row for row in latin if len(pieces[row][0]) <= 2]
    return sorted(kept.union(ranked[:english], short))


def _useful(word: str) -> bool:
    if any(_within(c, _HANGUL) for c in word):
        return True
    if word.isascii():
        return not any(c.isalpha() for c in word) and (not word or bool(_NUMBER.fullmatch(word)))
    if len(word) == 1 and (word in _KAOMOJI or "\u3040" <= word <= "\u30ff"):
        return True
    return len(word) <= 4 and all(_within(c, _SYMBOLS) for c in word)


def _within(character: str, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)


def new_pieces(known: Mapping[str, int]) -> dict[str, list[int]]:
    """Pieces to add, each with the known pieces (their values) whose mean it starts from.

    Added are the 2,350 syllables of KS X 1001, single jamo and common emoji, where missing.
    A syllable's kin share its initial and vowel, else its initial; a jamo's kin is the syllable
    it abbreviates (`ㅃ` 빠, `ㅖ` 예).
    """
    syllables = [piece for piece in known if len(piece) == 1 and _within(piece, _HANGUL[2:])]
    wanted: dict[str, list[str]] = {}
    for syllable in _ksx1001():
        same_vowel = [s for s in syllables if _block(s, 28) == _block(syllable, 28)]
        wanted[syllable] = same_vowel or [
            s for s in syllables if _block(s, 588) == _block(syllable, 588)
        ]
    for jamo in map(chr, (*_INITIALS, *_VOWELS)):
        full = jamo + "\u1161" if ord(jamo) in _INITIALS else "\u110b" + jamo
        wanted[jamo] = [unicodedata.normalize("NFC", full)]
    wanted |= {emoji: list(kin) for emoji, kin in _EMOJI_KIN.items()}
    wanted[_PIEUP_SIOS] = ["▁병신", "병신", "새끼", "놈"]
    new = {piece: [known[k] for k in kin if k in known] for piece, kin in wanted.items()}
    return {piece: kin for piece, kin in new.items() if piece not in known and kin}


def _ksx1001() -> list[str]:
    return [
        bytes((high, low)).decode("euc_kr")
        for high in range(0xB0, 0xC9)
        for low in range(0xA1, 0xFF)
    ]


def _block(syllable: str, size: int) -> int:
    """Which run of `size` code points a syllable is in: 28 share initial and vowel, 588 initial."""
    return (ord(syllable) - 0xAC00) // size


def _embedding(e5: E5, kept: Sequence[int], kin: Iterable[Sequence[int]]) -> NDArray[np.float32]:
    """The embedding's rows: special pieces, kept ones, new ones."""
    old = e5.weights["embeddings.word_embeddings.weight"]
    places = {piece: row for row, (piece, _) in enumerate(e5.pieces)}
    special = old[[places[name] for name in _SPECIAL.values()]]
    new = [old[list(rows)].mean(axis=0, keepdims=True) for rows in kin]
    return np.concatenate([special, old[list(kept)], *new])


def sentencepiece_model(pieces: Iterable[tuple[str, float]], charsmap: bytes) -> bytes:
    """A unigram SentencePiece `.model` with KoBERT's special pieces in front."""
    from sentencepiece import sentencepiece_model_pb2

    schema: Any = sentencepiece_model_pb2  # built at import, so unknown to a type checker
    model = schema.ModelProto()
    for name in _SPECIAL:
        kind = model.SentencePiece.UNKNOWN if name == "[UNK]" else model.SentencePiece.CONTROL
        model.pieces.add(piece=name, score=0.0, type=kind)
    for piece, score in pieces:
        model.pieces.add(piece=piece, score=score, type=model.SentencePiece.NORMAL)
    trainer = model.trainer_spec
    trainer.model_type = trainer.UNIGRAM
    trainer.vocab_size = len(model.pieces)
    trainer.unk_id, trainer.pad_id, trainer.bos_id, trainer.eos_id = range(4)
    trainer.unk_piece, trainer.pad_piece, trainer.bos_piece, trainer.eos_piece = list(_SPECIAL)[:4]
    normalizer = model.normalizer_spec
    normalizer.name = "nmt_nfkc"
    normalizer.precompiled_charsmap = charsmap
    normalizer.add_dummy_prefix = True
    normalizer.remove_extra_whitespaces = True
    normalizer.escape_whitespaces = True
    return bytes(model.SerializeToString())
