"""The models that are compared: the published sizes with random weights, or the bundled ones.

A published KoBERT is 12 layers of 768 with 8,002 pieces; a published StarGAN generator has
conv_dim 64 and 6 blocks. Speed does not depend on what the weights have learned.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from emopic_engine.data.lines import read_tsv
from emopic_engine.emotions import DEFAULT
from emopic_engine.engine import MODELS
from emopic_engine.face.stargan import Generator
from emopic_engine.face.stargan_graph import WEIGHTS, StarganConfig, write_stargan_config
from emopic_engine.text.classifier import TextClassifier, load_encoder
from emopic_engine.text.config import WEIGHTS_FILE
from emopic_engine.text.weights import save_weights
from emopic_engine.train.text_base import base_config
from emopic_engine.train.text_blank import Shape, write_blank

ROOT = Path(__file__).parents[2]
LINES = ROOT / "engine" / "emopic_engine" / "data" / "lines_ko"
SIZE = 128


def model_dirs(name: str, folder: Path) -> tuple[Path, Path]:
    """The text and the face model directory of `published` (made in `folder`) or `bundled`."""
    if name == "bundled":
        return MODELS / "text", MODELS / "live"
    text, face = folder / "kobert", folder / f"stargan-{SIZE}"
    if not (text / "config.json").exists():
        _blank_kobert(text)
    if not (face / "config.json").exists():
        _blank_stargan(face)
    return text, face


def _blank_kobert(out: Path) -> None:
    files = [LINES / "train.tsv", *sorted(LINES.glob("voices_?.tsv"))]
    lines = [line.text for path in files for line in read_tsv(path, DEFAULT)]
    write_blank(lines, out, Shape())
    config = base_config(out, DEFAULT)
    torch.manual_seed(0)
    classifier: TextClassifier = load_encoder(out, config)
    save_weights(out / WEIGHTS_FILE, classifier.state_dict(), int8=False)
    (out / "config.json").write_text(config.to_json(), encoding="utf-8")


def _blank_stargan(out: Path) -> None:
    torch.manual_seed(0)
    out.mkdir(parents=True, exist_ok=True)
    save_file(Generator(c_dim=len(DEFAULT)).state_dict(), out / WEIGHTS)
    write_stargan_config(out, StarganConfig(DEFAULT.names, SIZE, cover="all"))
