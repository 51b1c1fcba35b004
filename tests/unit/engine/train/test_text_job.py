"""From lines and a KoBERT-format base to a directory that serves, by every recipe."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from typer.testing import CliRunner

from emopic_engine.backends import load_backend
from emopic_engine.cli import app
from emopic_engine.data.text.example import Example
from emopic_engine.data.text.store import write_soft
from emopic_engine.emotions import Emotions
from emopic_engine.errors import BackendUnavailable, InputError
from emopic_engine.text.classifier import TextClassifier
from emopic_engine.text.config import TextConfig
from emopic_engine.text.model import Scores, TextModel
from emopic_engine.text.weights import save_weights
from emopic_engine.train.text_job import train_text
from emopic_engine.train.text_plan import Job, Source, same_text
from emopic_engine.train.text_recipes import find_device, recipe, settings_of

EMOTIONS = Emotions.from_labels(["joy", "sadness"])
GLAD = ("기분이 좋다", "좋다", "반갑습니다")
SAD = ("슬퍼서", "울었어", "슬퍼서 울었어")
ROWS = [
    *[("기쁨", f"{first} {rest}") for first in ("오늘", "정말", "헐") for rest in GLAD],
    *[("슬픔", f"{first} {rest}") for first in ("오늘", "너무", "헐") for rest in SAD],
]
QUIET = Console(quiet=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "lines.tsv"
    path.write_text("".join(f"{a}\t{b}\n" for a, b in ROWS), encoding="utf-8")
    return path


@pytest.fixture
def base(tmp_path: Path, text_config: TextConfig, spiece: bytes) -> Path:
    """A KoBERT-format base as BERT starts: larger random weights would saturate the pooler."""
    folder = tmp_path / "base"
    folder.mkdir()
    torch.manual_seed(3)
    save_weights(folder / "model.safetensors", TextClassifier(text_config).state_dict(), int8=False)
    (folder / "config.json").write_text(text_config.to_json(), encoding="utf-8")
    (folder / "spiece.model").write_bytes(spiece)
    return folder


def job(data: Path, base: Path, tmp_path: Path, name: str = "kobert", **changes: Any) -> Job:
    settings = settings_of(name, emotions=EMOTIONS, epochs=12, batch=4, rate=3e-3, log_every=3)
    settings = replace(settings, dropout=0.1, head_rate=1e-2)
    given = Job((Source(data),), str(base), tmp_path / "out", tmp_path / "work", settings=settings)
    return replace(given, test_share=0.2, dev_share=0.25, **changes)


def run_folder(tmp_path: Path) -> Path:
    (folder,) = (path.parent for path in (tmp_path / "work").glob("*/report.json"))
    return folder


def test_kobert_from_lines_to_answers(data: Path, base: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen.tsv"
    rows = data.read_text(encoding="utf-8").replace("\n", "!\n")  # else they count as tested
    seen.write_text(rows, encoding="utf-8")
    figures = train_text(job(data, base, tmp_path, tests=(seen,), dev=seen), QUIET)
    model = TextModel(tmp_path / "out", load_backend("torch", threads=1))
    assert model.emotions == EMOTIONS
    assert (model.config.pooling, model.config.max_tokens) == ("cls", 71)
    assert model.config.temperature == figures["temperature"]
    answers = model.classify([f"{text}!" for _, text in ROWS])
    tops = [answer.top for answer in answers if isinstance(answer, Scores)]
    right = [EMOTIONS.index(label) == top for (label, _), top in zip(ROWS, tops, strict=True)]
    assert np.mean(right) == figures["tests"]["seen"]["accuracy"] > 0.9
    assert figures["lines"] == len(ROWS)
    assert figures["chosen_on"] == "dev"
    assert figures["recipe"]["decay"] == "cosine"


def test_the_record_of_a_run(data: Path, base: Path, tmp_path: Path) -> None:
    figures = train_text(job(data, base, tmp_path), QUIET)
    folder = run_folder(tmp_path)
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == figures
    rows = list(csv.DictReader((folder / "log.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["lines"] for row in rows} == {"train", "dev", "test"}
    assert figures["lines"] + sum(part["n"] for part in figures["tests"].values()) == len(ROWS)
    dev = [row for row in rows if row["lines"] == "dev"]
    by_dev = [(float(row["accuracy"]), -float(row["loss"])) for row in dev]
    assert len(by_dev) == 12
    assert figures["best_epoch"] == by_dev.index(max(by_dev)) + 1
    for name in ("log.png", "confusion_test.png", "confusion_dev.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    written = (folder / "confusion_test.csv").read_text(encoding="utf-8").splitlines()
    confusion = list(csv.reader(written))
    assert confusion[0] == ["label", "joy", "sadness"]
    counted = [[int(count) for count in row[1:]] for row in confusion[1:]]
    assert counted == figures["tests"]["test"]["confusion"]


def test_a_finished_run_is_only_exported_again(
    data: Path, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    this = job(data, base, tmp_path)
    first = train_text(this, QUIET)
    weights = (tmp_path / "out" / "model.safetensors").read_bytes()
    capsys.readouterr()
    assert train_text(this, Console()) == first
    assert "step" not in capsys.readouterr().out
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == weights
    train_text(replace(this, settings=replace(this.settings, seed=1)), QUIET)
    assert (tmp_path / "out" / "model.safetensors").read_bytes() != weights


def test_without_a_dev_part_the_test_chooses(data: Path, base: Path, tmp_path: Path) -> None:
    this = replace(job(data, base, tmp_path), dev_share=0.0)
    figures = train_text(this, QUIET)
    assert figures["chosen_on"] == "test"
    assert figures["lines"] == len(ROWS) - figures["tests"]["test"]["n"]
    with pytest.raises(InputError, match="nothing to choose"):
        train_text(replace(this, tests=(), test_share=0.0), QUIET)


def test_chat_with_soft_and_weighted_lines(data: Path, base: Path, tmp_path: Path) -> None:
    soft = tmp_path / "soft.tsv"
    lines = [Example(text="헐 좋다", source="x", label=0, target=(0.8, 0.2))] * 3
    write_soft(soft, EMOTIONS, lines)
    extra = (Source.parse(f"{soft}@0.5"),)
    figures = train_text(job(data, base, tmp_path, "chat", extra=extra), QUIET)
    held = figures["tests"]["test"]["n"] + figures["tests"]["dev"]["n"]
    assert figures["lines"] + held == len(ROWS) + 3
    assert figures["recipe"]["augmentation"]["prefix"] > 0
    assert figures["recipe"]["loss"]["neutral"] is None


def test_distilling_into_fewer_layers(data: Path, base: Path, tmp_path: Path) -> None:
    teaching = replace(job(data, base, tmp_path), out=tmp_path / "teacher")
    train_text(teaching, QUIET)
    chat = tmp_path / "chat.txt"
    # Lines that are labelled already, for training or testing, are not taken again.
    unlabelled = [*(text for _, text in ROWS), "내일  시험", "밥은 먹었어요", "밥은 먹었어요"]
    chat.write_text("\n".join(unlabelled), encoding="utf-8")
    student = job(
        data,
        base,
        tmp_path,
        "distil",
        teachers=(tmp_path / "teacher",) * 2,
        unlabelled=(str(chat),),
        layers=1,
        ngram_teacher=True,
    )
    figures = train_text(student, QUIET)
    assert figures["lines"] == len(ROWS) - sum(t["n"] for t in figures["tests"].values()) + 2
    model = TextModel(tmp_path / "out", load_backend("torch", threads=1))
    assert model.config.bert["num_hidden_layers"] == 1
    assert all(isinstance(answer, Scores) for answer in model.classify(["좋다"]))
    with pytest.raises(InputError, match="teach beside a model"):
        train_text(replace(student, teachers=(), unlabelled=(), ngram_teacher=True), QUIET)
    with pytest.raises(InputError, match="need a teacher"):
        train_text(replace(student, teachers=()), QUIET)


def test_a_test_share_that_cannot_be(data: Path, base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="test share must be"):
        train_text(replace(job(data, base, tmp_path), test_share=1.0), QUIET)
    with pytest.raises(InputError, match="share to train on"):
        train_text(replace(job(data, base, tmp_path), share=0.0), QUIET)


def test_no_line_is_trained_and_tested_on(data: Path, base: Path, tmp_path: Path) -> None:
    test = tmp_path / "held.tsv"
    test.write_text("joy\t오늘좋다\nsadness\t슬펐다\n", encoding="utf-8")
    this = job(data, base, tmp_path, tests=(test,))
    this = replace(this, dev_share=0.0, settings=replace(this.settings, epochs=1))
    figures = train_text(this, QUIET)
    assert (figures["lines"], figures["left_out"]) == (len(ROWS) - 1, 1)
    assert same_text("오늘  좋다\u200b") == same_text("오늘좋다") != same_text("오늘 좋다!")


def test_a_share_of_the_lines(data: Path, base: Path, tmp_path: Path) -> None:
    whole = job(data, base, tmp_path)
    whole = replace(whole, settings=replace(whole.settings, epochs=1))
    figures = [train_text(replace(whole, share=share), QUIET) for share in (0.5, 1.0)]
    assert figures[0]["lines"] == figures[1]["lines"] // 2
    assert figures[0]["tests"]["test"]["n"] == figures[1]["tests"]["test"]["n"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.tsv", Source(Path("a.tsv"))),
        ("a.tsv@0.25", Source(Path("a.tsv"), 0.25)),
        ("me@home.tsv", Source(Path("me@home.tsv"))),
    ],
)
def test_sources_with_weights(text: str, expected: Source) -> None:
    assert Source.parse(text) == expected


def test_a_weight_below_zero() -> None:
    with pytest.raises(InputError, match="at least 0"):
        Source.parse("a.tsv@-1")


def test_kobert_is_the_originals_recipe() -> None:
    kobert = recipe("kobert")
    figures = (kobert.epochs, kobert.batch, kobert.rate, kobert.warm_up)
    assert figures == (5, 64, 5e-5, 0.1)
    assert (kobert.max_grad_norm, kobert.log_every) == (1.0, 200)
    assert settings_of("kobert", decay="linear", epochs=None).epochs == 5
    assert Job((), "", Path(), Path()).max_tokens == 71
    with pytest.raises(InputError, match="kobert, adapt, chat, distil"):
        recipe("bert")


def test_devices() -> None:
    assert find_device("cpu") == "cpu"
    with pytest.raises(InputError, match="'tpu'"):
        find_device("tpu")


def test_a_gpu_that_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert find_device("auto") == "cpu"
    with pytest.raises(BackendUnavailable, match="--device cpu"):
        find_device("cuda")


def test_the_command(data: Path, base: Path, tmp_path: Path) -> None:
    arguments = ["train", "text", "--recipe", "kobert", "--data", str(data), "--base", str(base)]
    arguments += ["--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    arguments += ["--labels", "기쁨,슬픔", "--epochs", "1", "--batch", "4", "--dev-share", "0.2"]
    done = CliRunner().invoke(app, [*arguments, "--device", "cpu"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "accuracy" in done.stderr
    served = TextModel(tmp_path / "out", load_backend("torch", threads=1))
    assert served.emotions == EMOTIONS
    figures = json.loads((run_folder(tmp_path) / "report.json").read_text(encoding="utf-8"))
    assert figures["recipe"]["dropout"] == 0.5
    assert figures["recipe"]["bf16"] is False
