"""What a StarGAN run is made of; the defaults are the published ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from emopic_engine.errors import DataError

from .stargan_loss import StarganWeights

# May differ between a run and its resumption: none of them changes what a step does.
_FREE: Final = ("iterations", "log_every", "sample_every", "save_every", "rows")


@dataclass(frozen=True)
class StarganSettings:
    """Settings of one run. Raises `DataError` for a number that cannot be used.

    `crop` is the centred square cut from each picture in pixels, 0 the largest there is. `domain`
    is the one emotion to learn, None all of them.
    """

    size: int = 128
    crop: int = 0
    conv_dim: int = 64
    blocks: int = 6
    critic_dim: int = 64
    critic_layers: int = 6
    batch: int = 16
    iterations: int = 200_000
    rate: float = 1e-4  # of both; falls to 0 over the second half of the run
    critic_steps: int = 5  # for each step of the generator
    betas: tuple[float, float] = (0.5, 0.999)
    weights: StarganWeights = field(default_factory=StarganWeights)
    domain: str | None = None
    seed: int = 0
    log_every: int = 10
    sample_every: int = 1_000
    save_every: int = 10_000
    rows: int = 8  # faces on a sample sheet

    def __post_init__(self) -> None:
        whole = ("size", "conv_dim", "critic_dim", "critic_layers", "batch", "iterations")
        for name in (*whole, "critic_steps", "log_every", "sample_every", "save_every", "rows"):
            if getattr(self, name) < 1:
                raise DataError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.size % 4:
            raise DataError(f"size must be a multiple of 4, got {self.size}")

    def rate_at(self, step: int) -> float:
        """The learning rate of a step: constant, then a straight line to 0 at the end."""
        decay = self.iterations - self.iterations // 2
        return self.rate * min(1.0, max(0, self.iterations - step) / decay)

    def to_dict(self) -> dict[str, Any]:
        """As JSON and checkpoints hold it."""
        return {**asdict(self), "betas": list(self.betas)}

    def check_resumes(self, saved: dict[str, Any]) -> None:
        """Raises `DataError` that names the settings in which a stopped run differs."""
        own = self.to_dict()
        other = [key for key in own if key not in _FREE and own[key] != saved.get(key)]
        if other:
            told = ", ".join(f"{key} was {saved.get(key)}, not {own[key]}" for key in other)
            raise DataError(f"the run cannot be resumed with other settings: {told}")
