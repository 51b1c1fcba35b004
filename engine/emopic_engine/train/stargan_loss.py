"""StarGAN's losses as published: WGAN with gradient penalty, domain classes, reconstruction.

arXiv:1711.09020, equations 2 to 8. Each picture has one label, so that classes are learned with
cross entropy, as the published solver does for RaFD's expressions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from emopic_engine.face.stargan import Generator

from .stargan_critic import Discriminator

Losses = dict[str, Tensor]


@dataclass(frozen=True)
class StarganWeights:
    """How much each part counts beside the adversarial one."""

    classes: float = 1.0
    reconstruction: float = 10.0
    penalty: float = 10.0


@dataclass(frozen=True)
class StarganBatch:
    """Pictures [N, 3, S, S] in [-1, 1] with their domains and the ones wanted, int64 [N] each.

    `mix` [N, 1, 1, 1] in [0, 1] places the gradient penalty between real and generated.
    """

    pictures: Tensor
    labels: Tensor
    wanted: Tensor
    mix: Tensor


def critic_losses(
    critic: Discriminator, generator: Generator, batch: StarganBatch, domains: int
) -> Losses:
    """`real`, `fake`, `classes` and `penalty`, and the share `accuracy` of real pictures named.

    The generator gets no gradient.
    """
    realness, logits = critic(batch.pictures)
    with torch.no_grad():
        made = generator(batch.pictures, one_hot(batch.wanted, domains))
    made_realness, _ = critic(made)
    between = batch.mix * batch.pictures + (1 - batch.mix) * made
    return {
        "real": -realness.mean(),
        "fake": made_realness.mean(),
        "classes": F.cross_entropy(logits, batch.labels),
        "penalty": gradient_penalty(critic, between),
        "accuracy": (logits.argmax(1) == batch.labels).float().mean(),
    }


def generator_losses(
    critic: Discriminator, generator: Generator, batch: StarganBatch, domains: int
) -> Losses:
    """`fake`, `classes` and `reconstruction` (there and back again, mean absolute error)."""
    made = generator(batch.pictures, one_hot(batch.wanted, domains))
    realness, logits = critic(made)
    back = generator(made, one_hot(batch.labels, domains))
    return {
        "fake": -realness.mean(),
        "classes": F.cross_entropy(logits, batch.wanted),
        "reconstruction": (batch.pictures - back).abs().mean(),
    }


def critic_total(losses: Losses, weights: StarganWeights) -> Tensor:
    """What the critic minimises."""
    return (
        losses["real"]
        + losses["fake"]
        + weights.classes * losses["classes"]
        + weights.penalty * losses["penalty"]
    )


def generator_total(losses: Losses, weights: StarganWeights) -> Tensor:
    """What the generator minimises."""
    return (
        losses["fake"]
        + weights.reconstruction * losses["reconstruction"]
        + weights.classes * losses["classes"]
    )


def gradient_penalty(critic: Discriminator, pictures: Tensor) -> Tensor:
    """Mean of (‖∇D‖₂ - 1)², the norm taken over each whole picture."""
    pictures = pictures.detach().requires_grad_()
    realness, _ = critic(pictures)
    (slope,) = torch.autograd.grad(realness.sum(), pictures, create_graph=True)
    steepness: Tensor = slope.flatten(1).norm(dim=1)
    return ((steepness - 1) ** 2).mean()


def one_hot(labels: Tensor, domains: int) -> Tensor:
    """Domains int64 [N] as planes' values float32 [N, C]."""
    return F.one_hot(labels, domains).float()
