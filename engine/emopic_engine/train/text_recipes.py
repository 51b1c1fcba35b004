"""Training recipes: named settings, each a starting point that the command line can change.

`kobert` is the published KoBERT fine-tuning on AI Hub lines: `[CLS]` pooled, dropout 0.5, one rate
for the whole model, plain shuffling, no augmentation. `chat` is made for few, short, messy lines:
augmentation, a faster head, label smoothing. `adapt` goes before it, on a neighbouring data set
with labels of its own: the encoder it leaves is a better base. `distil` is `chat` for a student:
teachers speak beside the labels, and alone where there are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import torch

from emopic_engine.errors import BackendUnavailable, InputError
from emopic_engine.train.text_augment import Augmentation
from emopic_engine.train.text_loss import LossSettings
from emopic_engine.train.text_settings import Settings

_CHAT: Final = Settings(
    epochs=4,
    batch=32,
    rate=8e-5,
    head_rate=1e-3,
    bucket=16,
    loss=LossSettings(smoothing=0.05),
    augmentation=Augmentation(spacing=0.3),
)
RECIPES: Final[Mapping[str, Settings]] = {
    "kobert": Settings(
        epochs=5,
        batch=64,
        rate=5e-5,
        warm_up=0.1,
        decay="cosine",
        max_grad_norm=1.0,
        dropout=0.5,
        bucket=1,
        log_every=200,
    ),
    "adapt": replace(
        _CHAT,
        epochs=2,
        loss=LossSettings(),
        augmentation=Augmentation(
            spacing=0.15, marks=0, bare=0, repeats=0.1, typos=0.05, speech=0, prefix=0
        ),
    ),
    "chat": _CHAT,
    "distil": replace(_CHAT, loss=LossSettings(smoothing=0.05, teacher_share=0.7, temperature=2.0)),
}


def recipe(name: str) -> Settings:
    """The settings of a recipe. Raises `InputError` naming the choices."""
    if name not in RECIPES:
        raise InputError(f"unknown recipe {name!r}: use {', '.join(RECIPES)}")
    return RECIPES[name]


def settings_of(name: str, **changes: Any) -> Settings:
    """A recipe's settings with changes; those that are None leave the recipe's value.

    The neutral emotion, towards which half-typed lines are drawn, comes from the label set.
    """
    given = {key: value for key, value in changes.items() if value is not None}
    settings = replace(recipe(name), **given)
    return replace(settings, loss=replace(settings.loss, neutral=settings.emotions.neutral))


def find_device(name: str) -> str:
    """`cpu` or `cuda`; `auto` takes the GPU where there is one.

    Raises `BackendUnavailable` for a GPU that is not here, `InputError` for another name.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"unknown device {name!r}: use auto, cpu, cuda")
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise BackendUnavailable(
            f"torch {torch.__version__} finds no CUDA device: use --device cpu, or install a CUDA "
            "build of torch and the driver"
        )
    return "cuda" if there and name != "cpu" else "cpu"
