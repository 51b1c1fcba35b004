"""From a published `*-G.ckpt` to a model directory that the server loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError, ModelError
from emopic_engine.face.stargan import build_generator, generator_sizes, read_checkpoint
from emopic_engine.face.stargan_graph import WEIGHTS, StarganConfig, write_stargan_config


def export_stargan(checkpoint: Path, model_dir: Path, config: StarganConfig) -> None:
    """Write `config.json` and `model.safetensors`; tensors and names stay as they are.

    Raises `ModelError` when the checkpoint is no generator or has another number of domains.
    """
    state = read_checkpoint(checkpoint)
    build_generator(state, str(checkpoint))
    sizes = generator_sizes(state, str(checkpoint))
    if sizes.c_dim != len(config.emotions):
        raise ModelError(
            f"{checkpoint} has {sizes.c_dim} domains, but {len(config.emotions)} emotions were "
            f"named: {', '.join(config.emotions)}"
        )
    model_dir.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, model_dir / WEIGHTS)
    write_stargan_config(model_dir, config)


def stargan_config(
    checkpoint: Path, emotions: str | None, size: int | None, domain: str | None, cover: str
) -> StarganConfig:
    """What was asked for, and the rest from the `settings.json` beside the checkpoint.

    Raises `DataError` when the emotions or the size stand nowhere, or cannot be used.
    """
    run = _run_settings(checkpoint.with_name("settings.json"))
    spec = emotions or run.get("emotions")
    side = size or run.get("size")
    if spec is None or side is None:
        raise DataError(
            f"{checkpoint} has no settings.json beside it: give its --emotions in the order of "
            "training and its --size"
        )
    names = Emotions.parse(spec)
    only = domain or (None if emotions else run.get("domain"))
    shown = () if only is None else (names.names[names.index(only)],)
    try:
        return StarganConfig(names.names, side, shown, cover)
    except ValueError as error:
        raise DataError(str(error)) from error


def _run_settings(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
