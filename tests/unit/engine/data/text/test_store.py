"""Soft targets on disk: written and read back, and files that are not right."""

from __future__ import annotations

from pathlib import Path

import pytest

from emopic_engine.data.lines import LabelledLine, read_tsv
from emopic_engine.data.text.example import Example
from emopic_engine.data.text.store import read_soft, write_hard, write_soft
from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError

EMOTIONS = Emotions.from_labels(("joy", "불평/불만", "pride"), {"pride": "자랑"})
EXAMPLES = (
    Example(text='그는 "좋다" 했다', source="a", label=0, target=(0.75, 0.25, 0.0)),
    Example(text="음", source="b", age="30대", sex="male", label=2, target=(0, 0.4, 0.6)),
)


def test_what_was_written_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "soft.tsv"
    write_soft(path, EMOTIONS, EXAMPLES)
    reading = read_soft(path)
    assert (reading.emotions, reading.examples) == (EMOTIONS, EXAMPLES)


def test_plain_lines_are_what_training_reads(tmp_path: Path) -> None:
    path = tmp_path / "hard.tsv"
    line = Example(text="여러\n줄\t글", source="a", label=1, target=(0.0, 1.0, 0.0))
    write_hard(path, EMOTIONS, [*EXAMPLES, line])
    texts = ['그는 "좋다" 했다', "음", "여러 줄 글"]
    expected = [LabelledLine(label, text) for label, text in zip((0, 2, 1), texts, strict=True)]
    assert read_tsv(path, EMOTIONS) == expected


HEADER = "label\ttext\tsource\tage\tsex\tjoy\tanger\n"
BAD = {
    "no header": ("joy\t좋다\njoy\t와\n", "row 1: the columns must begin with label, text"),
    "no emotion": ("label\ttext\tsource\tage\tsex\njoy\t좋다\ta\t\t\n", "row 1: .*not empty"),
    "unknown label": (HEADER + "sad\t좋다\ta\t\t\t1\t0\n", "row 2, column 'label': .*'sad'"),
    "not a share": (HEADER + "joy\t좋다\ta\t\t\t1.5\t0\n", "column 'joy': a share .*'1.5'"),
    "a wrong sum": (HEADER + "joy\t좋다\ta\t\t\t0.5\t0.1\n", "row 2: the shares sum to 0.6"),
    "no text": (HEADER + "joy\t\ta\t\t\t1\t0\n", "row 2: the text is empty"),
    "a short row": (HEADER + "joy\t좋다\ta\t\t\t1\n", "row 2, column 'anger' is missing"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_files_name_row_and_column(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "soft.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_soft(path)
