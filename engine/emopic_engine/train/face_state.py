"""Checkpoints of a face run, a start from an earlier model, and the model directory at the end."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from emopic_engine.errors import DataError
from emopic_engine.face.graphs import WEIGHTS, read_settings
from emopic_engine.face.live import Live, LiveConfig

if TYPE_CHECKING:
    from .face import FaceRun

STYLE = "decoder.style.0.weight"  # the one weight whose columns are the expression's channels


def save_run(run: FaceRun, path: Path) -> None:
    """Write the checkpoint whole or not at all."""
    state: dict[str, Any] = {
        "config": asdict(run.config),
        "step": run.step,
        "worked": run.worked,
    }
    for name, learner in run.learners.items():
        state[name] = learner.net.state_dict()
        state[f"{name}_optimiser"] = learner.optimiser.state_dict()
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def load_run(run: FaceRun, path: Path) -> None:
    """Continue where a checkpoint was written. Raises `DataError` for a network of other sizes."""
    state = torch.load(path, weights_only=True, map_location=run.device)
    config = _config(state)
    if config != run.config:
        raise DataError(f"{path} holds a run with {config}, the settings ask for {run.config}")
    for name, learner in run.learners.items():
        learner.net.load_state_dict(state[name])
        learner.optimiser.load_state_dict(state[f"{name}_optimiser"])
    run.step, run.worked = state["step"], state["worked"]


def warm_start(model: Live, model_dir: Path) -> str:
    """Copy the weights of a model directory wherever names and shapes agree; say how many.

    Expressions are matched by their channels' names; a channel that is new starts without effect.
    Raises `ModelError` when the directory holds no live model.
    """
    settings = read_settings(model_dir)
    theirs = {name: value.float() for name, value in load_file(model_dir / WEIGHTS).items()}
    ours = model.state_dict()
    theirs[STYLE] = _matched(theirs[STYLE], settings.channels, model.config.channels)
    fitting = {
        name: value
        for name, value in theirs.items()
        if name in ours and ours[name].shape == value.shape
    }
    model.load_state_dict(ours | fitting)
    return f"{len(fitting)} of {len(ours)} tensors taken from {model_dir}"


def export_live(checkpoint: Path, model_dir: Path, gain: float = 1.0) -> None:
    """Write `config.json` and `model.safetensors` (half precision) from a checkpoint."""
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    config = replace(_config(state), gain=gain)
    model = Live(config)
    model.load_state_dict(state["model"])
    model_dir.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: value.half().contiguous() for name, value in model.state_dict().items()},
        model_dir / WEIGHTS,
    )
    text = json.dumps({"model_type": "emopic-live", **asdict(config)}, indent=2)
    (model_dir / "config.json").write_text(text + "\n")


def _config(state: dict[str, Any]) -> LiveConfig:
    values = dict(state["config"])
    return LiveConfig(**{**values, **{k: tuple(values[k]) for k in ("channels", "widths")}})


def _matched(weight: Tensor, theirs: tuple[str, ...], ours: tuple[str, ...]) -> Tensor:
    """The columns of `ours`, taken from `theirs` by name; zeros for what they do not have."""
    matched = weight.new_zeros(len(weight), len(ours))
    for column, channel in enumerate(ours):
        if channel in theirs:
            matched[:, column] = weight[:, theirs.index(channel)]
    return matched
