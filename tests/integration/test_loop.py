"""One event loop for everybody: nothing blocks it, and it serves a thousand watchers."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import Iterator

import httpx
import pytest
from blockbuster import BlockingError, blockbuster_ctx
from tests.integration.engine_process import QUICK, fake_source, kill, until_back, workers
from tests.integration.talker import Talker, running
from tests.integration.watchers import Watcher

from emopic_client import wire
from emopic_server.bench.noop import NoopEngine
from emopic_server.io.worker import EngineSource

WATCHERS = 1000
SMALL = wire.FrameOptions(size=32, fps=10)


async def conversation(talker: Talker, http: str) -> None:
    """A little of everything."""
    await talker.put("a")
    await talker.put("b", face=picture())
    await talker.send(wire.Watch(character="a", frames=SMALL, blendshapes="arkit", text=True))
    for number, text in enumerate(("기쁘다", "!engine", "슬프다", "")):
        await talker.say(text, str(number))
    await talker.send(wire.Express(character="b", expression={"joy": 1.0}))
    async with asyncio.timeout(10):
        while len([m for m in talker.seen if isinstance(m, wire.Frame)]) < 3:
            await talker.receive()
    async with httpx.AsyncClient() as client:
        for page in ("/", "/healthz", "/readyz", "/metrics"):
            assert (await client.get(http + page)).status_code == 200
    await talker.send(wire.CharacterDrop(character="b"))


def picture() -> bytes:
    import cv2
    import numpy as np

    image = np.zeros((64, 64, 3), np.uint8)
    image[16:48, 16:48] = 200
    return bytes(cv2.imencode(".png", image)[1])


@pytest.mark.parametrize("source", [None, fake_source()], ids=["thread", "process"])
async def test_no_call_of_ours_blocks_the_loop(source: EngineSource | None) -> None:
    """No file, socket, lock, sleep or process is waited for where the loop runs."""
    async with running(source) as server, server.session() as talker:
        with blockbuster_ctx("emopic_server"):
            await conversation(talker, server.http)


async def test_starting_an_engine_again_does_not_block_the_loop() -> None:
    async with running(fake_source(), worker=QUICK) as server, server.session() as talker:
        await talker.put("a")
        with blockbuster_ctx("emopic_server"):
            await until_back(server, kill(server))
            await talker.say("기쁘다", "1")
            await talker.expect(wire.Emotion)
        assert workers(server)[0].restarts == 1


async def test_the_detector_sees_a_blocking_call() -> None:
    """A detector that finds nothing anywhere is no detector."""
    from emopic_server.io.hosting import child

    with blockbuster_ctx("emopic_server"), pytest.raises(BlockingError):
        child.resident()


@pytest.fixture
def many_files() -> Iterator[None]:
    """Both ends of every connection are in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * WATCHERS + 512
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this needs {wanted} open files, and the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no RLIMIT_NOFILE")
@pytest.mark.usefixtures("many_files")
async def test_a_thousand_watchers() -> None:
    """Each of them gets every emotion, and a frame of the last line."""
    limits = {"connections_per_token": WATCHERS + 10, "ping_s": 600.0}
    async with running(NoopEngine(), limits=limits) as server, server.session() as talker:
        await talker.put("a", builtin="noop", shared=True)
        port = int(server.http.rsplit(":", 1)[1])
        loop = asyncio.get_running_loop()
        watchers: list[Watcher] = []
        try:
            for _ in range(WATCHERS):
                _, watcher = await loop.create_connection(
                    lambda: Watcher(port, "a", SMALL), "127.0.0.1", port
                )
                watchers.append(watcher)
            async with asyncio.timeout(60):
                for watcher in watchers:
                    await watcher.until(lambda w=watcher: bool(w.frames))  # type: ignore[misc]
                for number in "123":
                    await talker.say("기쁘다", number)
                    await talker.expect(wire.Emotion, line=number)
                for watcher in watchers:
                    await watcher.until(  # type: ignore[misc]
                        lambda w=watcher: w.emotions == ["1", "2", "3"] and w.frames[-1] is not None
                    )
            assert not any(watcher.lost for watcher in watchers)
            assert len(server.server.workers()) == 1
        finally:
            for watcher in watchers:
                watcher.close()
