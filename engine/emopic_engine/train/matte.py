"""Training of the matting network on renders: `emopic train matte`.

The run is bounded by time: the learning rate follows a cosine over `minutes` of work, so that the
model is finished whenever the budget ends. A checkpoint is written every minute, and a stopped run
goes on with `resume`.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from emopic_engine.errors import DataError
from emopic_engine.face.matte import Matte
from emopic_engine.face.matte_graph import MATTE_SIDE, WEIGHTS

from .matte_data import draw_sample, read_cutouts, read_photos

log = logging.getLogger(__name__)

WARM_UP = 50  # steps
FLOOR = 0.02  # of the learning rate, at the end
CHECKPOINT_SECONDS = 60.0
TELL_STEPS = 25
SMALL_SIDE, SMALL_UNTIL = 96, 0.6  # the first share of the run sees small pictures, which cost less
EDGE_WEIGHT = 3.0  # what pixels near an edge count more


@dataclass(frozen=True)
class MatteTraining:
    """Settings of one run. `photos` is a folder of more backgrounds."""

    minutes: float = 35.0
    batch: int = 16
    rate: float = 2e-3
    decay: float = 1e-3
    threads: int = 1
    seed: int = 0
    photos: str | None = None


def train_matte(
    data: Path,
    out: Path,
    settings: MatteTraining,
    *,
    resume: bool = False,
    progress: Callable[[str], None] = log.info,
) -> Path:
    """Train, checkpoint into `out`, and return the checkpoint's path.

    Raises `DataError` when `data` holds no faces, or `out` holds a run and `resume` is off.
    """
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise DataError(f"{out} already holds a run: add --resume or choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    run = MatteRun(data, settings)
    if checkpoint.exists():
        run.load(checkpoint)
    (out / "settings.json").write_text(json.dumps(asdict(settings), indent=2) + "\n")
    run.work(checkpoint, progress)
    return checkpoint


class MatteRun:
    """Network, optimiser, data and clock of one run."""

    def __init__(self, data: Path, settings: MatteTraining) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.photos = read_photos(None if settings.photos is None else Path(settings.photos))
        self.cutouts = read_cutouts(data, held_out=False)
        self.model = Matte().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), settings.rate, weight_decay=settings.decay
        )
        self.step, self.worked = 0, 0.0

    def work(self, checkpoint: Path, progress: Callable[[str], None]) -> None:
        """Train until the minutes are over."""
        self.model.train()
        saved, losses = time.monotonic(), []
        while self.worked < self.settings.minutes * 60:
            began = time.monotonic()
            losses.append(self._step())
            self.worked += time.monotonic() - began
            if self.step % TELL_STEPS == 0:
                mean = sum(losses) / len(losses)
                progress(f"step {self.step}  {self.worked / 60:.1f} min  loss {mean:.4f}")
                losses.clear()
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save(checkpoint)
                saved = time.monotonic()
        self.save(checkpoint)

    def _step(self) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        rng = np.random.default_rng([self.settings.seed, self.step])  # a resumed run goes on alike
        side = SMALL_SIDE if self._done < SMALL_UNTIL else MATTE_SIDE
        samples = [
            draw_sample(rng, self.cutouts, self.photos, side) for _ in range(self.settings.batch)
        ]
        inputs = torch.from_numpy(np.stack([s.network_input() for s in samples]))
        truth = torch.from_numpy(np.stack([s.alpha for s in samples])).float()[:, None] / 255
        logits = self.model.logits(inputs.to(memory_format=torch.channels_last))
        loss = matte_loss(logits, truth)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())

    @property
    def _done(self) -> float:
        return min(1.0, self.worked / (self.settings.minutes * 60))

    def _rate(self) -> float:
        cosine = FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * self._done))
        return self.settings.rate * cosine * min(1.0, (self.step + 1) / WARM_UP)

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        temporary = path.with_suffix(".tmp")
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "worked": self.worked,
        }
        torch.save(state, temporary)
        temporary.replace(path)

    def load(self, path: Path) -> None:
        """Continue where a checkpoint was written."""
        state = torch.load(path, weights_only=True, map_location="cpu")
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.worked = state["step"], state["worked"]


def matte_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross entropy and mean error, edges weighing more, and what the union lacks; all [N, 1, H, W]
    in, one number out."""
    wide = F.max_pool2d(truth, 9, 1, 4) + F.max_pool2d(-truth, 9, 1, 4)  # 1 around edges
    weight = 1 + EDGE_WEIGHT * wide
    alpha = torch.sigmoid(logits)
    entropy = F.binary_cross_entropy_with_logits(logits, truth, weight) / weight.mean()
    mean_error = ((alpha - truth).abs() * weight).sum() / weight.sum()
    shared = (alpha * truth).sum((1, 2, 3))
    union = (alpha + truth - alpha * truth).sum((1, 2, 3))
    missed = 1 - (shared + 1) / (union + 1)
    return entropy + mean_error + 0.5 * missed.mean()


def export_matte(checkpoint: Path, model_dir: Path) -> None:
    """Write `model.safetensors` (half precision) from a checkpoint."""
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")["model"]
    model_dir.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value.half().contiguous()
        for name, value in state.items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(kept, model_dir / WEIGHTS)
