"""A small model taught by large ones (Hinton et al. 2015; DistilBERT, Sanh et al. 2019).

The student starts from some of the layers of its base, evenly chosen, and learns the teachers' mean
logits beside the labels. Teachers read each line once, as it was written; the student reads it
changed anew in every epoch, so it also learns to answer a line without spaces as the whole line was
answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from emopic_engine.errors import InputError
from emopic_engine.text.classifier import TextClassifier, load_classifier, load_encoder
from emopic_engine.text.config import WEIGHTS_FILE, TextConfig, read_config
from emopic_engine.text.evaluate import Logits
from emopic_engine.text.model import load_tokenizer
from emopic_engine.text.weights import tensor_names
from emopic_engine.train.text_batches import predict

_LAYER: Final = re.compile(r"^(bert\.encoder\.layer\.)(\d+)(\..*)$")


def evenly(layers: int, kept: int) -> list[int]:
    """`kept` of `layers` layers, evenly spaced, the first and the last among them: 6 of 12 are
    0, 2, 4, 7, 9, 11. One layer is the first. Raises `InputError` if there are not so many.
    """
    if not 1 <= kept <= layers:
        raise InputError(f"a student of this base has 1 to {layers} layers, got {kept}")
    return [round(place) for place in np.linspace(0, layers - 1, kept)]


def with_layers(state: Mapping[str, Tensor], kept: Sequence[int]) -> dict[str, Tensor]:
    """A state dict with these layers only, counted anew from 0; all else as it was."""
    places = {old: new for new, old in enumerate(kept)}
    shrunk: dict[str, Tensor] = {}
    for name, tensor in state.items():
        found = _LAYER.match(name)
        if found is None:
            shrunk[name] = tensor
        elif int(found[2]) in places:
            shrunk[f"{found[1]}{places[int(found[2])]}{found[3]}"] = tensor
    return shrunk


def student_config(config: TextConfig, layers: int) -> TextConfig:
    """The same configuration with fewer layers."""
    return replace(config, bert={**config.bert, "num_hidden_layers": layers})


def student(base: TextClassifier, config: TextConfig, layers: int) -> TextClassifier:
    """A classifier of `layers` of the base's layers, its embeddings, pooler and head copied.

    `config` is the base's; the student's is `student_config(config, layers)`.
    """
    kept = evenly(int(config.bert["num_hidden_layers"]), layers)
    small = TextClassifier(student_config(config, layers))
    small.load_state_dict(with_layers(base.state_dict(), kept))
    return small


def start_student(base: Path, config: TextConfig, layers: int, seed: int) -> TextClassifier:
    """A student of a base directory. `config` is the base's own.

    A base that answers with the same emotions already, such as a teacher, gives its head, too;
    any other base's student starts with a fresh one.
    """
    if _answers_with(base) == config.emotions.names:
        return student(load_classifier(base, config), config, layers)
    torch.manual_seed(seed)  # the fresh head
    return student(load_encoder(base, config), config, layers)


def _answers_with(base: Path) -> tuple[str, ...]:
    """The emotions of a directory's head, none for a base without one."""
    if "classifier.weight" not in tensor_names(base / WEIGHTS_FILE):
        return ()
    return read_config(base).emotions.names


def teacher_logits(
    teachers: Sequence[Path], lines: Sequence[str], config: TextConfig, device: str = "cpu"
) -> Logits:
    """The mean of the teachers' logits, each divided by its temperature: float32 [n, K].

    One teacher is in memory at a time. Raises `InputError` if one has other emotions than the
    student's `config`.
    """
    if not teachers:
        raise InputError("distilling needs at least one teacher directory")
    total = np.zeros((len(lines), len(config.emotions)), np.float32)
    for folder in teachers:
        teacher = read_config(folder)
        if teacher.emotions.names != config.emotions.names:
            raise InputError(
                f"the teacher {folder} has the emotions {', '.join(teacher.emotions.names)}, "
                f"the student {', '.join(config.emotions.names)}"
            )
        tokenizer = load_tokenizer(folder, teacher.vocab_size)
        classifier = load_classifier(folder, teacher).to(device)
        total += predict(classifier, tokenizer, lines) / np.float32(teacher.temperature)
    return total / np.float32(len(teachers))
