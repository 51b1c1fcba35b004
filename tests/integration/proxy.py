"""A TCP proxy that a test can cut, stall and point somewhere else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from emopic_client import wire


class Proxy:
    """Passes bytes between clients and `target`. `url` stays the same whatever happens behind.

    `cut_after` may give each new connection a number of bytes (both ways together) after which it
    is cut in the middle of whatever it was saying; None lets it live.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.connections = 0
        self.cut_after: Callable[[], int | None] = lambda: None
        self.accepting = True
        self.flowing = asyncio.Event()  # while it is clear, connections stand and pass nothing
        self.flowing.set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{wire.PATH}"

    def cut(self) -> None:
        """Reset every connection now; what was on its way is lost."""
        for writer in self._open:
            writer.transport.abort()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if not self.accepting:
            writer.transport.abort()
            return
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, far_writer}
        self._open |= pair
        budget = Budget(self.cut_after())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pump(reader, far_writer, budget, self.flowing))
                group.create_task(pump(far_reader, writer, budget, self.flowing))
        except* (OSError, EOFError):
            pass
        finally:
            for one in pair:
                one.transport.abort()
            self._open -= pair


class Budget:
    """Bytes left to pass."""

    def __init__(self, left: int | None) -> None:
        self.left = left

    def take(self, data: bytes) -> bytes:
        if self.left is None:
            return data
        passed = data[: self.left]
        self.left -= len(passed)
        return passed


async def pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    budget: Budget,
    flowing: asyncio.Event,
) -> None:
    """Pass bytes until one side ends or the budget is spent; ends by raising."""
    while data := await reader.read(4096):
        await flowing.wait()
        writer.write(budget.take(data))
        await writer.drain()
        if budget.left == 0:
            raise EOFError("cut")
    raise EOFError("ended")


@contextlib.asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
