"""Memory that the server shares with an engine process, for large pictures.

What goes through the socket is copied five times, and read in many pieces with a wake-up for each:
2 ms for a megabyte. A picture on the tray is copied once in and once out. There is no lock: the
process lays pictures down while it does an order, and the server takes them up when the answer
comes, before it gives the next order.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from emopic_server.io.hosting import messages

SIZE: Final = 16 << 20
LARGE: Final = 32 << 10  # bytes; smaller pictures are as fast in the socket


@contextmanager
def tray_file() -> Iterator[int]:
    """The number of a new file of `SIZE` bytes that nobody else can open.

    Its pages take memory when they are written to. A side that has its tray needs it no more.
    """
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("emopic-tray")
    else:
        with tempfile.TemporaryFile() as file:
            number = os.dup(file.fileno())
    try:
        os.ftruncate(number, SIZE)
        yield number
    finally:
        os.close(number)


@dataclass
class Tray:
    """One side's view of the file."""

    memory: mmap.mmap

    @classmethod
    def over(cls, number: int) -> Tray:
        """Map the file; it may be closed after that."""
        return cls(mmap.mmap(number, SIZE))

    def laid(self, outcomes: Sequence[messages.Outcome]) -> list[messages.Outcome]:
        """Lay the large pictures down from the front, as many as there is room for."""
        filled = 0
        answers: list[messages.Outcome] = []
        for outcome in outcomes:
            if isinstance(outcome, messages.Drawn) and isinstance(outcome.data, bytes):
                size = len(outcome.data)
                if LARGE <= size <= SIZE - filled:
                    self.memory[filled : filled + size] = outcome.data
                    place = messages.Place(filled, size)
                    answers.append(msgspec.structs.replace(outcome, data=place))
                    filled += size
                    continue
            answers.append(outcome)
        return answers

    def taken(self, outcome: messages.Outcome) -> messages.Outcome:
        """Take a picture up. Raises `ValueError` for a place outside."""
        if not isinstance(outcome, messages.Drawn) or isinstance(outcome.data, bytes):
            return outcome
        start, size = outcome.data.start, outcome.data.size
        if not 0 <= start <= start + size <= SIZE:
            raise ValueError(f"no picture can lie at {start}, {size} bytes")
        return msgspec.structs.replace(outcome, data=self.memory[start : start + size])

    def close(self) -> None:
        """Give the memory back."""
        self.memory.close()
