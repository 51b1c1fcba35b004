"""Fine-tuning the whole encoder with its head: one run, resumable after every epoch.

Devlin et al. 2019, with a larger rate for the fresh head, linear warm-up and decay, class
weights and label smoothing. A run is a function of its recipe: every epoch seeds
its own randomness, so a resumed run ends where an unbroken one does.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emopic_engine.data.lines import LabelledLine
from emopic_engine.text.classifier import TextClassifier
from emopic_engine.text.normalize import normalize
from emopic_engine.text.tokenizer import Tokenizer
from emopic_engine.train.text_augment import augment

_BUCKET: Final = 8  # batches among which lines are sorted by length


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run besides its data and its base.

    `augment` is the share of lines changed in each way, `rate` the encoder's learning rate,
    `head_rate` the head's, `warm_up` the share of steps before the peak. `bf16` is autocast:
    slower than float32 at these sizes on a CPU without AMX, where it was measured.
    """

    epochs: int = 10
    batch: int = 32
    rate: float = 8e-5
    head_rate: float = 1e-3
    warm_up: float = 0.1
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    augment: float = 0.25
    bf16: bool = False
    seed: int = 0


def fit(
    classifier: TextClassifier,
    tokenizer: Tokenizer,
    examples: Sequence[LabelledLine],
    recipe: Recipe,
    checkpoint: Path | None = None,
    on_epoch: Callable[[int, float], None] | None = None,
) -> TextClassifier:
    """Train `classifier` in place; it comes back in eval mode.

    With `checkpoint`, the state after each epoch is kept there and picked up again. `on_epoch`
    is told how many epochs are done and the last one's mean loss.
    """
    steps = -(-len(examples) // recipe.batch)
    optimiser, schedule = _optimiser(classifier, recipe, steps)
    done = _resume(checkpoint, classifier, optimiser, schedule)
    loss_of = nn.CrossEntropyLoss(
        class_weights([e.label for e in examples], classifier.classifier.out_features),
        label_smoothing=recipe.label_smoothing,
    )
    for epoch in range(done, recipe.epochs):
        classifier.train()
        losses = []
        for lines, labels in _epoch(examples, recipe, epoch):
            ids, mask = _batch(tokenizer, lines, classifier.max_tokens)
            with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bf16):
                logits = classifier(ids, mask)
            loss = loss_of(logits.float(), torch.tensor(labels))
            loss.backward()
            nn.utils.clip_grad_norm_(classifier.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            losses.append(loss.item())
        _save(checkpoint, classifier, optimiser, schedule, epoch + 1)
        if on_epoch is not None:
            on_epoch(epoch + 1, float(np.mean(losses)))
    return classifier.eval()


def predict(
    classifier: TextClassifier, tokenizer: Tokenizer, lines: Sequence[str], batch: int = 32
) -> NDArray[np.float32]:
    """Logits float32 [len(lines), K], in full precision."""
    classifier.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(lines), batch):
            ids, mask = _batch(tokenizer, lines[start : start + batch], classifier.max_tokens)
            found.append(classifier(ids, mask).numpy())
    return np.concatenate(found)


def class_weights(labels: Sequence[int], classes: int) -> Tensor:
    """Float32 [classes]: the rarer a label, the heavier; mean 1 over the lines, 0 if unseen."""
    counts = np.bincount(labels, minlength=classes)
    present = np.count_nonzero(counts)
    weights = np.where(counts, len(labels) / (present * np.maximum(counts, 1)), 0)
    return torch.tensor(weights, dtype=torch.float32)


def _epoch(
    examples: Sequence[LabelledLine], recipe: Recipe, epoch: int
) -> Iterator[tuple[list[str], list[int]]]:
    """The epoch's lines and labels: changed anew, of like length together, in random order."""
    torch.manual_seed(recipe.seed * 1009 + epoch)
    chance = random.Random(recipe.seed * 1009 + epoch)
    lines = [(augment(e.text, chance, recipe.augment), e.label) for e in examples]
    chance.shuffle(lines)
    batches: list[list[tuple[str, int]]] = []
    for start in range(0, len(lines), recipe.batch * _BUCKET):
        bucket = sorted(lines[start : start + recipe.batch * _BUCKET], key=lambda e: len(e[0]))
        batches += [bucket[i : i + recipe.batch] for i in range(0, len(bucket), recipe.batch)]
    chance.shuffle(batches)
    for batch in batches:
        yield [text for text, _ in batch], [label for _, label in batch]


def _batch(tokenizer: Tokenizer, lines: Sequence[str], longest: int) -> tuple[Tensor, Tensor]:
    items = [tokenizer.encode(normalize(line), longest) for line in lines]
    ids, mask = tokenizer.pad_batch(items, max(map(len, items)))
    return torch.from_numpy(ids), torch.from_numpy(mask)


def _optimiser(
    classifier: TextClassifier, recipe: Recipe, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    encoder = list(classifier.bert.parameters())
    groups = [
        {"params": encoder, "lr": recipe.rate},
        {"params": list(classifier.classifier.parameters()), "lr": recipe.head_rate},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay, fused=True)
    total = recipe.epochs * steps
    rising = max(1, round(recipe.warm_up * total))

    def rate(step: int) -> float:
        return min((step + 1) / rising, max(0.0, (total - step) / max(1, total - rising)))

    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, rate)


def _save(checkpoint: Path | None, classifier: nn.Module, *rest: Any) -> None:
    if checkpoint is None:
        return
    optimiser, schedule, done = rest
    state = {
        "classifier": classifier.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.last_epoch,
        "done": done,
    }
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    part = checkpoint.with_suffix(".part")
    torch.save(state, part)
    part.replace(checkpoint)


def _resume(
    checkpoint: Path | None,
    classifier: nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> int:
    """Load the checkpoint if there is one; returns how many epochs are done."""
    if checkpoint is None or not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    classifier.load_state_dict(state["classifier"])
    optimiser.load_state_dict(state["optimiser"])
    schedule.last_epoch = state["schedule"]
    return int(state["done"])
