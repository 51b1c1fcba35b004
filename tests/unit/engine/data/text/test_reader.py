"""The published data sets, read in their own formats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from emopic_engine.data.text.mapping import load_mapping
from emopic_engine.data.text.reader import Reading, read_examples, read_lines
from emopic_engine.errors import DataError


def read(name: str, *paths: Path) -> Reading:
    return read_examples(load_mapping(name), paths)


def labels(reading: Reading) -> list[str]:
    return [reading.emotions.names[example.label] for example in reading.examples]


def target(reading: Reading, place: int) -> dict[str, float]:
    shares = zip(reading.emotions.names, reading.examples[place].target, strict=True)
    return {name: round(share, 3) for name, share in shares if share}


def test_speech_majority_strength_and_disgust(speech_csv: Path) -> None:
    reading = read("aihub_speech", speech_csv)
    assert labels(reading) == [
        *("joy", "anger", "anxiety", "neutral", "sadness", "surprise", "neutral", "anger"),
    ]
    assert reading.account.rows == 10
    # One line has a majority for disgust, in the other strength decides for it.
    assert reading.account.left_out == {"disgust": 2}
    # Line 5 is a tie of 2 to 2 that strength decides; line 6 is one that it does not.
    assert reading.account.ties == {"by strength": 1, "open": 1}
    first = reading.examples[1]
    assert (first.text, first.source) == ("그걸 왜 네 마음대로 버려?", "AI Hub speech")
    assert (first.age, first.sex) == ("34", "male")


def test_speech_targets_weigh_votes_by_strength(speech_csv: Path) -> None:
    reading = read("aihub_speech", speech_csv)
    # 1 + strength a vote: joy 3 + 2 + 3, neutral 1, surprise 2.
    assert target(reading, 0) == {"joy": 0.727, "neutral": 0.091, "surprise": 0.182}
    # A majority of weak votes keeps the label, whatever the strong ones weigh.
    assert target(reading, 3) == {"joy": 0.333, "neutral": 0.667}
    assert all(sum(e.target) == pytest.approx(1) for e in reading.examples)


def test_speech_with_all_seven_emotions(speech_csv: Path) -> None:
    reading = read("aihub_speech7", speech_csv)
    assert len(reading.emotions) == 7
    assert labels(reading)[6] == "disgust"
    assert reading.emotions.korean[2] == "혐오"


def test_a_utf8_file_reads_the_same(speech_csv: Path, tmp_path: Path) -> None:
    again = tmp_path / "utf8.csv"
    again.write_text(speech_csv.read_text("cp949"), "utf-8-sig")
    both = read("aihub_speech", speech_csv, again)
    half = len(both.examples) // 2
    assert both.examples[:half] == both.examples[half:]


def test_dialogue(dialogue_xlsx: Path) -> None:
    reading = read("aihub_dialogue", dialogue_xlsx)
    assert labels(reading) == ["anger", "joy", "anxiety", "sadness"]
    assert target(reading, 2) == {"anxiety": 0.6, "surprise": 0.4}
    assert (reading.examples[1].age, reading.examples[1].sex) == ("노년", "male")
    own = read("aihub_dialogue6", dialogue_xlsx)
    assert labels(own) == ["anger", "joy", "embarrassment", "hurt"]


def test_single_sentences(single_xlsx: Path) -> None:
    reading = read("aihub_single", single_xlsx)
    assert labels(reading) == ["joy", "anxiety", "neutral", "surprise"]
    assert (reading.account.left_out, reading.account.no_text) == ({"혐오": 1}, 1)
    assert labels(read("aihub_single7", single_xlsx))[1:4] == ["fear", "neutral", "disgust"]


def test_kote_to_six_soft_targets(kote_tsv: Path) -> None:
    reading = read("kote", kote_tsv)
    assert labels(reading) == ["joy", "anger", "neutral", "surprise"]
    assert reading.examples[1].text == '그 가게 "또" 문 닫음, 짜증나'
    assert target(reading, 1) == {"anger": 0.941, "sadness": 0.059}
    assert target(reading, 3) == {"anxiety": 0.2, "surprise": 0.8}


def test_kote_with_its_own_44(kote_tsv: Path) -> None:
    reading = read("kote44", kote_tsv)
    assert len(reading.emotions) == 44
    assert target(reading, 0) == {"고마움": 0.333, "즐거움/신남": 0.333, "joy": 0.333}


def test_lines_without_labels(chatbot_csv: Path) -> None:
    lines = read_lines(load_mapping("chatbot"), [chatbot_csv])
    texts = ["오늘 뭐 먹지?", "국수, 어때요?", "연락이 끊겼어", "기다려 봐요."]
    assert [line.text for line in lines] == texts
    with pytest.raises(DataError, match="chatbot has lines without labels"):
        read("chatbot", chatbot_csv)


def test_own_lines_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text('기쁨\t"좋다\nanger\t왜\n', encoding="utf-8")
    reading = read("lines", path)
    assert [(e.label, e.text) for e in reading.examples] == [(0, '"좋다'), (1, "왜")]


def changed(path: Path, row: int, column: int, cell: str) -> None:
    """Overwrite a cell of a cp949 CSV file, both counted from 1."""
    rows = [line.split(",") for line in path.read_text("cp949").splitlines()]
    rows[row - 1][column - 1] = cell
    path.write_text("\n".join(map(",".join, rows)) + "\n", "cp949")


@pytest.mark.parametrize(
    ("row", "column", "cell", "message"),
    [
        (3, 4, "joyful", r"row 3, column '1번 감정': unknown label 'joyful': use happiness, happy"),
        (3, 4, "", r"row 3, column '1번 감정': the label is empty"),
        (
            5,
            11,
            "strong",
            r"row 5, column '4번감정세기': a strength is a number from 0, got 'strong'",
        ),
        (5, 11, "-1", r"column '4번감정세기': a strength is a number from 0, got '-1'"),
        (5, 11, "nan", r"column '4번감정세기': a strength is a number from 0, got 'nan'"),
        (4, 15, "??", r"row 4, column '성별': unknown sex '\?\?'"),
        (1, 2, "문장", r"row 1: there is no column '발화문'; it has 'wav_id', '문장'"),
    ],
)
def test_a_bad_cell_is_named(
    speech_csv: Path, row: int, column: int, cell: str, message: str
) -> None:
    changed(speech_csv, row, column, cell)
    with pytest.raises(DataError, match=message) as caught:
        read("aihub_speech", speech_csv)
    assert str(speech_csv) in str(caught.value)


BAD_KOTE: dict[str, tuple[str, str]] = {
    "a number too many": (
        "1\t좋다\t3,44\n",
        r"row 1, column 3: unknown label number '44': use 0 to 43",
    ),
    "a word": ("1\t좋다\t3\n2\t음\tx\n", "row 2, column 3: unknown label number 'x'"),
    "a trailing comma": ("1\t좋다\t3,\n", "row 1, column 3: the label is empty"),
    "a short row": ("1\t좋다\t3\n\n2\t음\n", "row 3, column 3 is missing: the row has 2 columns"),
    "nothing": ("\n", "holds no rows"),
    "an open quote": ('1\t좋다\t3\n2\t"음\t3\n', "row 2: unexpected end of data"),
    "no text": ("1\t \t3\n", "none of 1 rows has an emotion"),
}


@pytest.mark.parametrize(("content", "message"), BAD_KOTE.values(), ids=BAD_KOTE)
def test_bad_rows_are_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "val.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read("kote", path)


def unreadable(folder: Path) -> Sequence[tuple[Path, str]]:
    wrong, fake, odd = folder / "a.csv", folder / "b.xlsx", folder / "c.json"
    wrong.write_bytes("발화문\n안녕\n".encode() + b"\xff\xff\n")
    fake.write_bytes(b"PK\x03\x04 not really")
    odd.write_text("{}")
    return [
        (wrong, r"a\.csv is in none of these encodings: utf-8 \(line 3\), cp949"),
        (fake, r"b\.xlsx is not an xlsx file"),
        (odd, r"c\.json: the ending must be \.csv, \.tsv, \.txt or \.xlsx"),
        (folder / "none.csv", r"none\.csv cannot be read: No such file"),
        (folder / "none.xlsx", r"none\.xlsx cannot be read: No such file"),
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, message in unreadable(tmp_path):
        with pytest.raises(DataError, match=message):
            read("aihub_speech", path)
