"""Buffers and recordings, on a device that is only a record of what was asked of it."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

from emopic_engine.backends import Graph, TensorSpec
from emopic_engine.backends.replay import MAX_SHAPES, Replayed

TEXT = Graph(
    name="sums",
    key="sums-1",
    inputs=(
        TensorSpec("ids", "int64", (-1, -1), pad=0),
        TensorSpec("mask", "int64", (-1, -1), pad=0),
    ),
    outputs=(TensorSpec("sums", "float32", (-1,)),),
    module=lambda: None,
    example=lambda: (),
)


class PaperDevice:
    """Buffers are arrays that stay where they are; a recording runs its function again."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.shapes: list[tuple[int, ...]] = []

    def buffer(self, shape, dtype):
        self.shapes.append(shape)
        return np.zeros(shape, dtype)

    def upload(self, array, buffer):
        self.calls.append("upload")
        assert array.shape == buffer.shape
        buffer[:] = array

    def record(self, run):
        self.calls.append("record")
        outputs = run()

        def replay():
            self.calls.append("replay")
            for kept, new in zip(outputs, run(), strict=True):
                kept[:] = new

        return replay, outputs

    def download(self, buffers):
        self.calls.append("download")
        return tuple(buffer.copy() for buffer in buffers)

    def guard(self, name):
        assert name == "sums"
        return nullcontext()


def sums(device: PaperDevice, lengths=(), most_rows: int = 8, prepared: list | None = None):
    def prepare(length):
        if prepared is not None:
            prepared.append(length)
        return lambda buffers: ((buffers[0] * buffers[1]).sum(1).astype(np.float32),)

    return Replayed(TEXT, device, prepare, lengths, most_rows)


def batch(rows: int, length: int, value: int = 1):
    return np.full((rows, length), value, np.int64), np.ones((rows, length), np.int64)


def test_each_shape_is_recorded_once_and_replayed_each_time():
    device = PaperDevice()
    run = sums(device)
    for value in (1, 2, 3):
        (answer,) = run(*batch(2, 5, value))
        np.testing.assert_array_equal(answer, [5 * value] * 2)
    assert device.calls.count("record") == 1
    assert device.calls.count("replay") == 3
    assert len(device.shapes) == 2, "one buffer for each input, allocated once"


def test_inputs_are_in_the_buffers_before_the_replay_and_outputs_out_after_it():
    device = PaperDevice()
    run = sums(device)
    run(*batch(2, 5))
    device.calls.clear()
    run(*batch(2, 5))
    assert device.calls == ["upload", "upload", "replay", "download"]


def test_rows_are_padded_to_few_shapes_and_cut_off_again():
    device = PaperDevice()
    run = sums(device)
    for rows in (3, 4):
        (answer,) = run(*batch(rows, 5))
        assert answer.shape == (rows,)
    assert device.calls.count("record") == 1


def test_more_rows_than_the_largest_batch_run_one_after_the_other():
    device = PaperDevice()
    ids = np.arange(20, dtype=np.int64).reshape(20, 1)
    (answer,) = sums(device)(ids, np.ones_like(ids))
    np.testing.assert_array_equal(answer, np.arange(20))
    assert device.calls.count("download") == 3
    assert device.calls.count("record") == 2, "8 rows twice, then 4"


def test_lengths_are_padded_to_those_that_are_prepared():
    prepared: list[int | None] = []
    device = PaperDevice()
    run = sums(device, (8, 16), prepared=prepared)
    for length in (3, 8, 9):
        (answer,) = run(*batch(1, length))
        np.testing.assert_array_equal(answer, [length])
    assert prepared == [8, 16]
    assert set(device.shapes) == {(1, 8), (1, 16)}


def test_longer_than_what_is_prepared_is_refused():
    with pytest.raises(ValueError, match="at most 16 tokens, got 17"):
        sums(PaperDevice(), (8, 16))(*batch(1, 17))


def test_answers_belong_to_the_caller():
    run = sums(PaperDevice())
    (first,) = run(*batch(2, 5, 1))
    run(*batch(2, 5, 9))
    np.testing.assert_array_equal(first, [5, 5])


def test_the_shape_used_longest_ago_goes_first():
    device = PaperDevice()
    run = sums(device)
    for length in range(1, MAX_SHAPES + 1):
        run(*batch(1, length))
    run(*batch(1, 1))
    run(*batch(1, MAX_SHAPES + 1))
    before = device.calls.count("record")
    run(*batch(1, 1))
    assert device.calls.count("record") == before, "it was used a moment ago"
    run(*batch(1, 2))
    assert device.calls.count("record") == before + 1, "it had to go"


def test_inputs_that_do_not_fit_the_graph_are_refused():
    with pytest.raises(ValueError, match="sums"):
        sums(PaperDevice())(np.ones((1, 2), np.float32), np.ones((1, 2), np.int64))
