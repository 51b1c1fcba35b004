"""Sets of drawn pictures as files: names, ZIPs, and which picture shows which emotion.

The layout is SillyTavern's: a flat ZIP of pictures named after the emotion they show, `joy.png`,
`anger.webp`. What follows a `-` or `.` tells pictures of one emotion apart (`joy-2.png`); the plain
name goes first, then the others in order. `joy-blink.png` and `joy-mouth_open.png` are the same
picture with its eyes closed and its mouth open. Folders in the ZIP do not matter, and neither do
case and language (`기쁨.png`).

Every emotion is shown by the picture of its name, else by the first there is of `STAND_INS`, else
by the picture at rest: `neutral`, else the first of `AT_REST`, else the first by name.

Nothing is unpacked here and no pixel is looked at: see `sprites`.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emopic_engine.emotions import EXTRA_CHANNELS, KOREAN
from emopic_engine.errors import PictureError

SILLYTAVERN: Final = (
    *("admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion"),
    *("curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment"),
    *("excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "neutral"),
    *("optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise"),
)
"""The emotions that SillyTavern has pictures for: those of the GoEmotions data set."""

STAND_INS: Final[Mapping[str, tuple[str, ...]]] = {
    "joy": (
        *("amusement", "excitement", "love", "optimism", "gratitude", "admiration", "pride"),
        *("relief", "caring", "desire", "approval"),
    ),
    "anger": ("annoyance", "disapproval", "disgust"),
    "anxiety": ("nervousness", "fear", "confusion", "embarrassment", "remorse"),
    "sadness": ("grief", "disappointment", "remorse", "hurt"),
    "surprise": ("realization", "curiosity", "confusion", "excitement"),
    "disgust": ("disapproval", "annoyance", "anger"),
    "embarrassment": ("nervousness", "confusion", "remorse", "anxiety"),
    "fear": ("nervousness", "anxiety", "confusion"),
    "hurt": ("grief", "sadness", "disappointment", "remorse"),
}
AT_REST: Final = ("neutral", "default", "normal", "idle", "calm", "realization", "approval")

MOST_ENTRIES: Final = 512
MOST_PICTURES: Final = 128
SUFFIXES: Final = ("png", "webp", "jpg", "jpeg")
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE: Final = re.compile(r"^[A-Za-z]:")
_LABEL: Final = re.compile(r"^(.+?)(?:[-.](.*))?$")
_SAFE: Final = re.compile(r"[^\w-]+")
_SPOKEN: Final = {name: name for name in KOREAN} | {ko: name for name, ko in KOREAN.items()}
_ORIGIN: Final = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP knows: the same set, the same bytes


@dataclass(frozen=True)
class SpriteFile:
    """One picture: `name` as in the set, `label` the emotion it shows, `variant` what tells it
    apart from others of that emotion."""

    name: str
    label: str
    variant: str
    data: bytes

    @property
    def suffix(self) -> str:
        return self.name.rpartition(".")[2].lower()


@dataclass(frozen=True)
class SpriteFiles:
    """A set as it was read. `ignored` are names of files that are no pictures."""

    pictures: tuple[SpriteFile, ...]
    ignored: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What there are pictures of, each once, in order."""
        return tuple(dict.fromkeys(item.label for item in self.pictures if not channel_of(item)))

    def of(self, label: str) -> SpriteFile | None:
        """The first picture of a label."""
        found = (item for item in self.pictures if item.label == label and not channel_of(item))
        return next(found, None)

    def channel(self, label: str, channel: str) -> SpriteFile | None:
        """The picture of a label with its eyes closed or its mouth open."""
        found = (p for p in self.pictures if p.label == label and channel_of(p) == channel)
        return next(found, None)

    def shown(self, emotions: Sequence[str]) -> dict[str, str]:
        """Which label's picture shows each emotion, by the rule above."""
        labels = self.labels
        rest = next((name for name in AT_REST if name in labels), min(labels))
        return {
            emotion: next(
                (name for name in (emotion, *STAND_INS.get(emotion, ())) if name in labels), rest
            )
            for emotion in emotions
        }


def channel_of(item: SpriteFile) -> str | None:
    """`blink` or `mouth_open`, where the picture is for that."""
    return item.variant if item.variant in EXTRA_CHANNELS else None


def is_zip(data: bytes) -> bool:
    """Whether these bytes are a ZIP and not a picture."""
    return data[:4] in _ZIP


def named(name: str, data: bytes) -> SpriteFile:
    """A picture under the name of its file, which may be in a folder."""
    base = unicodedata.normalize("NFC", name.rpartition("/")[2]).lower()
    stem = base.rpartition(".")[0] or base
    found = _LABEL.match(stem)
    label, variant = (found[1], found[2] or "") if found else (stem, "")
    return SpriteFile(base, _SPOKEN.get(label.strip(), label.strip()), variant, data)


