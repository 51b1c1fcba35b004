"""ZIP archives read as a stream: their members one after another, never a table of all of them.

`zipfile` keeps every member of an archive in memory, some 500 bytes each. Here the central
directory is read entry by entry, and a member is found again by its place alone. Read are stored
and deflated members, ZIP64 included; not encrypted or split archives (PKWARE APPNOTE 6.3.10).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from emopic_engine.errors import DataError

_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_ENTRY_FORM: Final = struct.Struct("<4s6H3I5H2I")
_LOCAL_FORM: Final = struct.Struct("<4s5H3I2H")
_LONGEST_END: Final = 22 + 65_535  # the end record and the longest comment
_UTF8, _ENCRYPTED = 0x800, 0x1
_STORED, _DEFLATED = 0, 8
_FULL32: Final = 0xFFFF_FFFF
MAX_MEMBER: Final = 64 * 1024 * 1024
"""Bytes of an unpacked picture; label files are read in parts and may be larger."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: where it starts, how it is packed, and its sizes in bytes."""

    name: str
    offset: int
    packed: int
    size: int
    method: int
    crc: int


def members(path: Path) -> Iterator[Member]:
    """The files of an archive in the order of its directory. Raises `DataError`."""
    try:
        with path.open("rb") as file:
            start, count, shift = _directory(file, path)
            file.seek(start)
            for number in range(count):
                found = _entry(file, path, number, shift)
                if found is not None:
                    yield found
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def read_member(file: BinaryIO, path: Path, member: Member) -> bytes:
    """The content of a picture's member; `file` is the open archive. Raises `DataError`."""
    if member.size > MAX_MEMBER:
        raise DataError(f"{path}, {member.name}: {member.size:,} bytes are more than a picture has")
    content = b"".join(member_parts(file, path, member))
    if zlib.crc32(content) != member.crc:
        raise DataError(f"{path}, {member.name}: the checksum is wrong")
    return content


def member_parts(file: BinaryIO, path: Path, member: Member) -> Iterator[bytes]:
    """The content in parts of bounded size, without its checksum. Raises `DataError`."""
    file.seek(member.offset)
    head = file.read(_LOCAL_FORM.size)
    if len(head) < _LOCAL_FORM.size or not head.startswith(_LOCAL):
        raise DataError(f"{path}, {member.name}: there is no member at byte {member.offset:,}")
    *_, name_length, extra_length = _LOCAL_FORM.unpack(head)
    file.seek(name_length + extra_length, 1)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == _DEFLATED else None
    left, made = member.packed, 0
    while left:
        packed = file.read(min(left, 1 << 16))
        if not packed:
            raise DataError(f"{path}, {member.name}: the archive ends within it")
        left -= len(packed)
        part = _unpacked(unpack, packed, path, member) if unpack else packed
        made += len(part)
        if made > member.size:
            raise DataError(f"{path}, {member.name}: is longer than the {member.size:,} bytes told")
        yield part
    if made != member.size:
        raise DataError(f"{path}, {member.name}: has {made:,} of {member.size:,} bytes")


def _unpacked(unpack: zlib._Decompress, packed: bytes, path: Path, member: Member) -> bytes:
    try:
        return unpack.decompress(packed)
    except zlib.error as error:
        raise DataError(f"{path}, {member.name}: cannot be unpacked: {error}") from error


def _directory(file: BinaryIO, path: Path) -> tuple[int, int, int]:
    """Where the directory starts, how many entries it has, and by how much offsets are shifted."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or place + 22 > len(tail):
        raise DataError(f"{path} is not a ZIP archive, or its end is missing")
    end = size - len(tail) + place
    wide = _directory64(file, path, end)
    if wide is None:
        disk, first, _, count, length, offset = struct.unpack("<4H2I", tail[place + 4 : place + 20])
    else:
        end, disk, first, count, length, offset = wide
    if disk or first:
        raise DataError(f"{path} is one part of a split archive: join the parts first")
    shift = end - length - offset
    if shift < 0:
        raise DataError(f"{path} is damaged: its directory lies behind its end")
    return offset + shift, count, shift


def _directory64(
    file: BinaryIO, path: Path, end: int
) -> tuple[int, int, int, int, int, int] | None:
    """What a ZIP64 archive says in place of its end record, None where there is none."""
    file.seek(max(0, end - 20))
    locator = file.read(20)
    if not locator.startswith(_LOCATOR):
        return None
    (place,) = struct.unpack("<Q", locator[8:16])
    file.seek(place)
    record = file.read(56)
    if len(record) < 56 or not record.startswith(_END64):
        raise DataError(f"{path} is damaged: its ZIP64 end is not at byte {place:,}")
    disk, first, _here, count, length, offset = struct.unpack("<2I4Q", record[16:56])
    return place, disk, first, count, length, offset


def _entry(file: BinaryIO, path: Path, number: int, shift: int) -> Member | None:
    """The next entry of the directory, None for a folder."""
    head = file.read(_ENTRY_FORM.size)
    if len(head) < _ENTRY_FORM.size or not head.startswith(_ENTRY):
        raise DataError(f"{path} is damaged: entry {number + 1:,} of its directory is missing")
    fields = _ENTRY_FORM.unpack(head)
    flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
    name_length, extra_length, note_length, offset = *fields[10:13], fields[16]
    raw = file.read(name_length)
    extra = file.read(extra_length)
    file.seek(note_length, 1)
    name = decoded_name(raw, utf8=bool(flags & _UTF8))
    if name.endswith("/"):
        return None
    if flags & _ENCRYPTED:
        raise DataError(f"{path}, {name}: is encrypted")
    if method not in (_STORED, _DEFLATED):
        raise DataError(f"{path}, {name}: is packed by method {method}, only deflate can be read")
    size, packed, offset = _wide(extra, size, packed, offset)
    return Member(name, offset + shift, packed, size, method, crc)


def _wide(extra: bytes, *values: int) -> list[int]:
    """Sizes and offset with those that were too large taken from the ZIP64 field."""
    wide = iter(())
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1:
            whole = length // 8
            wide = iter(struct.unpack_from(f"<{whole}Q", extra, place + 4))
            break
        place += 4 + length
    return [next(wide, value) if value == _FULL32 else value for value in values]


def decoded_name(raw: bytes, *, utf8: bool) -> str:
    """A member's name. Korean archives often hold cp949 and do not say so."""
    if utf8:
        return raw.decode("utf-8", "replace")
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")
