import json
import tracemalloc
import unicodedata

import pytest

from emopic_engine.data.aihub_faces.labels import (
    RecordError,
    file_name,
    parse_record,
    read_objects,
)
from emopic_engine.errors import DataError

from .conftest import agreed, box

RECORD = agreed("기쁨", picture=b"").record(7)


def objects(text, encoding="utf-8", part=7):
    content = text.encode(encoding) if isinstance(text, str) else text
    return list(
        read_objects(
            lambda: (content[i : i + part] for i in range(0, len(content), part)), "a.json"
        )
    )


def test_a_published_record():
    record = parse_record(RECORD)
    assert record.name.endswith("_여_20_기쁨_숙박 및 거주공간_20210126165538-007-011.jpg")
    assert (record.sex, record.age, record.professional) == ("female", "20", "일반인")
    assert (record.place, record.uploader) == ("숙박 및 거주공간", "기쁨")
    assert record.votes == ("기쁨",) * 3
    assert record.boxes == (box(), box(3.25), box(-2.5))
    assert record.person == record.name.split("_")[0]


@pytest.mark.parametrize(
    "boxes",
    [
        None,
        {},
        [],
        {"minX": 1, "minY": 2, "maxX": "?", "maxY": 4},
        {"minX": 5, "minY": 2, "maxX": 5, "maxY": 4},
    ],
)
def test_a_box_that_is_none(boxes):
    values = json.loads(json.dumps(RECORD))
    values["annot_B"]["boxes"] = boxes
    assert parse_record(values).boxes[1] is None


def test_other_ways_to_write_it():
    values = json.loads(json.dumps(RECORD))
    values["annot_A"] = {"boxes": [{"minX": "1", "minY": 2, "maxX": 3, "maxY": 4}]}
    values.pop("annot_C")
    values["gender"] = None
    record = parse_record(values)
    assert record.boxes == ((1, 2, 3, 4), box(3.25), None)
    assert record.votes == (None, "기쁨", None)
    assert record.sex == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "expected an object, got list"),
        ({"faceExp_uploader": "기쁨"}, "filename is None, expected text"),
        ({"filename": "a.jpg", "faceExp_uploader": " "}, "faceExp_uploader is ' ', expected text"),
    ],
)
def test_a_record_that_says_too_little(values, said):
    with pytest.raises(RecordError, match=said):
        parse_record(values)


def test_names_meet_whoever_packed_them():
    decomposed = unicodedata.normalize("NFD", "기쁨.jpg")
    assert file_name(decomposed) == file_name("원천/기쁨.jpg") == file_name("원천\\기쁨.jpg")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("part", [1, 7, 10_000])
def test_objects_come_one_by_one_in_any_encoding(encoding, part):
    values = [{"a": "기쁨 ]},{["}, {"b": [1, {"c": None}]}, {}]
    for indent in (None, 2):
        text = json.dumps(values, ensure_ascii=False, indent=indent)
        assert objects(f" {text}\n", encoding, part) == values
    assert objects('{"a": "당황"}', encoding, part) == [{"a": "당황"}]
    assert objects("[]", encoding, part) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.json is empty"),
        ('[{"a": 1}, {"b": ', r"a\.json, record 2: Expecting value"),
        ('[{"a": 1}, 5]', r"a\.json, record 2: expected an object, found '5\]'"),
        ("hello", r"record 1: expected an object, found 'hello'"),
        (b'[{"a": "\xff\xff"}]', "in none of these encodings: utf-8-sig .* cp949"),
    ],
)
def test_broken_files_are_named(text, said):
    with pytest.raises(DataError, match=said):
        objects(text)


def test_memory_does_not_grow_with_the_file():
    one = json.dumps(RECORD, ensure_ascii=False).encode("cp949")

    def parts():
        yield b"["
        for number in range(5_000):
            yield (b", " if number else b"") + one
        yield b"]"

    tracemalloc.start()
    try:
        count = sum(1 for _ in read_objects(parts, "a.json"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 5_000
    assert peak < 1_000_000
