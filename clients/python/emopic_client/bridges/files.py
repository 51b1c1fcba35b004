"""In: lines of text, or JSON lines, from standard input or a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TextIO

import msgspec

from emopic_client.bridges.errors import BridgeError
from emopic_client.bridges.gate import ChatLine


class _JsonLine(msgspec.Struct):
    """`{"text": "…", "speaker": "…"}`; other fields are left alone."""

    text: str
    speaker: str = ""


async def text_lines(stream: TextIO) -> AsyncIterator[ChatLine]:
    """Each line as it comes, from nobody in particular. Empty ones are left out."""
    while line := await asyncio.to_thread(stream.readline):
        if line.strip():
            yield ChatLine(line.strip())


async def json_lines(stream: TextIO) -> AsyncIterator[ChatLine]:
    """One JSON object a line. Raises `BridgeError`, with the line's number, for anything else."""
    decoder = msgspec.json.Decoder(_JsonLine)
    number = 0
    while line := await asyncio.to_thread(stream.readline):
        number += 1
        if not line.strip():
            continue
        try:
            read = decoder.decode(line)
        except msgspec.DecodeError as error:
            raise BridgeError(
                f"line {number} is not {{'text': …, 'speaker': …}}: {error}"
            ) from error
        yield ChatLine(read.text, read.speaker)
