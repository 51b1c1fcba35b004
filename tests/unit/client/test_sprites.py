"""Pictures from a disk, as `put` takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from emopic_client.sprites import read_faces


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("joy.png", "neutral.WEBP", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_a_picture_is_bytes_or_a_file(folder: Path) -> None:
    assert read_faces(None, None) == (None, None)
    assert read_faces(b"x", None) == (b"x", None)
    assert read_faces(folder / "joy.png", None) == (b"joy.png", None)


def test_a_set_is_a_folder_a_zip_or_pictures_by_name(folder: Path) -> None:
    both = {"joy": b"joy.png", "neutral": b"neutral.WEBP"}
    assert read_faces(None, folder) == (None, both)
    assert read_faces(None, {"joy": folder / "joy.png", "sad": b"s"}) == (
        None,
        {"joy": b"joy.png", "sad": b"s"},
    )
    zipped = folder / "set.zip"
    zipped.write_bytes(b"PK\x03\x04")
    assert read_faces(None, zipped) == (b"PK\x03\x04", None)
    with pytest.raises(ValueError, match="not both"):
        read_faces(b"x", zipped)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.zip"):
        read_faces(None, tmp_path / "gone.zip")
