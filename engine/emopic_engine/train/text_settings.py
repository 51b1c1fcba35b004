"""The settings of a training run, and the optimiser they describe."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import torch

from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.text.classifier import TextClassifier
from emopic_engine.train.text_augment import NONE, Augmentation
from emopic_engine.train.text_loss import LossSettings

Decay = Literal["linear", "cosine"]

_SEEDS: Final = 1009  # between the epochs' seeds of one run


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run besides its lines and its start.

    `rate` is the encoder's learning rate at its peak, `head_rate` the head's (None: the same);
    `warm_up` the share of steps before the peak; weight decay spares biases and layer norms.
    `balanced` weighs lines by the rarity of their emotion. `bucket` is the number of batches among
    which lines are sorted by length (1: not at all). `log_every` counts steps; every set of test
    lines is measured after each epoch, and every `test_every` steps where that is not 0.
    `save_every` counts steps between checkpoints; there is always one after an epoch. `bf16` is
    autocast; on a CPU it is slower unless the CPU has AMX. Dropout None keeps the model's.
    """

    emotions: Emotions = DEFAULT
    epochs: int = 5
    batch: int = 32
    rate: float = 5e-5
    head_rate: float | None = None
    warm_up: float = 0.1
    decay: Decay = "linear"
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    dropout: float | None = None
    balanced: bool = False
    bucket: int = 8
    loss: LossSettings = field(default_factory=LossSettings)
    augmentation: Augmentation = NONE
    log_every: int = 200
    test_every: int = 0
    save_every: int = 1000
    seed: int = 0
    device: str = "cpu"
    bf16: bool = False

    def key(self) -> dict[str, Any]:
        """What a run's result depends on, as plain values; logging and saving do not count."""
        plain = asdict(self)
        for name in ("log_every", "save_every", "device"):
            del plain[name]
        return plain


def optimiser(
    classifier: TextClassifier, settings: Settings, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    """AdamW (Loshchilov and Hutter 2019) and its schedule over `steps`: warm-up, then decay."""
    head_rate = settings.rate if settings.head_rate is None else settings.head_rate
    groups = []
    for module, rate in ((classifier.bert, settings.rate), (classifier.classifier, head_rate)):
        parameters = list(module.parameters())
        matrices = [p for p in parameters if p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]  # biases and layer norms
        groups.append({"params": matrices, "lr": rate, "weight_decay": settings.weight_decay})
        groups.append({"params": vectors, "lr": rate, "weight_decay": 0.0})
    adam = torch.optim.AdamW(groups, fused=True)
    rising = max(1, round(settings.warm_up * steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        left = max(0.0, (steps - step) / max(1, steps - rising))
        return left if settings.decay == "linear" else (1 - math.cos(math.pi * left)) / 2

    return adam, torch.optim.lr_scheduler.LambdaLR(adam, factor)


def epoch_seed(settings: Settings, epoch: int) -> int:
    """What everything random in an epoch is seeded with."""
    return settings.seed * _SEEDS + epoch
