"""MessagePack in its widest forms, which few encoders write and every decoder must read.

Maps, lists, text and bytes carry lengths of 32 bits, integers 64 bits, floats 32 bits where that
loses nothing. Written by hand, for no library writes these on purpose.
"""

from __future__ import annotations

import struct
from typing import Any


def widest(value: Any) -> bytes:
    """One value of maps, lists, text, bytes, numbers, booleans and None."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return (
                struct.pack(">BQ", 0xCF, value) if value >= 0 else struct.pack(">Bq", 0xD3, value)
            )
        case float():
            return _float(value)
        case str():
            data = value.encode()
            return struct.pack(">BI", 0xDB, len(data)) + data
        case bytes():
            return struct.pack(">BI", 0xC6, len(value)) + value
        case dict():
            items = b"".join(widest(key) + widest(item) for key, item in value.items())
            return struct.pack(">BI", 0xDF, len(value)) + items
        case list() | tuple():
            return struct.pack(">BI", 0xDD, len(value)) + b"".join(map(widest, value))
        case _:
            raise TypeError(f"not a value of the wire: {value!r}")


def _float(value: float) -> bytes:
    try:
        single = struct.pack(">f", value)
    except OverflowError:
        return b"\xcb" + struct.pack(">d", value)
    if struct.unpack(">f", single)[0] == value:
        return b"\xca" + single
    return b"\xcb" + struct.pack(">d", value)
