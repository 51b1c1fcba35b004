"""What comes of a batch when the engine refuses, fails or breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from tests.fakes import FakeEngine, FakeFace, FakeScores, Gate

from emopic_engine.errors import DeviceError, DeviceLost, EngineError, OutOfMemory
from emopic_server.core.work import Classify, Done, Failed, LineJob, Register, RegisterJob
from emopic_server.errors import WorkerDied
from emopic_server.io.worker import EngineLike, Listener, ThreadHost, perform


def lines(*texts: str) -> Classify:
    return Classify(
        tuple(LineJob("s", ("s", "a"), text, text, False, 0.0, 0.0, text) for text in texts)
    )


def codes(results: Sequence[object]) -> list[str]:
    return [result.code if isinstance(result, Failed) else "ok" for result in results]


def test_one_bad_line_fails_alone() -> None:
    assert codes(perform(FakeEngine(), lines("기쁘다", "!engine", "슬프다"))) == [
        "ok",
        "line_empty",
        "ok",
    ]


def test_the_device_fails_the_batch() -> None:
    assert codes(perform(FakeEngine(), lines("a", "!device"))) == ["device", "device"]


def test_a_bug_fails_the_batch_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    results = perform(FakeEngine(), lines("!bug"))
    assert codes(results) == ["engine"]
    assert isinstance(results[0], Failed)
    assert "a bug in the engine" not in results[0].message, "not safe to show"
    assert "a bug in the engine" in caplog.text


def test_faces() -> None:
    engine = FakeEngine()
    (face,) = perform(engine, Register(RegisterJob("s", ("s", "a"), 1, None, "mina")))
    assert isinstance(face, FakeFace)
    assert codes(perform(engine, Register(RegisterJob("s", ("s", "a"), 1, b"x", None)))) == [
        "picture_format"
    ]


def test_codes_that_are_not_on_the_wire_become_engine() -> None:
    class Odd(FakeEngine):
        def classify(self, _lines: Sequence[str]) -> list[object]:  # type: ignore[override]
            raise EngineError("odd", code="odd")

    assert codes(perform(Odd(), lines("a"))) == ["engine"]


def test_a_wrong_number_of_results_is_the_end() -> None:
    class Short(FakeEngine):
        def classify(self, _lines: Sequence[str]) -> list[object]:  # type: ignore[override]
            return []

    with pytest.raises(WorkerDied, match="0 results for 1 jobs"):
        perform(Short(), lines("a"))


@pytest.mark.parametrize("error", [MemoryError("too much"), OutOfMemory("too much")])
def test_what_is_too_much_at_once_is_done_in_parts(error: Exception) -> None:
    class Small(FakeEngine):
        def classify(self, lines: Sequence[str]) -> list[FakeScores | EngineError]:
            if len(lines) > 2 or "!huge" in lines:
                raise error
            return super().classify(lines)

    engine = Small()
    results = perform(engine, lines("a", "b", "!huge", "c", "d"))
    assert codes(results) == ["ok", "ok", "device", "ok", "ok"]
    assert engine.batches == [["a", "b"], ["c", "d"]]


def test_nothing_is_believed_of_an_engine_that_has_lost_its_device() -> None:
    class Lost(FakeEngine):
        def classify(self, lines: Sequence[str]) -> list[FakeScores | EngineError]:
            return [*super().classify(lines[1:]), DeviceLost("illegal access")]

    with pytest.raises(DeviceLost):
        perform(Lost(), lines("a", "b"))


class Events:
    """What the host has told, in order."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[object] = asyncio.Queue()

    def host(self, engine: EngineLike | None) -> ThreadHost:
        def factory() -> EngineLike:
            if engine is None:
                raise DeviceError("no device", code="device")
            return engine

        put = self.queue.put_nowait
        listener = Listener(
            ready=put,
            done=lambda _worker, done: put(done),
            away=lambda *_: put("away"),
            back=lambda _: put("back"),
            death=put,
        )
        host = ThreadHost(factory, listener)
        host.start()
        return host

    async def next(self) -> object:
        return await asyncio.wait_for(self.queue.get(), 10)


async def test_work_comes_back_in_order() -> None:
    events = Events()
    engine = FakeEngine()
    host = events.host(engine)
    assert await events.next() is engine
    for text in "abc":
        assert list(host.free()) == [0]
        host.submit(0, lines(text))
        assert host.busy
        assert not host.free()
        done = await events.next()
        assert isinstance(done, Done)
        assert done.work == lines(text)
        assert done.started <= done.finished
    await host.close()
    assert await asyncio.to_thread(host.join, 5)


async def test_an_engine_that_cannot_be_loaded() -> None:
    events = Events()
    host = events.host(None)
    assert isinstance(await events.next(), DeviceError)
    assert await asyncio.to_thread(host.join, 5)


async def test_stopping_does_not_wait_for_a_warm_up() -> None:
    warm = Gate()
    warm.close()
    events = Events()
    host = events.host(FakeEngine(warm=warm))
    await asyncio.to_thread(warm.waiting.wait, 5)
    await host.close()
    assert not await asyncio.to_thread(host.join, 0.01)
    warm.open()
    assert await asyncio.to_thread(host.join, 5)
