"""The classifier beside the reference, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel

from emopic_engine.backends import load_backend
from emopic_engine.errors import ModelError
from emopic_engine.text.classifier import TextClassifier, load_classifier, load_encoder
from emopic_engine.text.config import TextConfig, read_config
from emopic_engine.text.model import Scores, TextModel
from emopic_engine.text.weights import load_weights, save_weights

IDS = torch.tensor([[2, 9, 14, 23, 3, 1, 1], [2, 40, 7, 5, 6, 11, 3]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 0, 0], [1] * 7])


def test_cls_head_is_bert_for_sequence_classification(write_text_model) -> None:
    folder = write_text_model()
    config = read_config(folder)
    reference = BertForSequenceClassification(BertConfig(**config.bert, num_labels=6)).eval()
    reference.load_state_dict(load_weights(folder / "model.safetensors"))
    with torch.inference_mode():
        expected = reference(input_ids=IDS, attention_mask=MASK).logits
        torch.testing.assert_close(load_classifier(folder)(IDS, MASK), expected)


def test_mean_head_ignores_padding(write_text_model) -> None:
    classifier = load_classifier(write_text_model(pooling="mean"))
    with torch.inference_mode():
        padded = classifier(IDS[:1], MASK[:1])
        alone = classifier(IDS[:1, :5], MASK[:1, :5])
        hidden = classifier.bert(IDS[:1, :5], MASK[:1, :5]).last_hidden_state.mean(1)
        torch.testing.assert_close(alone, classifier.classifier(hidden))
    torch.testing.assert_close(padded, alone, atol=1e-5, rtol=1e-5)


def test_reads_what_transformers_saves(
    tmp_path: Path, text_config: TextConfig, spiece: bytes
) -> None:
    labels = {0: "기쁨", 1: "당황", 2: "neutral"}
    bert = BertConfig(
        **text_config.bert, id2label=labels, label2id={v: k for k, v in labels.items()}
    )
    saved = BertForSequenceClassification(bert).eval()
    saved.save_pretrained(tmp_path)
    (tmp_path / "tokenizer_78b3253a26.model").write_bytes(spiece)
    found = read_config(tmp_path)
    assert found.emotions.names == ("joy", "embarrassment", "neutral")
    assert (found.pooling, found.max_tokens, found.temperature) == ("cls", 71, 1.0)
    with torch.inference_mode():
        expected = saved(input_ids=IDS, attention_mask=MASK).logits
        torch.testing.assert_close(load_classifier(tmp_path)(IDS, MASK), expected)
    model = TextModel(tmp_path, load_backend("torch", threads=1))
    assert all(isinstance(scores, Scores) for scores in model.classify(["오늘", "정말 좋다"]))


def test_a_bare_encoder_becomes_a_base(tmp_path: Path, text_config: TextConfig) -> None:
    bare = BertModel(BertConfig(**text_config.bert))
    save_weights(tmp_path / "model.safetensors", bare.state_dict(), int8=False)
    classifier = load_encoder(tmp_path, text_config)
    torch.testing.assert_close(
        classifier.bert.pooler.dense.weight.detach(), bare.pooler.dense.weight.detach()
    )


def test_weights_that_do_not_fit_are_named(write_text_model) -> None:
    folder = write_text_model()
    path = folder / "config.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["id2label"] = {"0": "joy", "1": "anger"}
    raw["num_hidden_layers"] = 1
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ModelError, match=r"encoder\.layer\.1.*and \d+ more"):
        load_classifier(folder)


def test_gradients_reach_every_parameter(text_config: TextConfig) -> None:
    classifier = TextClassifier(text_config)
    classifier(IDS, MASK).sum().backward()
    assert all(parameter.grad is not None for parameter in classifier.parameters())
