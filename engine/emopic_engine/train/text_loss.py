"""The loss of a batch of lines: soft targets, a teacher's answers, weights, half-typed lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, one_hot, softmax

from emopic_engine.train.text_lines import TrainLine


@dataclass(frozen=True)
class LossSettings:
    """How lines are answered for.

    `smoothing` of the target goes to all emotions alike. Where a line has both a target and a
    teacher, `teacher_share` of the loss is the teacher's, at `temperature` (Hinton et al. 2015).
    A line that is only partly there is answered as far as `shown ** patience` of its emotion, the
    rest as `neutral`, or evenly where the label set has none (`neutral` None).
    """

    smoothing: float = 0.0
    teacher_share: float = 0.5
    temperature: float = 2.0
    patience: float = 2.0
    neutral: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What a batch should answer. Floats [n, K] and [n]; rows without a part are 0 there.

    `by_teacher` is the share of the loss that is the teacher's: 0, 1, or `teacher_share`.
    """

    target: Tensor
    teacher: Tensor
    by_teacher: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> Wanted:
        """The same on a device."""
        return Wanted(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def wanted(lines: Sequence[TrainLine], classes: int, settings: LossSettings) -> Wanted:
    """Targets and the teacher's probabilities, smoothed, and drawn to neutral where cut short."""
    nothing = (0.0,) * classes
    target = torch.tensor([line.target or nothing for line in lines])
    logits = torch.tensor([line.teacher or nothing for line in lines])
    belief = torch.tensor([line.shown**settings.patience for line in lines])[:, None]
    rest = _rest(classes, settings.neutral) * (1 - belief)
    target = (1 - settings.smoothing) * target + settings.smoothing / classes
    return Wanted(
        target=target * belief + rest,
        teacher=softmax(logits / settings.temperature, dim=1) * belief + rest,
        by_teacher=torch.tensor([_share(line, settings.teacher_share) for line in lines]),
        weight=torch.tensor([line.weight for line in lines]),
    )


def line_losses(logits: Tensor, wanted: Wanted, temperature: float) -> Tensor:
    """The loss of each line, float32 [n], weights left out.

    Cross-entropy with the target, and temperature² times the Kullback-Leibler divergence from the
    teacher, so that the gradients of both are of one size at any temperature.
    """
    values = logits.float()
    by_target = -(wanted.target * log_softmax(values, dim=1)).sum(dim=1)
    student = log_softmax(values / temperature, dim=1)
    from_teacher = torch.xlogy(wanted.teacher, wanted.teacher) - wanted.teacher * student
    by_teacher = temperature**2 * from_teacher.sum(dim=1)
    return (1 - wanted.by_teacher) * by_target + wanted.by_teacher * by_teacher


def balance(lines: Sequence[TrainLine], classes: int) -> list[float]:
    """A factor for each line: the rarer its emotions among the targets, the heavier; mean 1.

    Lines without a target keep the factor 1.
    """
    targets = torch.tensor([line.target or (0.0,) * classes for line in lines])
    labelled = targets.sum(dim=1) > 0
    counts = targets.sum(dim=0)
    present = int((counts > 0).sum())
    weights = torch.where(counts > 0, counts.sum() / (present * counts.clamp_min(1e-9)), 0.0)
    return [float(f) for f in torch.where(labelled, targets @ weights, 1.0)]


def _rest(classes: int, neutral: int | None) -> Tensor:
    if neutral is None:
        return torch.full((classes,), 1 / classes)
    return one_hot(torch.tensor(neutral), classes).float()


def _share(line: TrainLine, both: float) -> float:
    if line.teacher is None:
        return 0.0
    return 1.0 if line.target is None else both
