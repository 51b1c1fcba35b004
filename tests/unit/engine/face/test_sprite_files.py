"""Names and ZIPs of drawn sets: what shows what, and what is refused."""

from __future__ import annotations

import contextlib
import io
import struct
import unicodedata
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import PictureError
from emopic_engine.face.sprite_files import (
    MOST_ENTRIES,
    MOST_PICTURES,
    SILLYTAVERN,
    SpriteFiles,
    gathered,
    is_zip,
    named,
    pack,
    pack_named,
    read_zip,
)

PNG = b"\x89PNG\r\n\x1a\n..."
LIMIT = 100_000


def zipped(names: dict[str, bytes] | list[str], **how: Any) -> bytes:
    entries = names if isinstance(names, dict) else dict.fromkeys(names, PNG)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how.get("method", zipfile.ZIP_STORED)) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo("x")
            info.filename = name  # as it stands: the constructor would tidy it
            info.compress_type = how.get("method", zipfile.ZIP_STORED)
            archive.writestr(info, data)
    return out.getvalue()


def a_set(*names: str) -> SpriteFiles:
    return read_zip(zipped(list(names)), LIMIT)


def refused(data: bytes, limit: int = LIMIT) -> PictureError:
    with pytest.raises(PictureError) as caught:
        read_zip(data, limit)
    return caught.value


def test_a_set_with_all_emotions_shows_each_by_its_own() -> None:
    files = a_set(*(f"{name}.png" for name in DEFAULT.names))
    assert files.shown(DEFAULT.names) == {name: name for name in DEFAULT.names}


def test_sillytavern_names_stand_in_for_ours() -> None:
    shown = a_set(*(f"{name}.png" for name in SILLYTAVERN)).shown(DEFAULT.names)
    assert shown == {name: name for name in DEFAULT.names} | {"anxiety": "nervousness"}
    assert len(SILLYTAVERN) == 28


@pytest.mark.parametrize(
    ("names", "emotion", "label"),
    [
        (["neutral.png", "love.png", "amusement.png"], "joy", "amusement"),
        (["neutral.png", "grief.png"], "sadness", "grief"),
        (["neutral.png"], "anger", "neutral"),
        (["default.png", "joy.png"], "anger", "default"),
        (["joy.png", "grin.png"], "anger", "grin"),  # nothing at rest: the first by name
        (["기쁨.png", "중립.png"], "joy", "joy"),
        ([unicodedata.normalize("NFD", "기쁨.png"), "중립.png"], "joy", "joy"),  # macOS
        (["JOY.PNG", "Neutral.WebP"], "joy", "joy"),
        (["set/joy.png", "set/neutral.png"], "joy", "joy"),
    ],
)
def test_fallbacks(names: list[str], emotion: str, label: str) -> None:
    assert a_set(*names).shown([emotion]) == {emotion: label}


def test_the_plain_name_goes_before_its_variants() -> None:
    found = a_set("joy-2.png", "joy.expressive.png", "joy.png").of("joy")
    assert found is not None
    assert found.name == "joy.png"
    without = a_set("joy-2.png", "joy-1.png").of("joy")
    assert without is not None
    assert without.name == "joy-1.png"


def test_blink_and_mouth_are_no_pictures_of_their_own() -> None:
    files = a_set("joy.png", "joy-blink.png", "joy-mouth_open.png", "neutral.png")
    assert files.labels == ("joy", "neutral")
    assert files.channel("joy", "blink") is not None
    assert files.channel("neutral", "blink") is None


def test_what_is_no_picture_is_passed_over_and_told() -> None:
    files = a_set("joy.png", "readme.txt", "__MACOSX/._joy.png", ".hidden.png", "a/", "x.gif")
    assert files.labels == ("joy",)
    assert files.ignored == ("readme.txt", "__MACOSX/._joy.png", ".hidden.png", "x.gif")


