"""What the server and an engine process say to each other, as bytes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import FakeFace, FakePicture, FakeScores

from emopic_server.core.work import Failed
from emopic_server.io.hosting import messages
from emopic_server.io.hosting.messages import Answer, Beat, Drawn, Felt, Made, Reader, Refused

REPORTS: Sequence[messages.Report] = [
    Beat(5),
    Answer([Felt((0.25, 0.75), 1, 0.5), Refused("line_empty", "nothing in it")], 1.0, 2.0),
    Answer([Drawn(bytes(range(256)) * 400, 320, 240, (1, 2, 3, 4))], 1.0, 2.0, "illegal access"),
    Answer([], 0.0, 0.0),
    messages.NotLoaded("ModelError", "model", "there is no model"),
]


@given(st.lists(st.integers(1, 70_000), max_size=20))
def test_reports_come_out_however_the_bytes_are_cut(cuts: list[int]) -> None:
    data = b"".join(bytes(messages.pack(report)) for report in REPORTS)
    reader, found, start = Reader(), [], 0
    for cut in [*cuts, len(data)]:
        found += reader.feed(data[start : start + cut])
        start += cut
    assert found == list(REPORTS)


@given(st.binary(max_size=64))
def test_what_is_no_report_is_an_error(data: bytes) -> None:
    if data[:1] == b"\x81":  # a map, which may be one
        return
    with pytest.raises(msgspec.MsgspecError):
        Reader().feed(len(data).to_bytes(4, "little") + data)


def test_orders_survive() -> None:
    order = messages.Frames(
        [messages.FrameOrder(1, (0.5, 0.0), 128, "jpeg", 85, True)],
        [messages.Face(1, b"picture", None)],
    )
    packed = messages.pack(order)
    assert messages.length(packed) == len(packed) - messages.HEAD
    assert messages.order(packed[messages.HEAD :]) == order


def test_results_become_outcomes() -> None:
    import numpy as np

    scores = FakeScores(np.array([0.5, 0.5], np.float32), 0, 1.0)
    face = FakeFace("k", 4, 3, "found", 1)
    picture = FakePicture(b"data", "jpeg", 4, 3, (0, 0, 2, 2))
    assert messages.outcome(scores) == Felt((0.5, 0.5), 0, 1.0)
    made = messages.outcome(face)
    assert isinstance(made, Made)
    assert (made.key, made.width, made.height, made.source) == ("k", 4, 3, "found")
    drawn = messages.outcome(picture)
    assert isinstance(drawn, Drawn)
    assert (drawn.data, drawn.rect) == (b"data", (0, 0, 2, 2))
    assert messages.outcome(Failed("device", "gone")) == Refused("device", "gone")
    with pytest.raises(TypeError, match="str"):
        messages.outcome("a text")
