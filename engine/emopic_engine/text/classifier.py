"""BERT with a classification head, from a KoBERT-format directory.

`transformers.BertModel` is the encoder. With pooling "cls" the forward pass is that of
`BertForSequenceClassification` (KoBERT fine-tuned, Devlin et al. 2019): logits = W·tanh(P·h[CLS]).
With "mean" the head reads the mean of the last layer over the attended tokens, as
multilingual-e5 pools (Wang et al. 2024). Parameter names are `BertForSequenceClassification`'s.

This module imports torch and transformers; `emopic_engine.text.model` imports it only when a
graph has to be built.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from emopic_engine.errors import ModelError
from emopic_engine.text.config import WEIGHTS_FILE, TextConfig, read_config
from emopic_engine.text.weights import load_weights

DROPOUT = 0.1


class TextClassifier(nn.Module):
    """`(input_ids, attention_mask)` int64 [batch, length] → logits float32 [batch, emotions]."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        bert = BertConfig(**config.bert)
        self.bert = BertModel(bert, add_pooling_layer=config.pooling == "cls")
        self.bert.loss_type = "ForSequenceClassification"  # else a warning when it is traced
        self.dropout = nn.Dropout(DROPOUT)
        self.classifier = nn.Linear(bert.hidden_size, len(config.emotions))
        self.pooling = config.pooling
        self.max_tokens = config.max_tokens

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask)
        if self.pooling == "cls":
            pooled = hidden.pooler_output  # [batch, hidden]
        else:
            attended = attention_mask.unsqueeze(-1).to(hidden.last_hidden_state.dtype)
            pooled = (hidden.last_hidden_state * attended).sum(1) / attended.sum(1)
        logits: Tensor = self.classifier(self.dropout(pooled))
        return logits


def load_classifier(model_dir: Path, config: TextConfig | None = None) -> TextClassifier:
    """The directory's classifier in float32, ready for inference.

    Raises `ModelError` naming the parameters that are missing, left over or of another shape.
    """
    classifier = TextClassifier(config or read_config(model_dir))
    path = model_dir / WEIGHTS_FILE
    _fill(classifier, load_weights(path), path)
    return classifier.eval()


def load_encoder(base_dir: Path, config: TextConfig) -> TextClassifier:
    """A classifier with the base's encoder and a fresh head, for training.

    A pooler that the base lacks is left at its random start, like the head.
    """
    classifier = TextClassifier(config)
    path = base_dir / WEIGHTS_FILE
    weights = load_weights(path)
    fresh = {
        name: tensor
        for name, tensor in classifier.state_dict().items()
        if name.startswith(("classifier.", "bert.pooler.")) and name not in weights
    }
    weights = {name: t for name, t in weights.items() if not name.startswith("classifier.")}
    _fill(classifier, weights | {**fresh, **_head(classifier)}, path)
    return classifier


def _head(classifier: TextClassifier) -> dict[str, Tensor]:
    return {f"classifier.{name}": t for name, t in classifier.classifier.state_dict().items()}


def _fill(classifier: TextClassifier, weights: Mapping[str, Tensor], path: Path) -> None:
    if classifier.pooling == "mean":
        weights = {name: t for name, t in weights.items() if not name.startswith("bert.pooler.")}
    wanted = classifier.state_dict()
    odd = sorted(
        name
        for name in wanted.keys() | weights.keys()
        if name not in wanted or name not in weights or wanted[name].shape != weights[name].shape
    )
    if odd:
        raise ModelError(f"{path} does not fit its config.json: {_complaint(odd, wanted, weights)}")
    with torch.no_grad():
        classifier.load_state_dict(dict(weights))


def _complaint(
    odd: list[str], wanted: Mapping[str, Tensor], weights: Mapping[str, Tensor], most: int = 4
) -> str:
    def shape(tensors: Mapping[str, Tensor], name: str) -> str:
        return str(list(tensors[name].shape)) if name in tensors else "none"

    lines = [f"{n} is {shape(weights, n)}, expected {shape(wanted, n)}" for n in odd[:most]]
    return "; ".join(lines) + (f"; and {len(odd) - most} more" if len(odd) > most else "")
