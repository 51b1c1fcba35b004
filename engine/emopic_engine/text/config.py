"""What a text model directory says about itself: `config.json`.

The file is a Hugging Face BERT configuration, `id2label` naming the emotions, plus an optional map
`emopic` with what BERT's configuration has no key for:

    korean       {label: Korean name} for labels the code does not know
    pooling      "mean" over the tokens, or "cls": BERT's pooler on [CLS] (default)
    max_tokens   longest input, [CLS] and [SEP] included (71)
    ngrams       true: add the logits of `ngrams.safetensors`, see `text/ngrams.py` (false)
    temperature  divides the logits before the softmax (1.0)

Unknown keys inside `emopic` and values of a wrong type are errors. Keys outside it belong to
Hugging Face; those that BERT does not need are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from emopic_engine.emotions import Emotions
from emopic_engine.errors import InputError, ModelError

Pooling = Literal["mean", "cls"]

CONFIG_FILE: Final = "config.json"
WEIGHTS_FILE: Final = "model.safetensors"
MAX_TOKENS: Final = 71
_SIZES: Final = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
)
_OWN_KEYS: Final = {"korean", "pooling", "max_tokens", "ngrams", "temperature"}


@dataclass(frozen=True)
class TextConfig:
    """A checked configuration. `bert` holds the sizes and options for `transformers.BertConfig`."""

    emotions: Emotions
    bert: Mapping[str, Any]
    pooling: Pooling = "cls"
    max_tokens: int = MAX_TOKENS
    temperature: float = 1.0
    ngrams: bool = False

    @property
    def vocab_size(self) -> int:
        """The number of pieces; must equal the tokenizer's and the embedding's rows."""
        return int(self.bert["vocab_size"])

    def to_json(self) -> str:
        """The text of a `config.json` that reads back as this configuration."""
        names = self.emotions.names
        own: dict[str, Any] = {
            "korean": dict(zip(names, self.emotions.korean, strict=True)),
            "pooling": self.pooling,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
        }
        if self.ngrams:
            own["ngrams"] = True
        config = {
            "model_type": "bert",
            **self.bert,
            "id2label": {str(index): name for index, name in enumerate(names)},
            "label2id": {name: index for index, name in enumerate(names)},
            "emopic": own,
        }
        return json.dumps(config, ensure_ascii=False, indent=2) + "\n"


def read_config(model_dir: Path) -> TextConfig:
    """Read and check `model_dir/config.json`. Raises `ModelError` naming file, key and value."""
    path = model_dir / CONFIG_FILE
    raw = read_json(path)
    own = raw.get("emopic", {})
    if not isinstance(own, dict) or not own.keys() <= _OWN_KEYS:
        raise ModelError(f"{path}: emopic takes the keys {sorted(_OWN_KEYS)}, got {own!r}")
    bert = bert_options(path, raw)
    max_tokens = _number(path, own, "max_tokens", min(MAX_TOKENS, bert["max_position_embeddings"]))
    if not 3 <= max_tokens <= bert["max_position_embeddings"] or max_tokens != int(max_tokens):
        raise ModelError(
            f"{path}: emopic.max_tokens must be a whole number from 3 to "
            f"max_position_embeddings ({bert['max_position_embeddings']}), got {max_tokens}"
        )
    temperature = float(_number(path, own, "temperature", 1.0))
    if not 0.01 <= temperature <= 100:
        raise ModelError(f"{path}: emopic.temperature must be 0.01 to 100, got {temperature}")
    emotions = _emotions(path, raw, own.get("korean", {}))
    ngrams = own.get("ngrams", False)
    if not isinstance(ngrams, bool):
        raise ModelError(f"{path}: emopic.ngrams must be true or false, got {ngrams!r}")
    return TextConfig(emotions, bert, _pooling(path, own), int(max_tokens), temperature, ngrams)


def read_json(path: Path) -> dict[str, Any]:
    """The map in a JSON file. Raises `ModelError` if it is missing, broken or not a map."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing: a text model needs it") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(raw, dict):
        raise ModelError(f"{path} must hold a map, got {type(raw).__name__}")
    return raw


def bert_options(path: Path, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a configuration that shapes the BERT encoder, checked."""
    for key in _SIZES:
        value = raw.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ModelError(f"{path}: {key} must be a whole number above 0, got {value!r}")
    if raw.get("model_type", "bert") != "bert":
        raise ModelError(f"{path}: model_type must be 'bert', got {raw['model_type']!r}")
    options = {key: raw[key] for key in _SIZES}
    defaults = {
        "type_vocab_size": 2,
        "pad_token_id": 1,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
    }
    return options | {key: raw.get(key, default) for key, default in defaults.items()}


def _emotions(path: Path, raw: Mapping[str, Any], korean: object) -> Emotions:
    labels = _labels(path, raw)
    if not isinstance(korean, dict) or not all(isinstance(v, str) for v in korean.values()):
        raise ModelError(f"{path}: emopic.korean must map labels to names, got {korean!r}")
    try:
        return Emotions.from_labels(labels, korean)
    except InputError as error:
        raise ModelError(f"{path}: {error.message}") from error


def _labels(path: Path, raw: Mapping[str, Any]) -> list[str]:
    given = raw.get("id2label")
    labels = raw.get("labels")
    if isinstance(given, dict):
        labels = [given.get(str(index)) for index in range(len(given))]
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ModelError(
            f"{path}: id2label must name the emotions, "
            f'{{"0": "joy", "1": "anger", …}}; got {given if given is not None else labels!r}'
        )
    return labels


def _pooling(path: Path, own: Mapping[str, Any]) -> Pooling:
    match own.get("pooling", "cls"):
        case "mean":
            return "mean"
        case "cls":
            return "cls"
        case other:
            raise ModelError(f"{path}: emopic.pooling must be 'mean' or 'cls', got {other!r}")


def _number(path: Path, own: Mapping[str, Any], key: str, default: float) -> float:
    value = own.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelError(f"{path}: emopic.{key} must be a number, got {value!r}")
    return value