@pytest.mark.parametrize(
    "name",
    [
        *("../joy.png", "a/../../joy.png", "/joy.png", "C:joy.png", "c:\\joy.png"),
        *("a\\..\\joy.png", "joy\x00.png", "joy\n.png"),
    ],
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    error = refused(zipped([name, "neutral.png"]))
    assert error.code == "bad_sprites"
    assert "leads out" in error.message


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    bomb = zipped({"joy.png": b"\0" * (LIMIT + 1)}, method=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1000
    assert refused(bomb).code == "picture_too_large"
    many = zipped({f"{i}.png": b"\0" * LIMIT for i in range(3)}, method=zipfile.ZIP_DEFLATED)
    assert refused(many).code == "picture_too_large"


def test_a_zip_that_lies_about_sizes_is_refused() -> None:
    data = bytearray(zipped({"joy.png": b"\0" * 5000}, method=zipfile.ZIP_DEFLATED))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 100)
    assert refused(bytes(data)).code == "bad_sprites"


@pytest.mark.parametrize("flag", [1, 0x41])
def test_encrypted_pictures_are_refused(flag: int) -> None:
    data = bytearray(zipped(["joy.png"]))
    directory = data.index(b"PK\x01\x02")
    data[directory + 8 : directory + 10] = struct.pack("<H", flag)
    assert "encrypted" in refused(bytes(data)).message


def test_other_compression_is_refused() -> None:
    assert "deflate" in refused(zipped(["joy.png"], method=zipfile.ZIP_LZMA)).message


def test_counts_are_bounded() -> None:
    assert (
        "entries" in refused(zipped([f"{i}.txt" for i in range(MOST_ENTRIES + 1)]), 1 << 20).message
    )
    pictures = [f"{i}.png" for i in range(MOST_PICTURES + 1)]
    assert "may have" in refused(zipped(pictures), 1 << 20).message


def test_a_zip_without_pictures_says_how_to_name_them() -> None:
    assert "joy.png" in refused(zipped(["readme.txt"])).message
    assert refused(zipped(["joy-blink.png"])).code == "bad_sprites"
    assert refused(zipped(["joy.png"]), 10).code == "picture_too_large"


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_damaged_zips_are_read_or_refused_and_nothing_else(
    tail: bytes, place: int, byte: int
) -> None:
    data = bytearray(zipped(["joy.png", "neutral.webp"], method=zipfile.ZIP_DEFLATED))
    data[place % len(data)] = byte
    for candidate in (bytes(data), bytes(data[: place % len(data)]) + tail, b"PK\x03\x04" + tail):
        with contextlib.suppress(PictureError):
            assert read_zip(candidate, LIMIT).pictures


def test_packing_gives_the_same_bytes_and_reads_back() -> None:
    files = [named(f"{name}.png", PNG) for name in ("joy", "neutral", "anxiety", "joy-blink")]
    data = pack(files)
    assert is_zip(data)
    assert data == pack(files[::-1])
    assert read_zip(data, LIMIT).labels == ("anxiety", "joy", "neutral")
    assert pack_named({"joy": PNG, "joy-blink": PNG, "neutral": PNG, "anxiety": PNG}) == data


def test_packing_for_sillytavern_uses_its_names() -> None:
    data = pack([named("anxiety.png", PNG), named("joy.png", PNG)], sillytavern=True)
    labels = read_zip(data, LIMIT).labels
    assert labels == ("joy", "nervousness")
    assert set(labels) <= set(SILLYTAVERN)
    assert read_zip(data, LIMIT).shown(["anxiety"]) == {"anxiety": "nervousness"}


def test_two_pictures_of_one_name_are_not_packed() -> None:
    with pytest.raises(PictureError, match="two pictures"):
        pack([named("joy.png", PNG), named("기쁨.png", PNG)])


def test_nothing_is_no_set() -> None:
    with pytest.raises(PictureError, match="no picture"):
        gathered([])
