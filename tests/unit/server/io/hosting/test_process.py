"""Faces between the server and the processes of its host."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.fakes import FakeEngine
from tests.integration.engine_process import fake_source

from emopic_server.core.supervision import Patience
from emopic_server.core.work import (
    Classify,
    Done,
    FrameJob,
    LineJob,
    Register,
    RegisterJob,
    Render,
    Work,
)
from emopic_server.io.hosting import messages
from emopic_server.io.hosting.child import Desk
from emopic_server.io.hosting.process import ProcessHost, RemoteFace
from emopic_server.io.worker import AboutEngine, Listener


class Client:
    """A host with two processes, and one who waits for what it tells."""

    def __init__(self) -> None:
        self.ready: asyncio.Future[AboutEngine] = asyncio.get_running_loop().create_future()
        self.told: asyncio.Queue[Done] = asyncio.Queue()
        listener = Listener(
            ready=self.ready.set_result,
            done=lambda _worker, done: self.told.put_nowait(done),
            away=lambda *_: None,
            back=lambda _: None,
            death=self.ready.set_exception,
        )
        self.host = ProcessHost(fake_source(2), Patience(), listener)

    async def do(self, worker: int, work: Work) -> Done:
        self.host.submit(worker, work)
        return await asyncio.wait_for(self.told.get(), 20)

    async def face(self, worker: int) -> RemoteFace:
        job = RegisterJob("s", ("s", "a"), 1, None, "haru")
        (face,) = (await self.do(worker, Register(job))).results
        assert isinstance(face, RemoteFace)
        return face

    async def render(self, worker: int, face: RemoteFace) -> object:
        (result,) = (await self.do(worker, Render((frame(face),)))).results
        return result

    def holders(self) -> list[set[int]]:
        return [set(worker.faces) for worker in self.host._workers]


def frame(face: RemoteFace) -> FrameJob:
    return FrameJob(
        face=face,
        expression=(0.0,) * 6,
        size=32,
        format="png",
        quality=85,
        patch=False,
        character=("s", "a"),
        view=1,
        generation=1,
        n=1,
        line=None,
        owner="s",
    )


@asynccontextmanager
async def client() -> AsyncIterator[Client]:
    one = Client()
    one.host.start()
    try:
        await asyncio.wait_for(one.ready, 60)
        yield one
    finally:
        await one.host.close()


async def test_a_face_moves_to_the_worker_that_is_asked_for_it() -> None:
    async with client() as one:
        assert list(one.host.free()) == [0, 1]
        assert (await one.ready).info.device == "2 × none"
        face = await one.face(0)
        number = face.origin.face
        assert one.holders() == [{number}, set()]
        here = await one.render(0, face)
        there = await one.render(1, face)
        assert isinstance(here, messages.Drawn)
        assert isinstance(there, messages.Drawn)
        assert here.data == there.data, "made of the same"
        assert one.holders() == [set(), {number}]


async def test_a_face_that_nobody_holds_is_forgotten_everywhere() -> None:
    async with client() as one:
        face = await one.face(0)
        assert one.holders() == [{face.origin.face}, set()]
        del face
        gc.collect()
        assert one.holders() == [set(), set()]


async def test_large_pictures_are_those_that_were_drawn() -> None:
    """One that lies on the tray, rendered by either process."""
    async with client() as one:
        face = await one.face(0)
        jobs = [replace(frame(face), size=size, format="raw") for size in (8, 256)]
        done = [await one.do(worker, Render(tuple(jobs))) for worker in (0, 1, 0)]
        sizes = [[len(drawn.data) for drawn in each.results] for each in done]
        assert sizes == [[8 * 8 * 4, 256 * 256 * 4]] * 3
        assert done[0].results == done[1].results == done[2].results


async def test_times_are_those_of_the_server() -> None:
    async with client() as one:
        done = await one.do(0, Classify((LineJob("s", ("s", "a"), "1", "a", False, 0, 0, "a"),)))
        assert 0.0 < done.finished - done.started < 20.0


def test_a_face_that_cannot_be_made_fails_its_frames_alone() -> None:
    desk = Desk(FakeEngine())
    order = messages.Frames(
        [
            messages.FrameOrder(1, (0.0,) * 6, 32, "png", 85, False),
            messages.FrameOrder(2, (0.0,) * 6, 32, "png", 85, False),
        ],
        [messages.Face(1, b"no picture", None), messages.Face(2, None, "haru")],
    )
    for again in (order, messages.Frames(order.frames)):
        answer = desk.do(again)
        assert answer is not None
        refused, drawn = answer.outcomes
        assert isinstance(refused, messages.Refused)
        assert refused.code == "picture_format"
        assert isinstance(drawn, messages.Drawn)
