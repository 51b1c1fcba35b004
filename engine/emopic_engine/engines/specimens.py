"""Model directories of the published sizes with random weights, to build and measure engines on.

KoBERT (12 layers of 768, vocabulary 8,002) with a head for the six emotions, and StarGAN's
generator (conv_dim 64, six residual blocks) at 128 and 256 px. Their answers mean nothing; their
shapes, sizes and times are those of the published models, whose weights cannot be bundled.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from emopic_engine.emotions import DEFAULT

SIZES: Final = (128, 256)
_HEAD_STD: Final = 0.3  # large enough that answers differ from line to line


def write_specimens(out: Path) -> list[Path]:
    """Write `kobert`, `stargan-128` and `stargan-256` into `out`; the folders, in that order."""
    return [_kobert(out / "kobert"), *(_stargan(out / f"stargan-{size}", size) for size in SIZES)]


def _kobert(folder: Path) -> Path:
    import torch

    from emopic_engine.text.classifier import load_encoder
    from emopic_engine.text.config import (
        CONFIG_FILE,
        WEIGHTS_FILE,
        TextConfig,
        bert_options,
        read_json,
    )
    from emopic_engine.text.tokenizer import TOKENIZER_FILE
    from emopic_engine.text.weights import save_weights
    from emopic_engine.train.text_blank import write_blank

    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        write_blank(_lines(), base)
        raw = base / CONFIG_FILE
        config = TextConfig(DEFAULT, bert_options(raw, read_json(raw)))
        torch.manual_seed(0)
        classifier = load_encoder(base, config)
        torch.nn.init.normal_(classifier.classifier.weight, std=_HEAD_STD)
        folder.mkdir(parents=True, exist_ok=True)
        save_weights(folder / WEIGHTS_FILE, classifier.state_dict(), int8=False)
        (folder / CONFIG_FILE).write_text(config.to_json(), encoding="utf-8")
        (folder / TOKENIZER_FILE).write_bytes((base / TOKENIZER_FILE).read_bytes())
    return folder


def _stargan(folder: Path, size: int) -> Path:
    import torch
    from safetensors.torch import save_file

    from emopic_engine.face.stargan import Generator
    from emopic_engine.face.stargan_graph import WEIGHTS, StarganConfig, write_stargan_config

    torch.manual_seed(size)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(Generator().state_dict(), folder / WEIGHTS)
    write_stargan_config(folder, StarganConfig(DEFAULT.names, size))
    return folder


def _lines() -> list[str]:
    """Every bundled line: KoBERT's vocabulary needs many."""
    folder = Path(__file__).parents[1] / "data" / "lines_ko"
    rows = (
        row
        for path in sorted(folder.glob("*.tsv"))
        for row in path.read_text(encoding="utf-8").splitlines()
    )
    return [row.split("\t", 1)[1] for row in rows if "\t" in row]
