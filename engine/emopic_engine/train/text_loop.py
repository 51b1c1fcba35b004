"""The training loop of every text recipe: seeded, logged, resumable in the middle of an epoch.

A run is a function of its lines, its settings and the weights it starts from. Everything random is
seeded by the epoch; a checkpoint also holds the state of torch's generators, so a resumed run ends
bit for bit where an unbroken one does (on a GPU: as far as its kernels are deterministic).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from emopic_engine.errors import DeviceError, InputError
from emopic_engine.text.classifier import TextClassifier
from emopic_engine.text.tokenizer import Tokenizer
from emopic_engine.train.text_batches import batches, encode, predict
from emopic_engine.train.text_lines import TrainLine
from emopic_engine.train.text_log import TRAIN, Point
from emopic_engine.train.text_loss import LossSettings, balance, line_losses, wanted
from emopic_engine.train.text_settings import Settings, epoch_seed, optimiser


@dataclass
class Run:
    """Where a run has got to. `best` is the accuracy of the best epoch so far, 0 its number before
    there is one; of two with the same accuracy the one with the lower loss is better.
    """

    step: int = 0
    points: list[Point] = field(default_factory=list)
    best: float = 0.0
    best_loss: float = 0.0
    best_epoch: int = 0


@dataclass(frozen=True)
class Keeping:
    """What a run keeps on disk, in `folder`: `checkpoint.pt`, and `best.pt`.

    `best_on` names the test lines by whose accuracy the best epoch is chosen; with None the last
    epoch is the best one.
    """

    folder: Path
    best_on: str | None = None

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def best(self) -> Path:
        return self.folder / "best.pt"


Watch = Callable[[Run, int, int], None]
"""Told after each step: the run so far, steps in all, and how many points the step has added."""


def train(
    classifier: TextClassifier,
    tokenizer: Tokenizer,
    lines: Sequence[TrainLine],
    settings: Settings,
    tests: Mapping[str, Sequence[TrainLine]] | None = None,
    keeping: Keeping | None = None,
    watch: Watch | None = None,
) -> Run:
    """Train `classifier` in place; it comes back on the CPU, in eval mode, with the best weights.

    With `keeping`, the run is picked up where its folder's checkpoint left it. Raises `InputError`
    for settings that cannot work and `DeviceError` if the loss is no longer a number.
    """
    return _Training(classifier, tokenizer, lines, settings, tests or {}, keeping, watch).run()


class _Training:
    """One run: the model, its optimiser, and its place in the plan."""

    def __init__(
        self,
        classifier: TextClassifier,
        tokenizer: Tokenizer,
        lines: Sequence[TrainLine],
        settings: Settings,
        tests: Mapping[str, Sequence[TrainLine]],
        keeping: Keeping | None,
        watch: Watch | None,
    ) -> None:
        _check(settings, lines, tests, keeping)
        self.classifier = classifier.to(settings.device)
        if settings.dropout is not None:
            classifier.dropout.p = settings.dropout
        self.tokenizer, self.settings, self.tests = tokenizer, settings, tests
        self.keeping, self.watch = keeping, watch
        self.lines = _weighed(lines, settings)
        self.per_epoch = -(-len(lines) // settings.batch)
        self.steps = settings.epochs * self.per_epoch
        self.optimiser, self.schedule = optimiser(classifier, settings, self.steps)
        self.state = Run()
        self.sums = np.zeros(3)  # loss, right answers and lines since the last training point

    def run(self) -> Run:
        self._resume()
        first = self.state.step // self.per_epoch
        for epoch in range(first, self.settings.epochs):
            done = self.state.step - epoch * self.per_epoch
            if done == 0:
                torch.manual_seed(epoch_seed(self.settings, epoch))
            for batch in islice(batches(self.lines, self.settings, epoch), done, None):
                self._step(batch)
        self._take_best()
        self.classifier.to("cpu").eval()
        return self.state

    def _step(self, batch: Sequence[TrainLine]) -> None:
        self.classifier.train()
        self._learn(batch)
        self.state.step += 1
        step, settings = self.state.step, self.settings
        old = len(self.state.points)
        ends = step % self.per_epoch == 0
        if step % settings.log_every == 0 or ends:
            self._log()
        if ends or (settings.test_every and step % settings.test_every == 0):
            self._test(ends)
        if ends or step % settings.save_every == 0:
            self._save()
        if self.watch is not None:
            self.watch(self.state, self.steps, len(self.state.points) - old)

    def _learn(self, batch: Sequence[TrainLine]) -> None:
        settings = self.settings
        device = torch.device(settings.device)
        ids, mask = encode(self.tokenizer, [e.text for e in batch], self.classifier.max_tokens)
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.bf16):
            logits = self.classifier(ids.to(device), mask.to(device))
        answer = wanted(batch, len(settings.emotions), settings.loss).to(device)
        losses = line_losses(logits, answer, settings.loss.temperature)
        loss = (losses * answer.weight).mean()
        if not torch.isfinite(loss):
            raise DeviceError(
                f"the loss is {loss.item()} at step {self.state.step + 1}: lower the rate "
                f"({settings.rate})"
            )
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.classifier.parameters(), settings.max_grad_norm)
        self.optimiser.step()
        self.schedule.step()
        self.optimiser.zero_grad()
        tops = torch.tensor([line.top for line in batch], device=device)
        right = float((logits.argmax(dim=1) == tops).sum())
        self.sums += (loss.item() * len(batch), right, len(batch))

    def _log(self) -> None:
        loss, right, count = self.sums
        self._add(TRAIN, loss / count, right / count)
        self.sums[:] = 0

    def _add(self, lines: str, loss: float, accuracy: float) -> None:
        step, rate = self.state.step, float(self.schedule.get_last_lr()[0])
        epoch = round(step / self.per_epoch, 4)
        self.state.points.append(Point(step, epoch, lines, float(loss), float(accuracy), rate))

    def _test(self, ends: bool) -> None:
        for name, lines in self.tests.items():
            loss, accuracy = self._measure(lines)
            self._add(name, loss, accuracy)
            if ends and self.keeping is not None and name == self.keeping.best_on:
                self._keep_if_best(accuracy, loss, self.keeping)

    def _measure(self, lines: Sequence[TrainLine]) -> tuple[float, float]:
        """Cross-entropy and accuracy, in the precision of training."""
        texts = [line.text for line in lines]
        device = torch.device(self.settings.device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.settings.bf16):
            logits = predict(self.classifier, self.tokenizer, texts)
        plain = LossSettings(neutral=self.settings.loss.neutral)
        answer = wanted(lines, len(self.settings.emotions), plain)
        loss = line_losses(torch.from_numpy(logits), answer, plain.temperature).mean()
        right = logits.argmax(axis=1) == np.array([line.top for line in lines])
        return float(loss), float(right.mean())

    def _keep_if_best(self, accuracy: float, loss: float, keeping: Keeping) -> None:
        state = self.state
        if state.best_epoch and (accuracy, -loss) <= (state.best, -state.best_loss):
            return
        state.best, state.best_loss = accuracy, loss
        state.best_epoch = state.step // self.per_epoch
        _write(keeping.best, {name: t.cpu() for name, t in self.classifier.state_dict().items()})

    def _take_best(self) -> None:
        if self.keeping is None or self.keeping.best_on is None:
            self.state.best_epoch = self.settings.epochs
            return
        best = torch.load(self.keeping.best, weights_only=True, map_location="cpu")
        self.classifier.load_state_dict(best)

    def _save(self) -> None:
        if self.keeping is None:
            return
        cuda = torch.cuda.get_rng_state_all() if self.settings.device.startswith("cuda") else []
        state = {
            "classifier": self.classifier.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": (torch.get_rng_state(), cuda),
            "sums": self.sums.tolist(),
            "run": asdict(self.state),
        }
        _write(self.keeping.checkpoint, state)

    def _resume(self) -> None:
        if self.keeping is None or not self.keeping.checkpoint.exists():
            return
        state = torch.load(self.keeping.checkpoint, weights_only=True, map_location="cpu")
        self.classifier.load_state_dict(state["classifier"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.sums[:] = state["sums"]
        run = state["run"]
        self.state = Run(**run | {"points": [Point(**point) for point in run["points"]]})
        cpu, cuda = state["random"]
        torch.set_rng_state(cpu)
        if cuda and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(cuda)


def _check(
    settings: Settings,
    lines: Sequence[TrainLine],
    tests: Mapping[str, Sequence[TrainLine]],
    keeping: Keeping | None,
) -> None:
    if not lines:
        raise InputError("there are no lines to train on")
    if settings.decay not in ("linear", "cosine"):
        raise InputError(f"decay must be linear or cosine, got {settings.decay!r}")
    if TRAIN in tests:
        raise InputError(f"test lines cannot be called {TRAIN!r}")
    if keeping is not None and keeping.best_on not in (None, *tests):
        raise InputError(f"there are no test lines {keeping.best_on!r}: {', '.join(tests)}")
    for line in lines:
        _ = line.top  # raises for a line that has neither target nor teacher


def _weighed(lines: Sequence[TrainLine], settings: Settings) -> list[TrainLine]:
    """The lines with weights of mean 1, the balance between emotions multiplied in."""
    factors = balance(lines, len(settings.emotions)) if settings.balanced else [1.0] * len(lines)
    weights = [line.weight * factor for line, factor in zip(lines, factors, strict=True)]
    mean = sum(weights) / len(weights)
    if not mean > 0:
        raise InputError("the lines' weights must be at least 0, and one above 0")
    return [
        replace(line, weight=weight / mean) for line, weight in zip(lines, weights, strict=True)
    ]


def _write(path: Path, state: Mapping[str, Any]) -> None:
    """Replace the file as a whole, so that a stop leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(dict(state), part)
    part.replace(path)
