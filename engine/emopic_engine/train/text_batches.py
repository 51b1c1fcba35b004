"""Lines in batches: shuffled and changed for training, sorted by length for measuring."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from emopic_engine.text.classifier import TextClassifier
from emopic_engine.text.evaluate import Logits
from emopic_engine.text.normalize import normalize
from emopic_engine.text.tokenizer import Tokenizer
from emopic_engine.train.text_augment import vary
from emopic_engine.train.text_lines import TrainLine
from emopic_engine.train.text_settings import Settings, epoch_seed


def batches(
    lines: Sequence[TrainLine], settings: Settings, epoch: int
) -> Iterator[list[TrainLine]]:
    """The epoch's batches: lines changed anew, of like length together, in random order."""
    chance = random.Random(epoch_seed(settings, epoch))
    changed = [vary(line, chance, settings.augmentation, settings.emotions) for line in lines]
    chance.shuffle(changed)
    size, found = settings.batch, []
    for start in range(0, len(changed), size * settings.bucket):
        bucket = changed[start : start + size * settings.bucket]
        if settings.bucket > 1:
            bucket.sort(key=lambda line: len(line.text))
        found += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    if settings.bucket > 1:
        chance.shuffle(found)
    yield from found


def encode(tokenizer: Tokenizer, lines: Sequence[str], longest: int) -> tuple[Tensor, Tensor]:
    """Ids and mask int64 [len(lines), length of the longest line]."""
    items = [tokenizer.encode(normalize(line), longest) for line in lines]
    ids, mask = tokenizer.pad_batch(items, max(map(len, items)))
    return torch.from_numpy(ids), torch.from_numpy(mask)


def predict(
    classifier: TextClassifier, tokenizer: Tokenizer, lines: Sequence[str], batch: int = 64
) -> Logits:
    """Logits float32 [len(lines), K], on the device the classifier is on; sorted inside by length.

    The classifier is put in eval mode. Needs at least one line.
    """
    classifier.eval()
    device = next(classifier.parameters()).device
    order = sorted(range(len(lines)), key=lambda place: len(lines[place]))
    logits = np.zeros((len(lines), classifier.classifier.out_features), np.float32)
    with torch.inference_mode():
        for start in range(0, len(lines), batch):
            places = order[start : start + batch]
            ids, mask = encode(tokenizer, [lines[p] for p in places], classifier.max_tokens)
            found = classifier(ids.to(device), mask.to(device))
            logits[places] = found.float().cpu().numpy()
    return logits
