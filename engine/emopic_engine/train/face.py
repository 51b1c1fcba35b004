"""Training of the `live` generator on synthetic faces: `emopic train face`.

The run is bounded by time: the learning rate follows a cosine over `minutes` of work, so that the
model is finished whenever the budget ends. A checkpoint is written every minute and a run can be
resumed, with more minutes and with more data; the time already worked counts.

Two small networks are trained beside the generator and thrown away: a judge of expressions, which
sees only renders, and in the last third critics of mouth and eyes.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from emopic_engine.data.faces.actions import CHANNELS
from emopic_engine.data.faces.dataset import read_manifest
from emopic_engine.errors import BackendUnavailable, DataError
from emopic_engine.face.live import Live, LiveConfig, apply_maps

from .face_batches import Batch, FaceBatches
from .face_critic import Critics
from .face_loss import LossWeights, face_loss, region_weights
from .face_render_judge import RenderJudge, feature_distance
from .face_state import load_run, save_run, warm_start

log = logging.getLogger(__name__)

WARM_UP = 100  # steps
FLOOR = 0.03  # of the learning rate, at the end
CHECKPOINT_SECONDS = 60.0
EVALUATE_STEPS = 250
JUDGE_STEPS, JUDGE_SOURCES = 400, 16  # what the judge learns from before anything else
JUDGE_RISE = 300  # steps until it counts in full
CRITICS_FROM = 2 / 3  # of the budget
CRITICS_RISE = 0.05  # share of the budget over which their weight rises


@dataclass(frozen=True)
class FaceTraining:
    """Settings of one run. `start` is a model directory whose weights are taken where they fit."""

    minutes: float = 50.0
    sources: int = 4  # faces a step
    targets: int = 3  # expressions of each
    rate: float = 1e-3
    decay: float = 1e-4
    threads: int = 1
    seed: int = 0
    device: str = "cpu"
    detail: int = 16  # width of the branch for mouth and eyes
    start: str | None = None


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
    holds no faces, or `out` holds a run and `resume` is off or it is a run of another kind;
    `BackendUnavailable` when the device is not there.
    """
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise DataError(f"{out} already holds a run: add --resume or choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    run = FaceRun(data, settings)
    if checkpoint.exists():
        load_run(run, checkpoint)
    elif settings.start:
        progress(warm_start(run.model, Path(settings.start)))
    (out / "settings.json").write_text(json.dumps(asdict(settings), indent=2) + "\n")
    run.work(checkpoint, progress)
    return checkpoint


@dataclass
class Learner:
    """A network and its optimiser."""

    net: nn.Module
    optimiser: torch.optim.Optimizer

    @classmethod
    def of(cls, net: nn.Module, rate: float, decay: float, device: torch.device) -> Learner:
        """Channels last: the layout in which convolutions are fastest, on a CPU above all."""
        net = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(net, torch.optim.AdamW(net.parameters(), rate, (0.9, 0.99), weight_decay=decay))

    def step(self, loss: Tensor) -> None:
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()

    def set_rate(self, rate: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = rate


class FaceRun:
    """Networks, optimisers, data and clock of one run."""

    def __init__(self, data: Path, settings: FaceTraining) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.device = settings, _device(settings.device)
        self.config = LiveConfig(CHANNELS, size=read_manifest(data).size, detail=settings.detail)
        rate, decay = settings.rate, settings.decay
        self.generator = Learner.of(Live(self.config), rate, decay, self.device)
        self.judge = Learner.of(RenderJudge(CHANNELS), 2e-3, 1e-2, self.device)
        self.critics = Learner.of(Critics(), 4e-4, 0.0, self.device)
        self.learners = {
            "model": self.generator,
            "judge": self.judge,
            "critics": self.critics,
        }
        self.batches = FaceBatches(data, held_out=False, channels=len(CHANNELS))
        self.held_out = FaceBatches(data, held_out=True, channels=len(CHANNELS))
        self.region, self.weights = region_weights(self.config.size).to(self.device), LossWeights()
        self.step, self.worked = 0, 0.0

    @property
    def model(self) -> Live:
        """The generator."""
        net: Any = self.generator.net
        assert isinstance(net, Live)
        return net

    def work(self, checkpoint: Path, progress: Callable[[str], None]) -> None:
        """Train until the budget is used up."""
        began, budget = time.monotonic() - self.worked, self.settings.minutes * 60
        if self.step == 0:
            progress(f"the judge's error after {JUDGE_STEPS} steps: {self.teach_judge():.3f}")
        saved = self.worked
        while self.worked < budget:
            losses = self.train_step(self.worked / budget)
            self.worked = time.monotonic() - began
            if self.step % EVALUATE_STEPS == 0 or self.step == 20:
                progress(f"{self._where()} {_text(losses)} {_text(self.evaluate())}")
            if self.worked - saved > CHECKPOINT_SECONDS:
                save_run(self, checkpoint)
                self.batches.take_new()
                saved = self.worked
        save_run(self, checkpoint)
        progress(f"finished after {self.step} steps, {self.worked:.0f} s")

    def teach_judge(self) -> float:
        """Let the judge learn to read renders, so that it is of use from the first step on; its
        mean error over the last tenth of the steps."""
        errors = []
        for step in range(JUDGE_STEPS):
            rng = np.random.default_rng([self.settings.seed, JUDGE_SOURCES, step])
            batch = self.batches.sample(rng, JUDGE_SOURCES, self.settings.targets)
            errors.append(self._teach_judge(batch.to(self.device)))
        return float(np.mean(errors[-max(1, JUDGE_STEPS // 10) :]))

    def train_step(self, share: float) -> dict[str, float]:
        """One step at a share of the budget; the terms of the loss."""
        rng = np.random.default_rng([self.settings.seed, self.step])
        batch = self.batches.sample(rng, self.settings.sources, self.settings.targets)
        batch = batch.to(self.device)
        self.generator.set_rate(self.rate(share))
        made, maps, source = self.forward(batch)
        terms = face_loss(made, maps, batch, source, self.region, self.weights)
        terms |= self._judged(made, batch)
        criticised = share >= CRITICS_FROM
        if criticised:
            strength = min(1.0, (share - CRITICS_FROM) / CRITICS_RISE) * self.weights.critics
            terms["critics"] = _frozen(self.critics.net).objections(made) * strength
        self.generator.step(torch.stack(list(terms.values())).sum())
        self._teach(batch, made, criticised=criticised)
        self.step += 1
        return {name: term.item() for name, term in terms.items()}

    def _judged(self, made: Tensor, batch: Batch) -> dict[str, Tensor]:
        """What the judge reads off the generated faces."""
        heard = min(1.0, self.step / JUDGE_RISE)
        judge: Any = _frozen(self.judge.net).eval()
        logits, features = judge(made)
        with torch.no_grad():
            _, true = judge(batch.targets)
        return {
            "reading": judge.reading_error(logits, batch.expressions)
            * heard
            * self.weights.reading,
            "features": feature_distance(features, true) * heard * self.weights.features,
        }

    def _teach(self, batch: Batch, made: Tensor, *, criticised: bool) -> None:
        """A step of the judge on rendered faces, and of the critics where they take part."""
        self._teach_judge(batch)
        if criticised:
            critics: Any = self.critics.net.requires_grad_(True)
            self.critics.step(critics.mistakes(batch.targets, made))

    def _teach_judge(self, batch: Batch) -> float:
        judge: Any = self.judge.net.requires_grad_(True).train()
        logits, _ = judge(batch.targets)
        error: Tensor = judge.reading_error(logits, batch.expressions)
        self.judge.step(error)
        return error.item()

    def rate(self, share: float) -> float:
        """Linear warm-up, then a cosine down to `FLOOR`."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
        return (
            self.settings.rate
            * min(1.0, (self.step + 1) / WARM_UP)
            * (cosine * (1 - FLOOR) + FLOOR)
        )

    def forward(self, batch: Batch) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor], Tensor]:
        """Pictures made [S K, 3, P, P], their maps, and the sources repeated."""
        count = len(batch.targets) // len(batch.sources)
        pictures = batch.seen.to(memory_format=torch.channels_last)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            features = [f.repeat_interleave(count, 0) for f in self.model.encoder(pictures)]
            flow, mask, colour = self.model.decoder(*features, batch.expressions)
        maps = flow.float(), mask.float(), colour.float()
        source = batch.sources.repeat_interleave(count, 0)
        return apply_maps(source, *maps), maps, source

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Mean absolute error on held-out people, that of copying the source, and the judge's
        error in reading rendered and generated faces."""
        batch = self.held_out.sample(np.random.default_rng(1), 32, 3).to(self.device)
        self.model.eval()
        made, _, source = self.forward(batch)
        self.model.train()
        judge: Any = self.judge.net.eval()
        read = [judge.reading_error(judge(x)[0], batch.expressions) for x in (batch.targets, made)]
        return {
            "held-out-L1": (made - batch.targets).abs().mean().item(),
            "copy-L1": (source - batch.targets).abs().mean().item(),
            "read-rendered": read[0].item(),
            "read-generated": read[1].item(),
        }

    def _where(self) -> str:
        return f"step {self.step} {self.worked:.0f} s people {self.batches.people}"


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BackendUnavailable(f"there is no device {name!r}; use cpu or cuda") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise BackendUnavailable(f"{name} is not available: torch sees no GPU; use --device cpu")
    return device


def _frozen(net: nn.Module) -> Any:
    """The network, its weights left out of the gradient."""
    return net.requires_grad_(False)


def _text(values: dict[str, float]) -> str:
    return " ".join(f"{name} {value:.4f}" for name, value in values.items())
