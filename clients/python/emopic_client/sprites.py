"""Pictures from a disk, for `put`: one, or a drawn set of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SUFFIXES = (".png", ".webp", ".jpg", ".jpeg")


def read_faces(
    face: bytes | Path | None, sprites: Mapping[str, bytes | Path] | Path | None
) -> tuple[bytes | None, dict[str, bytes] | None]:
    """What `character.put` says of them: `face` and `sprites`. Raises `OSError`.

    The pictures of a folder count for the emotion their file is named after. A ZIP goes as `face`,
    in which no other may be given with it.
    """
    if isinstance(sprites, Path) and not sprites.is_dir():
        if face is not None:
            raise ValueError("give either face or sprites, not both")
        return sprites.read_bytes(), None
    if isinstance(sprites, Path):
        paths = sorted(path for path in sprites.iterdir() if path.suffix.lower() in SUFFIXES)
        sprites = {path.stem: path for path in paths}
    pictures = None if sprites is None else {name: _bytes(item) for name, item in sprites.items()}
    return None if face is None else _bytes(face), pictures


def _bytes(item: bytes | Path) -> bytes:
    return item.read_bytes() if isinstance(item, Path) else item
