"""Files to training lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from emopic_engine.data.text.example import Example
from emopic_engine.data.text.store import write_soft
from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.errors import DataError, InputError
from emopic_engine.train.text_data import (
    by_name,
    cut_off,
    emotions_of,
    read_training,
    read_unlabelled,
)
from emopic_engine.train.text_lines import TrainLine

PAIR = Emotions.from_labels(["joy", "sadness"])


def test_a_hard_file(tmp_path: Path) -> None:
    path = tmp_path / "lines.tsv"
    path.write_text("기쁨\t좋다\nsadness\t슬퍼\n", encoding="utf-8")
    assert read_training(path, PAIR) == [TrainLine("좋다", (1, 0)), TrainLine("슬퍼", (0, 1))]
    assert emotions_of(path) is None


def test_a_soft_file(tmp_path: Path) -> None:
    path = tmp_path / "soft.tsv"
    write_soft(path, PAIR, [Example(text="좋다", source="x", label=0, target=(0.75, 0.25))])
    assert read_training(path, PAIR) == [TrainLine("좋다", (0.75, 0.25))]
    assert read_training(path, PAIR, soft=False) == [TrainLine("좋다", (1, 0))]
    assert emotions_of(path) == PAIR
    with pytest.raises(DataError, match="--labels joy,sadness"):
        read_training(path, DEFAULT)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.tsv cannot be read"):
        read_training(tmp_path / "none.tsv", PAIR)


def test_unlabelled_lines(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes("\ufeff안녕\n\n  뭐 해 \n".encode())
    assert read_unlabelled(str(path)) == ["안녕", "뭐 해"]
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match="no lines"):
        read_unlabelled(str(path))
    path.write_bytes(b"\xff\xff")
    with pytest.raises(DataError, match="not UTF-8 at byte 1"):
        read_unlabelled(str(path))
    with pytest.raises(DataError, match="cannot be read"):
        read_unlabelled(str(tmp_path / "none.txt"))


def test_unlabelled_lines_of_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "lines.tsv"
    path.write_text("joy\t좋다\nsadness\t슬퍼\n", encoding="utf-8")
    assert read_unlabelled(f"lines:{path}") == ["좋다", "슬퍼"]


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_cutting_off_takes_the_same_share_of_each_emotion(share: float) -> None:
    lines = [TrainLine(f"{i}", (1.0, 0.0)) for i in range(60)]
    lines += [TrainLine(f"{i}", (0.0, 1.0)) for i in range(60, 80)]
    rest, cut = cut_off(lines, share, seed=1)
    assert sorted([*rest, *cut], key=lambda e: int(e.text)) == lines
    assert sum(line.top == 0 for line in cut) == pytest.approx(60 * share, abs=1)
    assert sum(line.top == 1 for line in cut) == pytest.approx(20 * share, abs=1)
    assert cut_off(lines, share, seed=1) == (rest, cut)
    assert cut_off(lines, share, seed=2) != (rest, cut)


def test_files_by_name() -> None:
    named = by_name([Path("a/test.tsv"), Path("b/hard.tsv")], "dev")
    assert named == {"test": Path("a/test.tsv"), "hard": Path("b/hard.tsv")}
    with pytest.raises(InputError, match=r"b/test\.tsv: there are other lines called 'test'"):
        by_name([Path("a/test.tsv"), Path("b/test.tsv")])
    with pytest.raises(InputError, match="'dev'"):
        by_name([Path("dev.tsv")], "dev")


def test_parts_that_would_be_empty() -> None:
    with pytest.raises(InputError, match="leaves a part empty"):
        cut_off([TrainLine("가", (1.0,))], 0.2, 0)
