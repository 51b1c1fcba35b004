"""Published checkpoints become directories that load, and nothing in them is run."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel

from emopic_engine.backends import load_backend
from emopic_engine.emotions import Emotions
from emopic_engine.errors import ModelError
from emopic_engine.text.classifier import load_encoder
from emopic_engine.text.model import Scores, TextModel, load_tokenizer
from emopic_engine.train.text_base import base_config, find_base, import_checkpoint

EMOTIONS = Emotions.from_labels(["기쁨", "분노", "불안", "중립", "슬픔", "놀람"])
SIZES = {
    "vocab_size": 64,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 80,
    "pad_token_id": 1,
}
IDS = torch.tensor([[2, 9, 12, 3]])
MASK = torch.ones_like(IDS)


@pytest.fixture
def published(tmp_path: Path, spiece: bytes) -> Path:
    """A directory as KoBERT is published: a bare BertModel, named as `tokenizer_….model`."""
    folder = tmp_path / "published"
    folder.mkdir()
    config = BertConfig(**SIZES)
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", **SIZES}))
    (folder / "tokenizer_78b3253a26.model").write_bytes(spiece)
    torch.manual_seed(0)
    torch.save(BertModel(config).state_dict(), folder / "pytorch_model.bin")
    return folder


def pooled(folder: Path) -> np.ndarray:
    classifier = load_encoder(folder, base_config(folder, EMOTIONS)).eval()
    with torch.inference_mode():
        return classifier.bert(IDS, attention_mask=MASK).pooler_output.numpy()


def original(folder: Path) -> np.ndarray:
    bert = BertModel(BertConfig(**SIZES)).eval()
    bert.load_state_dict(torch.load(folder / "pytorch_model.bin", weights_only=True))
    with torch.inference_mode():
        return bert(IDS, attention_mask=MASK).pooler_output.numpy()


def test_a_bare_encoder_becomes_a_base(published: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = import_checkpoint(published, out)
    assert (done.head, done.left_out) == (False, ())
    assert sorted(path.name for path in out.iterdir()) == [
        "config.json",
        "model.safetensors",
        "spiece.model",
    ]
    np.testing.assert_array_equal(pooled(out), original(published))
    assert base_config(out, EMOTIONS).pooling == "cls"
    assert load_tokenizer(out, 64).cls == 2


def _old_names(name: str) -> str:
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
        "LayerNorm.bias", "LayerNorm.beta"
    )


@pytest.mark.parametrize(
    "rename",
    [_old_names, lambda name: f"bert.{name}", lambda name: f"module.bert.{name}"],
    ids=["gamma and beta", "prefixed", "data parallel"],
)
def test_names_of_other_times(
    published: Path, tmp_path: Path, rename: Callable[[str], str]
) -> None:
    expected = original(published)
    path = published / "pytorch_model.bin"
    state = torch.load(path, weights_only=True)
    renamed = {rename(name): tensor for name, tensor in state.items()}
    renamed["cls.predictions.bias"] = torch.zeros(64)
    renamed["embeddings.position_ids"] = torch.arange(80)[None]
    torch.save({"epoch": 3, "state_dict": renamed}, path)
    done = import_checkpoint(published, tmp_path / "out")
    assert set(done.left_out) == {"cls.predictions.bias", "embeddings.position_ids"}
    np.testing.assert_array_equal(pooled(tmp_path / "out"), expected)


def test_a_fine_tuned_model_is_ready_to_serve(published: Path, tmp_path: Path) -> None:
    model = BertForSequenceClassification(BertConfig(**SIZES, num_labels=6)).eval()
    weights = tmp_path / "emotion.pt"
    torch.save(model.state_dict(), weights)
    out = tmp_path / "out"
    assert import_checkpoint(published, out, weights, EMOTIONS).head
    served = TextModel(out, load_backend("torch", threads=1))
    assert served.emotions.names == EMOTIONS.names
    (scores,) = served.classify(["오늘 정말 기분이 좋다"])
    assert isinstance(scores, Scores)
    ids = torch.tensor([served.tokenizer.encode("오늘 정말 기분이 좋다", 71)])
    with torch.inference_mode():
        logits = model(ids, attention_mask=torch.ones_like(ids)).logits[0]
    np.testing.assert_allclose(scores.values, logits.softmax(0).numpy(), atol=1e-6)
    assert not import_checkpoint(published, out, weights).head  # without labels: a base
    with pytest.raises(ModelError, match="no classification head for joy, anger"):
        import_checkpoint(published, out, None, EMOTIONS)


class Bomb:
    """Would run code when unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (Path.touch, (Path("exploded"),))  # type: ignore[return-value]


def test_code_in_a_checkpoint_is_not_run(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = published / "pytorch_model.bin"
    for content in (Bomb(), {"embeddings.word_embeddings.weight": Bomb()}):
        torch.save(content, path)
        with pytest.raises(ModelError, match=r"plain torch weights.*state_dict"):
            import_checkpoint(published, tmp_path / "out")
        path.write_bytes(pickle.dumps(content, protocol=2))
        with pytest.raises(ModelError, match="plain torch weights"):
            import_checkpoint(published, tmp_path / "out")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"weight": torch.zeros(2)}, "holds no BERT"),
        ([1, 2], "must hold a state dict, got list"),
    ],
)
def test_files_of_something_else(
    published: Path, tmp_path: Path, content: object, message: str
) -> None:
    torch.save(content, published / "pytorch_model.bin")
    with pytest.raises(ModelError, match=message):
        import_checkpoint(published, tmp_path / "out")


def test_broken_and_missing_files(published: Path, tmp_path: Path) -> None:
    path = published / "pytorch_model.bin"
    path.write_bytes(b"not torch")
    with pytest.raises(ModelError, match="plain torch weights"):
        import_checkpoint(published, tmp_path / "out")
    path.unlink()
    with pytest.raises(ModelError, match="is missing"):
        import_checkpoint(published, tmp_path / "out")


def test_weights_that_do_not_fit_the_config(published: Path, tmp_path: Path) -> None:
    config = json.loads((published / "config.json").read_text()) | {"hidden_size": 48}
    (published / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="does not fit its config"):
        import_checkpoint(published, tmp_path / "out")


def test_a_base_is_converted_once(published: Path, tmp_path: Path) -> None:
    found = find_base(str(published), tmp_path / "work")
    assert found.parent == tmp_path / "work"
    stamp = (found / "model.safetensors").stat().st_mtime_ns
    assert find_base(str(published), tmp_path / "work") == found
    assert (found / "model.safetensors").stat().st_mtime_ns == stamp
    assert find_base(str(found), tmp_path / "elsewhere") == found


def test_a_hub_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ModelError, match=r"no directory owner/name.*hub.*give its directory"):
        find_base("owner/name", tmp_path)


@pytest.mark.parametrize("name", ["./missing", "missing", "/missing/base", "a/b/c"])
def test_neither_a_directory_nor_a_hub_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no directory"):
        find_base(name, tmp_path)
