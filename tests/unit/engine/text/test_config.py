"""config.json: what is read, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emopic_engine.emotions import Emotions
from emopic_engine.errors import ModelError
from emopic_engine.text.config import TextConfig, read_config


def test_round_trip(tmp_path: Path, text_config: TextConfig) -> None:
    emotions = Emotions.from_labels(["joy", "smug", "neutral"], {"smug": "으쓱"})
    wanted = TextConfig(emotions, text_config.bert, "mean", 40, 1.25)
    (tmp_path / "config.json").write_text(wanted.to_json(), encoding="utf-8")
    assert read_config(tmp_path) == wanted


def test_labels_as_a_list(tmp_path: Path, text_config: TextConfig) -> None:
    raw = {**text_config.bert, "labels": ["기쁨", "분노"]}
    (tmp_path / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    assert read_config(tmp_path).emotions.names == ("joy", "anger")


def test_short_positions_shorten_the_input(tmp_path: Path, text_config: TextConfig) -> None:
    raw = {**text_config.bert, "max_position_embeddings": 32, "labels": ["joy", "anger"]}
    (tmp_path / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    assert read_config(tmp_path).max_tokens == 32


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a size is missing": ({"hidden_size": None}, "hidden_size"),
    "a size is text": ({"vocab_size": "64"}, "vocab_size .* '64'"),
    "another architecture": ({"model_type": "roberta"}, "roberta"),
    "no labels": ({"id2label": None}, "id2label"),
    "a gap in the labels": ({"id2label": {"0": "joy", "2": "anger"}}, "id2label"),
    "twice the same label": ({"id2label": {"0": "joy", "1": "기쁨"}}, "unique"),
    "an unknown key": ({"emopic": {"temprature": 1}}, "temprature"),
    "an unknown pooling": ({"emopic": {"pooling": "max"}}, "'max'"),
    "a temperature of zero": ({"emopic": {"temperature": 0}}, "temperature"),
    "a temperature that is text": ({"emopic": {"temperature": "1"}}, "temperature .* '1'"),
    "more tokens than positions": ({"emopic": {"max_tokens": 81}}, "max_tokens .* 81"),
    "half a token": ({"emopic": {"max_tokens": 7.5}}, "max_tokens"),
    "korean is a list": ({"emopic": {"korean": ["기쁨"]}}, "korean"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_bad_values_are_named(
    tmp_path: Path, text_config: TextConfig, change: dict[str, Any], message: str
) -> None:
    raw = json.loads(text_config.to_json()) | change
    (tmp_path / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        read_config(tmp_path)


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"\xff"])
def test_unreadable_files(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        read_config(tmp_path)
