"""What a training starts from: a KoBERT-format directory, a published one, or one on the hub."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Final

import torch
from torch import Tensor

from emopic_engine.emotions import Emotions
from emopic_engine.errors import ModelError
from emopic_engine.text.classifier import load_classifier, load_encoder
from emopic_engine.text.config import (
    CONFIG_FILE,
    MAX_TOKENS,
    WEIGHTS_FILE,
    Pooling,
    TextConfig,
    bert_options,
    read_json,
)
from emopic_engine.text.model import load_tokenizer
from emopic_engine.text.tokenizer import TOKENIZER_FILE, find_tokenizer
from emopic_engine.text.weights import load_weights, save_weights, tensor_names

PUBLISHED_WEIGHTS: Final = "pytorch_model.bin"

_HUB_FILES: Final = ("config.json", "*.model", WEIGHTS_FILE, PUBLISHED_WEIGHTS)
# Where training scripts put the weights inside what they save.
_WRAPPERS: Final = ("state_dict", "model_state_dict", "model")
_PREFIXES: Final = ("module.", "model.")
_ENCODER: Final = ("bert.", "embeddings.", "encoder.", "pooler.")
_HEAD: Final = ("classifier.weight", "classifier.bias")


def find_base(base: str, work: Path) -> Path:
    """The directory to start from, with weights in safetensors.

    `base` is a directory, or a name on the Hugging Face hub (`owner/name`) where that can be
    reached. Published `pytorch_model.bin` weights are converted into `work` once. Raises
    `ModelError`.
    """
    folder = find_source(base)
    if (folder / WEIGHTS_FILE).is_file() or not (folder / PUBLISHED_WEIGHTS).is_file():
        return folder
    with (folder / PUBLISHED_WEIGHTS).open("rb") as file:
        name = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    converted = work / f"base-{name}"
    if not (converted / WEIGHTS_FILE).is_file():
        import_checkpoint(folder, converted)
    return converted


def find_source(name: str) -> Path:
    """A directory, or a name on the hub as the directory it was downloaded to.

    Raises `ModelError` for what is neither, or cannot be reached.
    """
    return Path(name) if Path(name).is_dir() else _from_hub(name)


def _from_hub(name: str) -> Path:
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise ModelError(
            f"there is no directory {name}, and it is no name on the hub (owner/name) either"
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(snapshot_download(name, allow_patterns=list(_HUB_FILES)))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(
            f"there is no directory {name}, and the hub cannot give it ({reason}): download the "
            f"model elsewhere and give its directory"
        ) from error


def base_config(base: Path, emotions: Emotions, max_tokens: int = MAX_TOKENS) -> TextConfig:
    """The configuration of a classifier on this base: pooled as the base was made to be."""
    path = base / CONFIG_FILE
    options = bert_options(path, read_json(path))
    names = tensor_names(base / WEIGHTS_FILE)
    pooling: Pooling = "cls" if any("pooler." in name for name in names) else "mean"
    longest = min(max_tokens, options["max_position_embeddings"])
    return TextConfig(emotions, options, pooling, longest)


@dataclass(frozen=True)
class Imported:
    """What was converted: tensors written, names left out, and whether there was a head."""

    tensors: int
    left_out: tuple[str, ...]
    head: bool


def import_checkpoint(
    source: Path, out: Path, weights: Path | None = None, emotions: Emotions | None = None
) -> Imported:
    """Write a directory with safetensors from a published one with `pytorch_model.bin`.

    `weights` names another file of torch weights, such as a fine-tuned state dict. It is read with
    `weights_only`, so no code in it can run. A classification head is kept where `emotions` says
    what its rows are, else left out, which makes a base. Raises `ModelError` for anything that
    does not fit together.
    """
    path = weights or source / PUBLISHED_WEIGHTS
    state = _read_state(path)
    kept, left_out = _sorted_out(state, head=emotions is not None)
    raw = read_json(source / CONFIG_FILE)
    out.mkdir(parents=True, exist_ok=True)
    save_weights(out / WEIGHTS_FILE, kept, int8=False)
    copyfile(find_tokenizer(source), out / TOKENIZER_FILE)
    base = {"model_type": "bert", **bert_options(source / CONFIG_FILE, raw)}
    (out / CONFIG_FILE).write_text(json.dumps(base, indent=2) + "\n", encoding="utf-8")
    head = _HEAD[0] in kept
    if emotions is not None:
        if not head:
            raise ModelError(f"{path} has no classification head for {', '.join(emotions.names)}")
        config = base_config(out, emotions)
        (out / CONFIG_FILE).write_text(config.to_json(), encoding="utf-8")
    _check(out, emotions)
    return Imported(len(kept), tuple(left_out), head)


def _read_state(path: Path) -> dict[str, Tensor]:
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(
            f"{path} does not hold plain torch weights ({reason}): if it is a whole pickled model, "
            "save its state_dict() where it was made"
        ) from error
    for wrapper in _WRAPPERS:
        if isinstance(stored, Mapping) and isinstance(stored.get(wrapper), Mapping):
            stored = stored[wrapper]
    if not isinstance(stored, Mapping):
        raise ModelError(f"{path} must hold a state dict, got {type(stored).__name__}")
    state = {str(name): t for name, t in stored.items() if isinstance(t, Tensor)}
    if not any(name.endswith("embeddings.word_embeddings.weight") for name in state):
        raise ModelError(f"{path} holds no BERT: embeddings.word_embeddings.weight is missing")
    return state


def _sorted_out(state: Mapping[str, Tensor], *, head: bool) -> tuple[dict[str, Tensor], list[str]]:
    """Tensors under today's names, and the names of those that a classifier has no place for."""
    kept: dict[str, Tensor] = {}
    left_out: list[str] = []
    for name, tensor in state.items():
        new = _modern(name)
        encoder = new.startswith("bert.") and not new.endswith("position_ids")
        if encoder or (head and new in _HEAD):
            kept[new] = tensor
        else:
            left_out.append(name)
    return kept, left_out


def _modern(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    if name.startswith(_ENCODER[1:]):
        name = f"bert.{name}"
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )


def _check(folder: Path, emotions: Emotions | None) -> None:
    """Load what was written; the errors are those that a user of the directory would get."""
    if emotions is not None:
        load_classifier(folder)
    else:
        load_encoder(folder, base_config(folder, Emotions(("a",), ("a",))))
    rows = load_weights(folder / WEIGHTS_FILE)["bert.embeddings.word_embeddings.weight"].shape[0]
    load_tokenizer(folder, rows)
