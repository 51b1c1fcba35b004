"""Occlusion on a model whose reasons are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from emopic_engine.backends import load_backend
from emopic_engine.backends.base import Array, Graph
from emopic_engine.cli import app
from emopic_engine.console import UsageError
from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import LineError
from emopic_engine.text.explain import Explanation, Part, explain
from emopic_engine.text.explain_output import explanation_text
from emopic_engine.text.model import Scores, TextModel


class Counting:
    """A backend whose graph gives the first emotion a logit of 1 for each `ids` of one kind."""

    name = "counting"
    device = "none"
    precision = "f32"
    versions: dict[str, str] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.cues: set[int] = set()

    def compile(self, graph: Graph) -> Counting:  # noqa: ARG002
        return self

    def __call__(self, *inputs: Array) -> tuple[Array, ...]:
        logits = np.zeros((len(inputs[0]), 6), np.float32)
        logits[:, 0] = np.isin(inputs[0], list(self.cues)).sum(axis=1)
        return (logits,)


@pytest.fixture
def model(write_text_model) -> TextModel:
    backend = Counting()
    model = TextModel(write_text_model(), backend)  # type: ignore[arg-type]
    cue = set(model.tokenizer.encode("좋다", 71)) - {model.tokenizer.cls, model.tokenizer.sep}
    plain = model.tokenizer.encode("오늘 정말", 71)
    backend.cues = cue - set(plain)
    assert backend.cues
    return model


def test_the_word_that_counts(model: TextModel) -> None:
    found = explain(model, "오늘  정말 좋다")
    assert [part.text for part in found.parts] == ["오늘", "정말", "좋다"]
    moved = [float(part.moved[0]) for part in found.parts]
    assert moved[:2] == pytest.approx([0, 0], abs=1e-6)
    assert moved[2] > 0.1
    assert found.parts[2].moved.sum() == pytest.approx(0, abs=1e-5)
    assert found.joiner.join(part.text for part in found.parts) == found.line == "오늘 정말 좋다"


@pytest.mark.parametrize("line", ["오늘정말좋다", "헐龘😀", "ㅋㅋㅋ…"])
def test_a_line_without_spaces_is_taken_apart(model: TextModel, line: str) -> None:
    found = explain(model, line)
    assert "".join(part.text for part in found.parts) == found.line == line
    assert len(found.parts) > 1


def test_a_line_of_one_part(model: TextModel) -> None:
    (part,) = explain(model, "龘").parts
    assert part.moved == pytest.approx([0] * 6, abs=1e-6)


def test_a_line_with_nothing_in_it(model: TextModel) -> None:
    with pytest.raises(LineError):
        explain(model, "\u3164 ")


def test_the_command(write_text_model) -> None:
    folder: Path = write_text_model()
    arguments = ["classify", "--explain", "--text-model", str(folder), "--backend", "torch"]
    shown = CliRunner().invoke(app, [*arguments, "오늘 정말 좋다"], catch_exceptions=False)
    assert shown.exit_code == 0
    for word in ("오늘", "정말", "좋다"):
        assert word in shown.stdout
    plain = CliRunner().invoke(app, [*arguments, "--json", "오늘 좋다"], catch_exceptions=False)
    row = json.loads(plain.stdout)
    model = TextModel(folder, load_backend("torch", threads=1))
    expected = explain(model, "오늘 좋다")
    assert [part["text"] for part in row["parts"]] == ["오늘", "좋다"]
    names = model.emotions.names
    for part, known in zip(row["parts"], expected.parts, strict=True):
        values = [part["moved"][name] for name in names]
        np.testing.assert_allclose(values, known.moved, atol=1e-4)


def test_what_speaks_against_names_its_emotion() -> None:
    moved = np.zeros((3, 6), np.float32)
    moved[0, 0], moved[1, 0], moved[1, 4] = 0.5, -0.3, 0.3
    scores = Scores(np.array([0.7, 0, 0, 0, 0.3, 0], np.float32), 0, 0.7, 5)
    parts = tuple(
        Part(text, row) for text, row in zip(("좋은데", "슬퍼", "음"), moved, strict=True)
    )
    shown = explanation_text(Explanation("좋은데 슬퍼 음", scores, parts, " "), DEFAULT)
    assert shown.plain == "기쁨 joy       0.70  좋은데(+0.50) 슬퍼(-0.30 sadness) 음"


def test_explaining_a_file_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["classify", "--explain", "--tsv", str(tmp_path / "x.tsv")])
    assert isinstance(done.exception, UsageError)