def read_zip(data: bytes, max_bytes: int) -> SpriteFiles:
    """The pictures in a ZIP. `max_bytes` bounds the ZIP, and every picture in it.

    Raises `PictureError`: `picture_too_large`, or `bad_sprites` for a ZIP that cannot be read, that
    hides something (encrypted, odd compression, names that lead out of it) or has no picture.
    """
    if len(data) > max_bytes:
        raise PictureError(
            f"the set has {len(data):,} bytes, at most {max_bytes:,} are read",
            code="picture_too_large",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive, max_bytes)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise _bad(f"the ZIP cannot be read: {error}") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise _bad(f"the ZIP cannot be read: {error}") from error


def gathered(files: Sequence[SpriteFile], ignored: Sequence[str] = ()) -> SpriteFiles:
    """A set of these pictures, the plain name of each label before its variants."""
    if not any(channel_of(item) is None for item in files):
        raise _bad("there is no picture in it: name them joy.png, anger.png, neutral.png …")
    if len(files) > MOST_PICTURES:
        raise _bad(f"a set may have {MOST_PICTURES} pictures, got {len(files)}")
    ordered = sorted(files, key=lambda item: (item.label, item.variant, item.name))
    return SpriteFiles(tuple(ordered), tuple(ignored))


def pack(files: Sequence[SpriteFile], *, sillytavern: bool = False) -> bytes:
    """A ZIP of these pictures, always the same bytes for the same pictures.

    With `sillytavern`, emotions that it has no pictures for get the name of the nearest it has.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(_names(files, sillytavern).items()):
            archive.writestr(zipfile.ZipInfo(name, _ORIGIN), data)
    return out.getvalue()


def pack_named(pictures: Mapping[str, bytes]) -> bytes:
    """A ZIP of pictures by the emotion they show, for `read_zip` to check."""
    return pack([named(f"{name}.{_suffix_of(data)}", data) for name, data in pictures.items()])


def safe_name(item: SpriteFile) -> str:
    """A file name without anything that could lead somewhere else."""
    parts = (item.label, item.variant) if item.variant else (item.label,)
    return "-".join(_SAFE.sub("_", part) for part in parts) + f".{item.suffix}"


def _names(files: Sequence[SpriteFile], sillytavern: bool) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for item in files:
        label = _sillytavern_label(item.label) if sillytavern else item.label
        name = safe_name(SpriteFile(item.name, label, item.variant, b""))
        if name in found:
            raise _bad(f"two pictures are named {name!r}")
        found[name] = item.data
    return found


def _sillytavern_label(label: str) -> str:
    known = (name for name in STAND_INS.get(label, ()) if name in SILLYTAVERN)
    return label if label in SILLYTAVERN else next(known, label)


def _read(archive: zipfile.ZipFile, max_bytes: int) -> SpriteFiles:
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise _bad(f"the ZIP has {len(infos)} entries, at most {MOST_ENTRIES} are read")
    files, ignored, total = [], [], 0
    for info in infos:
        _check_name(info.orig_filename)
        if info.is_dir():
            continue
        if not _is_picture(info.filename):
            ignored.append(info.filename)
            continue
        _check_entry(info, max_bytes)
        total += info.file_size
        if total > 2 * max_bytes:
            raise _too_large("the pictures together", total, 2 * max_bytes)
        files.append(named(info.filename, _bytes(archive, info)))
    return gathered(files, ignored)


def _bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """What is said to be there and not a byte more; a wrong checksum is an error."""
    with archive.open(info) as file:
        data = file.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise _bad(f"{info.filename!r} is not as large as the ZIP says")
    return data


def _check_name(name: str) -> None:
    parts = name.split("/")
    odd = "\\" in name or any(ord(letter) < 32 for letter in name)
    if odd or name.startswith("/") or ".." in parts or _DRIVE.match(name):
        raise _bad(f"the ZIP has a file {name[:80]!r}, which leads out of it")


def _check_entry(info: zipfile.ZipInfo, max_bytes: int) -> None:
    if info.flag_bits & 1:
        raise _bad(f"{info.filename!r} is encrypted")
    if info.compress_type not in _METHODS:
        raise _bad(f"{info.filename!r} is compressed in a way that is not read: use deflate")
    if info.file_size > max_bytes:
        raise _too_large(repr(info.filename), info.file_size, max_bytes)


def _is_picture(name: str) -> bool:
    folders, _, base = name.rpartition("/")
    hidden = base.startswith(".") or "__MACOSX" in folders.split("/")
    return not hidden and base.rpartition(".")[2].lower() in SUFFIXES


def _suffix_of(data: bytes) -> str:
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    return "webp" if data[8:12] == b"WEBP" else "jpg"


def _too_large(what: str, size: int, most: int) -> PictureError:
    message = f"{what} has {size:,} bytes unpacked, at most {most:,} are read"
    return PictureError(message, code="picture_too_large")


def _bad(message: str) -> PictureError:
    return PictureError(message, code="bad_sprites")
