"""Lines in, scores out: order, batching, per-item errors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_engine.backends import load_backend
from emopic_engine.backends.base import Array, Graph
from emopic_engine.errors import DeviceError, LineError, ModelError
from emopic_engine.text.model import MAX_BATCH, Scores, TextModel, graph, softmax

LINES = ["오늘 정말 기분이 좋다", "왜 자꾸 화나게 해", "😀", "헐", "그때로 돌아가고 싶다 " * 9]


@pytest.fixture
def model(write_text_model) -> TextModel:
    return TextModel(write_text_model(), load_backend("torch", threads=1))


class Recording:
    """A backend whose graph answers with fixed logits and remembers the shapes it was given."""

    name = "recording"
    device = "none"
    precision = "f32"
    versions: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, logits: list[float]) -> None:
        self.logits = np.asarray(logits, np.float32)
        self.shapes: list[tuple[int, ...]] = []

    def compile(self, graph: Graph) -> Recording:  # noqa: ARG002
        return self

    def __call__(self, *inputs: Array) -> tuple[Array, ...]:
        self.shapes.append(inputs[0].shape)
        return (np.tile(self.logits, (len(inputs[0]), 1)),)


def scores_of(model: TextModel, lines: list[str]) -> list[Scores]:
    found = [item for item in model.classify(lines) if isinstance(item, Scores)]
    assert len(found) == len(lines)
    return found


def test_scores_are_probabilities(model: TextModel) -> None:
    for scores in scores_of(model, LINES):
        assert scores.values.shape == (6,)
        assert scores.values.dtype == np.float32
        assert scores.values.sum() == pytest.approx(1, abs=1e-5)
        assert scores.top == scores.values.argmax()
        assert scores.intensity == pytest.approx(1 - scores.values[3], abs=1e-6)


def test_a_batch_answers_as_single_lines_do(model: TextModel) -> None:
    together = scores_of(model, LINES)
    for line, scores in zip(LINES, together, strict=True):
        alone = scores_of(model, [line])[0]
        np.testing.assert_allclose(scores.values, alone.values, atol=1e-5)
        assert scores.tokens == alone.tokens
    assert len({scores.values.tobytes() for scores in together}) == len(LINES)


def test_a_bad_line_does_not_fail_its_neighbours(model: TextModel) -> None:
    first, empty, blank, last = model.classify([LINES[0], "", "\u200b \u3164\n", LINES[1]])
    assert isinstance(first, Scores)
    assert isinstance(last, Scores)
    for error in (empty, blank):
        assert isinstance(error, LineError)
        assert error.code == "line_empty"


def test_odd_lines_have_scores(model: TextModel) -> None:
    scores_of(model, ["😀", "!", "龘", "\ud800가", "[CLS]", "a" * 10_000, "ㅋ" * 500])


def test_no_lines_no_scores(model: TextModel) -> None:
    assert model.classify([]) == []


def test_a_long_line_is_read_up_to_the_maximum(model: TextModel) -> None:
    assert scores_of(model, ["가나다라 " * 200])[0].tokens == 71


def test_few_shapes(write_text_model) -> None:
    backend = Recording([0.0] * 6)
    model = TextModel(write_text_model(), backend)  # type: ignore[arg-type]
    model.classify(["헐"] * (MAX_BATCH + 3) + ["오늘 정말 기분이 좋다"] + ["가나다라 " * 200] * 2)
    assert backend.shapes[:2] == [(16, 8), (4, 8)]
    assert backend.shapes[-1] == (2, 71)
    backend.shapes.clear()
    model.warm_up()
    assert backend.shapes == [(1, length) for length in (*range(8, 49, 4), 56, 64, 71)]


def test_temperature_divides_the_logits(write_text_model) -> None:
    model = TextModel(write_text_model(temperature=2.0), Recording([4.0, 2, 0, 0, 0, 0]))  # type: ignore[arg-type]
    expected = softmax(np.array([2, 1, 0, 0, 0, 0], np.float32))
    np.testing.assert_allclose(scores_of(model, ["헐"])[0].values, expected, rtol=1e-6)


def test_not_a_number_is_a_device_error(write_text_model) -> None:
    model = TextModel(write_text_model(), Recording([float("nan")] * 6))  # type: ignore[arg-type]
    with pytest.raises(DeviceError, match="not finite"):
        model.classify(["헐"])


def test_vocabularies_that_differ(write_text_model) -> None:
    folder = write_text_model()
    path = folder / "config.json"
    raw = json.loads(path.read_text(encoding="utf-8")) | {"vocab_size": 65}
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ModelError, match=r"64 pieces.*65.*64 rows"):
        TextModel(folder, load_backend("torch", threads=1))


def test_the_key_follows_weights_and_config(write_text_model) -> None:
    first = graph(write_text_model()).key
    assert graph(write_text_model()).key == first
    assert graph(write_text_model(temperature=2.0)).key != first
    assert graph(write_text_model(int8=True)).key != first


def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none"):
        graph(tmp_path / "none")


def test_importing_needs_no_torch() -> None:
    code = (
        "import sys, emopic_engine.text.model\nprint({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@given(st.lists(st.floats(-80, 80, width=32), min_size=1, max_size=9))
def test_softmax_is_a_distribution(logits: list[float]) -> None:
    values = softmax(np.asarray(logits, np.float32))
    assert values.sum() == pytest.approx(1, abs=1e-5)
    assert (values >= 0).all()


def test_openvino_answers_as_torch_does(
    write_text_model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOPIC_CACHE", str(tmp_path / "cache"))
    folder = write_text_model(pooling="mean")
    reference = scores_of(TextModel(folder, load_backend("torch", threads=1)), LINES)
    backend = load_backend("openvino", precision="f32", threads=1)
    for scores, expected in zip(
        scores_of(TextModel(folder, backend), LINES), reference, strict=True
    ):
        np.testing.assert_allclose(scores.values, expected.values, atol=1e-4)
