"""Training of the `live` generator on synthetic faces: `emopic train face`.

The run is bounded by time: the learning rate follows a cosine over `minutes` of work, so that the
model is finished whenever the budget ends. A checkpoint is written every minute and a run can be
resumed; the time already worked counts.
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
from torch.nn.utils import clip_grad_norm_

from emopic_engine.data.faces.actions import EMOTIONS
from emopic_engine.data.faces.dataset import PER_SHARD, read_manifest, shard_path
from emopic_engine.errors import DataError
from emopic_engine.face.live import Live, LiveConfig, apply_maps

from .face_batches import Batch, FaceBatches
from .face_loss import LossWeights, face_loss, region_weights

log = logging.getLogger(__name__)

WARM_UP = 100  # steps
FLOOR = 0.03  # of the learning rate, at the end
CHECKPOINT_SECONDS = 60.0
EVALUATE_STEPS = 250


@dataclass(frozen=True)
class FaceTraining:
    """Settings of one run."""

    minutes: float = 50.0
    sources: int = 4  # faces a step
    targets: int = 3  # expressions of each
    rate: float = 1e-3
    decay: float = 1e-4
    threads: int = 1
    seed: int = 0


def train_face(
    data: Path,
    out: Path,
    settings: FaceTraining,
    *,
    resume: bool = False,
    progress: Callable[[str], None] = log.info,
) -> Path:
    """Train, checkpoint into `out`, and return the checkpoint's path.

    Shards that appear in `data` while training runs are taken in. Raises `DataError` when `data`
    holds no faces or `out` holds a run and `resume` is off.
    """
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise DataError(f"{out} already holds a run: add --resume or choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    run = FaceRun(data, settings)
    if checkpoint.exists():
        run.load(checkpoint)
    (out / "settings.json").write_text(json.dumps(asdict(settings), indent=2) + "\n")
    run.work(checkpoint, progress)
    return checkpoint


class FaceRun:
    """Model, optimiser, data and clock of one run."""

    def __init__(self, data: Path, settings: FaceTraining) -> None:
        torch.manual_seed(settings.seed)
        self.folder, self.settings = data, settings
        self.model = _channels_last(Live(LiveConfig(EMOTIONS)))
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), settings.rate, betas=(0.9, 0.99), weight_decay=settings.decay
        )
        self.batches = FaceBatches(data, held_out=False)
        self.held_out = FaceBatches(data, held_out=True)
        self.region, self.weights = region_weights(), LossWeights()
        self.step, self.worked = 0, 0.0

    def work(self, checkpoint: Path, progress: Callable[[str], None]) -> None:
        """Train until the budget is used up."""
        began, budget = time.monotonic() - self.worked, self.settings.minutes * 60
        saved = self.worked
        while self.worked < budget:
            loss, motion = self.train_step(self.worked / budget)
            self.worked = time.monotonic() - began
            if self.step % EVALUATE_STEPS == 0 or self.step == 20:
                error, copy = self.evaluate()
                progress(
                    f"step {self.step} {self.worked:.0f} s people {self.batches.people} "
                    f"loss {loss:.4f} flow {motion:.5f} held-out L1 {error:.4f} copy {copy:.4f}"
                )
            if self.worked - saved > CHECKPOINT_SECONDS:
                self.save(checkpoint)
                self.take_new_shards()
                saved = self.worked
        self.save(checkpoint)
        progress(f"finished after {self.step} steps, {self.worked:.0f} s")

    def train_step(self, share: float) -> tuple[float, float]:
        """One step at a share of the budget; total loss and flow error."""
        rng = np.random.default_rng([self.settings.seed, self.step])
        batch = self.batches.sample(rng, self.settings.sources, self.settings.targets)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(share)
        made, maps, source = self.forward(batch)
        total, motion = face_loss(made, maps, batch, source, self.region, self.weights)
        self.optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return total.item(), motion.item()

    def rate(self, share: float) -> float:
        """Linear warm-up, then a cosine down to `FLOOR`."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
        return (
            self.settings.rate
            * min(1.0, (self.step + 1) / WARM_UP)
            * (cosine * (1 - FLOOR) + FLOOR)
        )

    def forward(self, batch: Batch) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor], Tensor]:
        """Pictures made [S K, 3, 128, 128], their maps, and the sources repeated."""
        count = len(batch.targets) // len(batch.sources)
        pictures = batch.sources.to(memory_format=torch.channels_last)
        features = [f.repeat_interleave(count, 0) for f in self.model.encoder(pictures)]
        maps = self.model.decoder(*features, batch.expressions)
        source = batch.sources.repeat_interleave(count, 0)
        return apply_maps(source, *maps), maps, source

    @torch.no_grad()
    def evaluate(self) -> tuple[float, float]:
        """Mean absolute error on held-out people, and that of copying the source."""
        rng = np.random.default_rng(1)
        batch = self.held_out.sample(rng, 32, 3)
        self.model.eval()
        made, _, source = self.forward(batch)
        self.model.train()
        error, copy = (made - batch.targets).abs().mean(), (source - batch.targets).abs().mean()
        return error.item(), copy.item()

    def take_new_shards(self) -> None:
        """Read the data again when more shards are finished than were read."""
        manifest = read_manifest(self.folder)
        count = (manifest.identities - manifest.held_out) // PER_SHARD
        finished = sum(shard_path(self.folder, index).exists() for index in range(count))
        if finished > self.batches.shards:
            self.batches = FaceBatches(self.folder, held_out=False)

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "worked": self.worked,
        }
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(path)

    def load(self, path: Path) -> None:
        """Continue where a checkpoint was written."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.worked = state["step"], state["worked"]


def _channels_last(model: Live) -> Live:
    """The layout in which convolutions on a CPU are fastest."""
    moved: Live = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def export_live(checkpoint: Path, model_dir: Path, gain: float = 1.0) -> None:
    """Write `config.json` and `model.safetensors` (half precision) from a checkpoint."""
    config = LiveConfig(EMOTIONS, gain=gain)
    model = Live(config)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    model_dir.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: value.half().contiguous() for name, value in model.state_dict().items()},
        model_dir / "model.safetensors",
    )
    text = json.dumps({"model_type": "emopic-live", **asdict(config)}, indent=2)
    (model_dir / "config.json").write_text(text + "\n")
