"""Mapping files: what they may say, and what is told of those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from emopic_engine.data.text.mapping import bundled_mappings, load_mapping
from emopic_engine.data.text.reader import read_examples
from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import DataError

MINE = """
name = "game chat"
emotions = ["joy", "anger", "pride", "boredom", "neutral", "fear", "disgust"]

[korean]
pride = "자랑"
boredom = "심심함"

[file]
delimiter = ";"

[columns]
text = "말"
label = "느낌"
separator = "|"
sex = 3

[labels]
"자랑" = "pride"
"심심" = "심심함"
"약오름" = { anger = 3, joy = 1 }
"광고" = {}
"""


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_more_than_six_emotions_of_ones_own(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path / "mine.toml", MINE))
    rows = "말;느낌;누구\n봤냐 한 방;자랑|약오름;여\n할 게 없네;심심;\n골드 싸게 팝니다;광고;M\n"
    reading = read_examples(mapping, [write(tmp_path / "chat.csv", rows)])
    assert reading.emotions.korean[2:4] == ("자랑", "심심함")
    first, second = reading.examples
    assert first.target == (0.2, 0.6, 0.2, 0, 0, 0, 0)
    assert (first.label, first.sex, second.sex) == (1, "female", None)
    assert reading.account.left_out == {"광고": 1}


@pytest.mark.parametrize("name", bundled_mappings())
def test_bundled_mappings_can_be_used(name: str) -> None:
    mapping = load_mapping(name)
    assert mapping.columns.text
    assert all(len(row) == len(mapping.emotions) for row in mapping.weights.values())


def test_kote_gives_every_label_a_weight_and_every_emotion_labels() -> None:
    mapping = load_mapping("kote")
    assert mapping.emotions == DEFAULT
    assert len(mapping.codes) == len(mapping.weights) == 44
    assert all(0 < sum(row) <= 2 for row in mapping.weights.values())
    columns = zip(*mapping.weights.values(), strict=True)
    assert all(sum(share > 0 for share in column) >= 3 for column in columns)
    assert mapping.weights[mapping.label("24")] == (0, 0, 0, 2, 0, 0)  # 없음


COLUMNS = '[columns]\ntext = "t"\nlabel = "l"\n'
BAD = {
    "not TOML": ("name = [\n}", r"bad\.toml is not TOML: .*line 2"),
    "unknown key": ("labls = 1\n" + COLUMNS, "unknown key labls: use codes, columns"),
    "unknown column key": (COLUMNS + "texts = 1\n", "unknown key columns.texts"),
    "unknown file key": (COLUMNS + "[file]\nheaders = true\n", "unknown key file.headers"),
    "no text column": ('[columns]\nlabel = "l"\n', "columns.text is missing"),
    "column 0": ("[columns]\ntext = 0\n", "columns.text must be a column's name or .*, got 0"),
    "unknown emotion": (COLUMNS + '[labels]\na = "happy"\n', "unknown emotion 'happy'"),
    "negative weight": (COLUMNS + "[labels]\na = { joy = -1 }\n", "labels.'a'.joy must be above 0"),
    "infinite weight": (COLUMNS + "[labels]\na = { joy = inf }\n", "must be above 0, got inf"),
    "a label twice": (COLUMNS + '[labels]\nSad = "joy"\nsad = "joy"\n', "'sad' is given twice"),
    "a number as label": (
        COLUMNS + "[labels]\na = 1\n",
        "labels.'a' must be an emotion or a table",
    ),
    "strengths missing": (COLUMNS + 'strength = ["a", "b"]\n', "columns.strength needs 1 columns"),
    "separator and raters": (
        '[columns]\ntext = 1\nlabel = [2, 3]\nseparator = ","\n',
        "columns.separator goes with one label column",
    ),
    "wide delimiter": (COLUMNS + '[file]\ndelimiter = "||"\n', "delimiter must be one character"),
    "unknown encoding": (COLUMNS + '[file]\nencoding = "utf-9"\n', "'utf-9' is unknown"),
    "header as text": (COLUMNS + '[file]\nheader = "no"\n', "file.header must be true or false"),
    "codes without meaning": (
        'codes = ["a", "b"]\n' + COLUMNS + '[labels]\na = "joy"\n',
        "says nothing about the code 'b'",
    ),
    "the same emotion twice": ('emotions = ["joy", "기쁨"]\n' + COLUMNS, "must be unique"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_mappings_name_key_and_value(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_mapping(write(tmp_path / "bad.toml", content))


def test_unknown_names_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unknown data set 'kotee': use aihub_dialogue, .*kote"):
        load_mapping("kotee")
    with pytest.raises(DataError, match="cannot be read: No such file"):
        load_mapping(tmp_path / "none.toml")


def test_a_name_column_in_a_file_without_header(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path / "m.toml", COLUMNS + "[file]\nheader = false\n"))
    with pytest.raises(DataError, match="has no header: give column 't' as a number"):
        read_examples(mapping, [write(tmp_path / "a.csv", "좋다,joy\n")])
