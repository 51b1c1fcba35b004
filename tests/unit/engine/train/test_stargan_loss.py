import math

import pytest
import torch
from torch import nn

from emopic_engine.train.stargan_loss import (
    StarganBatch,
    StarganWeights,
    critic_losses,
    critic_total,
    generator_losses,
    generator_total,
    gradient_penalty,
)


class PlainCritic(nn.Module):
    """Realness is three times the first pixel; the first class gets the mean as logit."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(3.0))

    def forward(self, pictures):
        realness = self.gain * pictures[:, :1, :1, :1]
        mean = pictures.mean((1, 2, 3))
        return realness, torch.stack([mean, torch.zeros_like(mean)], 1)


class Adder(nn.Module):
    """Adds a learned amount for domain 1 and nothing for domain 0."""

    def __init__(self):
        super().__init__()
        self.amount = nn.Parameter(torch.tensor(0.5))

    def forward(self, pictures, domain):
        return pictures + self.amount * domain[:, 1, None, None, None]


@pytest.fixture
def batch():
    return StarganBatch(
        pictures=torch.full((2, 3, 4, 4), 0.25),
        labels=torch.tensor([0, 1]),
        wanted=torch.tensor([1, 0]),
        mix=torch.full((2, 1, 1, 1), 0.5),
    )


def test_the_critics_losses(batch):
    critic, generator = PlainCritic(), Adder()
    losses = critic_losses(critic, generator, batch, 2)
    assert losses["real"].item() == pytest.approx(-0.75)
    assert losses["fake"].item() == pytest.approx(3 * (0.75 + 0.25) / 2)
    first = math.log(1 + math.exp(-0.25))  # logits .25 and 0: label 0, then label 1
    assert losses["classes"].item() == pytest.approx((first + first + 0.25) / 2)
    assert losses["penalty"].item() == pytest.approx((3 - 1) ** 2)
    assert losses["accuracy"].item() == 0.5
    critic_total(losses, StarganWeights()).backward()
    assert critic.gain.grad is not None
    assert generator.amount.grad is None


def test_the_generators_losses(batch):
    generator = Adder()
    losses = generator_losses(PlainCritic(), generator, batch, 2)
    assert losses["fake"].item() == pytest.approx(-1.5)
    assert losses["reconstruction"].item() == pytest.approx(0.5)  # one added twice over, one never
    generator_total(losses, StarganWeights()).backward()
    assert generator.amount.grad is not None


def test_totals_weigh_the_parts():
    parts = {name: torch.tensor(1.0) for name in ("real", "fake", "classes", "penalty")}
    assert critic_total(parts, StarganWeights()).item() == 13
    parts["reconstruction"] = torch.tensor(2.0)
    assert generator_total(parts, StarganWeights(classes=3)).item() == 24


def test_the_penalty_takes_the_norm_over_the_whole_picture():
    class Sum(nn.Module):
        def forward(self, pictures):
            return pictures.sum((1, 2, 3)).view(-1, 1, 1, 1), pictures.flatten(1)

    penalty = gradient_penalty(Sum(), torch.zeros(2, 3, 2, 2))
    assert penalty.item() == pytest.approx((math.sqrt(12) - 1) ** 2)
