"""Weights as int8 and back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from emopic_engine.errors import ModelError
from emopic_engine.text.classifier import load_classifier
from emopic_engine.text.weights import embedding_rows, load_weights, quantise, save_weights


def test_every_value_is_within_half_a_step(tmp_path: Path) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(5, 64) * torch.logspace(-4, 3, 5)[:, None]
    matrix[2] = 0
    save_weights(tmp_path / "w", {"bert.x.weight": matrix, "bert.x.bias": matrix[0]}, int8=True)
    loaded = load_weights(tmp_path / "w")
    step = matrix.abs().amax(dim=1, keepdim=True) / 127
    assert ((loaded["bert.x.weight"] - matrix).abs() <= step * 0.501).all()
    assert torch.equal(loaded["bert.x.bias"], matrix[0])
    assert loaded.keys() == {"bert.x.weight", "bert.x.bias"}


def test_the_head_is_not_quantised() -> None:
    stored = quantise({"classifier.weight": torch.ones(2, 4), "bert.a.weight": torch.ones(2, 4)})
    assert {name: tensor.dtype for name, tensor in stored.items()} == {
        "classifier.weight": torch.float32,
        "bert.a.weight": torch.int8,
        "bert.a.weight_scale": torch.float32,
    }


def test_a_quantised_directory_is_small_and_answers_alike(write_text_model) -> None:
    ids = torch.arange(5, 29).reshape(3, 8)
    mask = torch.ones_like(ids)
    with torch.inference_mode():
        folder = write_text_model(int8=False)
        whole = load_classifier(folder)(ids, mask)
        size = (folder / "model.safetensors").stat().st_size
        folder = write_text_model(int8=True)
        small = load_classifier(folder)(ids, mask)
    assert (folder / "model.safetensors").stat().st_size < size / 2
    assert torch.equal(whole.argmax(1), small.argmax(1))
    assert 0 < (whole - small).abs().max() < 0.1 * whole.abs().max()


def test_an_encoder_without_prefix_and_foreign_tensors(tmp_path: Path) -> None:
    path = tmp_path / "w"
    state = {
        "embeddings.word_embeddings.weight": torch.ones(7, 2),
        "embeddings.position_ids": torch.arange(4),
        "cls.predictions.bias": torch.ones(7),
    }
    save_file(state, path)
    assert embedding_rows(path) == 7
    assert load_weights(path).keys() == {"bert.embeddings.word_embeddings.weight"}


def test_half_precision_is_widened(tmp_path: Path) -> None:
    save_file({"bert.x.weight": torch.ones(2, 2, dtype=torch.bfloat16)}, tmp_path / "w")
    assert load_weights(tmp_path / "w")["bert.x.weight"].dtype == torch.float32


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 64], ids=["empty", "short", "noise"])
def test_broken_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="safetensors"):
        embedding_rows(path)
    with pytest.raises(ModelError, match="safetensors"):
        load_weights(path)


def test_a_missing_file_and_one_without_bert(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        embedding_rows(tmp_path / "none")
    save_file({"x": torch.ones(1)}, tmp_path / "w")
    with pytest.raises(ModelError, match="no BERT"):
        embedding_rows(tmp_path / "w")


def test_scales_are_not_weights(write_text_model) -> None:
    stored = load_file(write_text_model(int8=True) / "model.safetensors")
    assert stored["bert.embeddings.word_embeddings.weight"].dtype == torch.int8
    assert stored["bert.embeddings.word_embeddings.weight_scale"].shape == (64,)


def test_everybody_may_read_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_weights(path, {"a": torch.zeros(2)}, int8=False)
    assert path.stat().st_mode & 0o444 == 0o444
