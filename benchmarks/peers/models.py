"""The models that are compared: the published sizes with random weights, or the bundled ones.

Speed does not depend on what the weights have learned, only on how often the answers change: the
specimens' answers differ from line to line, as those of trained models do.
"""

from __future__ import annotations

from pathlib import Path

from emopic_engine.engine import MODELS
from emopic_engine.engines.specimens import write_specimens

ROOT = Path(__file__).parents[2]
SIZE = 128


def model_dirs(name: str, folder: Path) -> tuple[Path, Path]:
    """The text and the face model directory of `published` (made in `folder`) or `bundled`."""
    if name == "bundled":
        return MODELS / "text", MODELS / "live"
    if not (folder / "kobert").exists():
        write_specimens(folder)
    return folder / "kobert", folder / f"stargan-{SIZE}"
