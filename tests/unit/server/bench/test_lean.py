"""Whole messages out of what has come, however it was cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from websockets.frames import Frame, Opcode

from emopic_server.bench.lean import cut

MESSAGES = [
    (Opcode.BINARY, b""),
    (Opcode.BINARY, b"x" * 125),
    (Opcode.PING, b"ping"),
    (Opcode.BINARY, b"y" * 126),
    (Opcode.BINARY, b"z" * 70_000),
]
STREAM = b"".join(Frame(opcode, data).serialize(mask=False) for opcode, data in MESSAGES)


@pytest.mark.parametrize("step", [1, 2, 7, 1000, len(STREAM)])
def test_messages_come_out_whole_and_in_order(step: int):
    buffer, found = bytearray(), []
    places = [*range(0, len(STREAM), step), len(STREAM)]
    for start, end in pairwise(places):
        buffer += STREAM[start:end]
        found += cut(buffer)
    assert found == [(int(opcode), data) for opcode, data in MESSAGES]
    assert not buffer


def test_what_is_not_whole_waits():
    buffer = bytearray(STREAM[:-1])
    assert len(cut(buffer)) == len(MESSAGES) - 1
    assert buffer == STREAM[:-1][-len(buffer) :]
    assert cut(buffer) == []
