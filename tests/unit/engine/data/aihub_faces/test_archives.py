import struct
import tracemalloc
import zipfile
import zlib

import pytest

from emopic_engine.data.aihub_faces.archives import (
    Member,
    decoded_name,
    member_parts,
    members,
    read_member,
)
from emopic_engine.errors import DataError

from .conftest import pack

CONTENT = {"기쁨/가.jpg": b"abc" * 900, "기쁨/나.jpg": b"", "label.json": bytes(range(256)) * 40}


def contents(path):
    with path.open("rb") as file:
        return {item.name: read_member(file, path, item) for item in members(path)}


@pytest.mark.parametrize("cp949", [False, True])
def test_members_and_their_contents(tmp_path, cp949):
    assert contents(pack(tmp_path / "a.zip", CONTENT, cp949=cp949)) == CONTENT


def test_stored_members_folders_comments_and_a_prefix(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"a program that unpacks itself")
    with zipfile.ZipFile(path, "a") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/a.jpg", b"stored")
        archive.comment = b"PK but no end" * 9
    assert contents(path) == {"folder/a.jpg": b"stored"}


def test_zip64(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5):
            with archive.open(f"{number}.jpg", "w", force_zip64=True) as file:
                file.write(b"x" * (number + 20))
    assert b"PK\x06\x06" in path.read_bytes()
    assert contents(path) == {f"{number}.jpg": b"x" * (number + 20) for number in range(5)}


def test_names_that_do_not_say_how_they_are_written():
    assert decoded_name("기쁨.jpg".encode("cp949"), utf8=False) == "기쁨.jpg"
    assert decoded_name("기쁨.jpg".encode(), utf8=False) == "기쁨.jpg"
    assert decoded_name("기쁨.jpg".encode(), utf8=True) == "기쁨.jpg"
    assert decoded_name(b"\xff.jpg", utf8=False) == "\xa0.jpg"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-1], "its end is missing"),
        (lambda data: data[30:], "its directory lies behind its end"),
        (lambda data: data.replace(b"PK\x01\x02", b"PK\x01\x00"), r"entry 1 .* is missing"),
        (lambda data: data.replace(b"PK\x03\x04", b"PK\x03\x00"), r"가\.jpg: there is no member"),
        (lambda data: data.replace(b"abcabc", b"abdabc"), "the checksum is wrong"),
        (lambda data: data[:-18] + b"\x01" + data[-17:], "split archive"),
    ],
)
def test_damage_is_named(tmp_path, spoil, said):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("가.jpg", b"abcabc")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=said) as caught:
        contents(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("place", "value", "said"), [(8, 1, "is encrypted"), (10, 12, "packed by method 12")]
)
def test_what_cannot_be_read_is_named(tmp_path, place, value, said):
    path = pack(tmp_path / "a.zip", {"a.jpg": b"abc"})
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + place, value)
    path.write_bytes(data)
    with pytest.raises(DataError, match=f"a.jpg: {'is ' if 'packed' in said else ''}{said}"):
        list(members(path))


def test_a_bomb_is_stopped(tmp_path):
    packed = zlib.compress(bytes(50_000_000), 9)[2:-4]
    path = tmp_path / "bomb.zip"
    path.write_bytes(
        struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, 0, 0, 0, 0) + packed
    )
    liar = Member("a.jpg", 0, len(packed), 1000, 8, 0)
    with path.open("rb") as file, pytest.raises(DataError, match="longer than the 1,000 bytes"):
        list(member_parts(file, path, liar))
    large = Member("a.jpg", 0, len(packed), 100_000_000, 8, 0)
    with path.open("rb") as file, pytest.raises(DataError, match="more than a picture has"):
        read_member(file, path, large)


def test_a_listing_of_any_length_takes_no_memory(tmp_path):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number:064d}_여_20_기쁨_실외_20210126165538-010-011.jpg", b"x")
    tracemalloc.start()
    try:
        count = sum(1 for _ in members(path))
        _, streamed = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        with zipfile.ZipFile(path) as archive:
            listed = len(archive.namelist())
        _, whole = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == listed == 20_000
    assert streamed < 500_000
    assert whole > 5_000_000  # what the streaming saves
