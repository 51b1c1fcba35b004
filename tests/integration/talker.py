"""A server in this event loop and a client that says exactly what a test wants it to say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import msgspec
from tests.fakes import FakeEngine
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from emopic_client import wire
from emopic_server.config import ServerConfig
from emopic_server.io.app import Server
from emopic_server.io.worker import EngineLike, EngineMaker, EngineSource

PATIENCE_S = 10.0
M = TypeVar("M")


@dataclass
class Running:
    """A server that runs, and the fake engine under it (an idle one if it has a real engine)."""

    server: Server
    engine: FakeEngine
    task: asyncio.Task[None]

    @property
    def http(self) -> str:
        return self.server.url.rstrip("/")

    @property
    def ws(self) -> str:
        return self.http.replace("http://", "ws://") + wire.PATH

    @contextlib.asynccontextmanager
    async def connect(
        self, encoding: wire.Encoding = "msgpack", **more: Any
    ) -> AsyncIterator[Talker]:
        """A websocket that has said nothing yet."""
        protocols = [Subprotocol(p) for p in wire.SUBPROTOCOLS if wire.encoding_of(p) == encoding]
        async with connect(
            self.ws, subprotocols=protocols, compression=None, max_size=None, max_queue=None, **more
        ) as ws:
            yield Talker(ws, encoding)

    @contextlib.asynccontextmanager
    async def session(self, **identify: Any) -> AsyncIterator[Talker]:
        """A websocket whose session is ready."""
        async with self.connect() as talker:
            await talker.open(**identify)
            yield talker


class Talker:
    """Sends and receives wire messages; what a test waits for has to come in time."""

    def __init__(self, ws: ClientConnection, encoding: wire.Encoding) -> None:
        self.ws = ws
        self.encoding = encoding
        self.seen: list[wire.ServerMessage] = []

    async def open(self, **identify: Any) -> wire.Ready:
        """Say hello and wait for `ready`."""
        await self.expect(wire.Hello)
        await self.send(wire.Identify(client="test", **identify))
        return await self.expect(wire.Ready)

    async def send(self, message: wire.ClientMessage) -> None:
        data = wire.encode(message, self.encoding)
        await self.ws.send(data, text=self.encoding == "json")

    async def send_map(self, **fields: Any) -> None:
        """Send what no struct of ours would say."""
        await self.ws.send(msgspec.msgpack.encode(fields))

    async def receive(self) -> wire.ServerMessage:
        data = await asyncio.wait_for(self.ws.recv(), PATIENCE_S)
        message = wire.decode_server(data, self.encoding)
        self.seen.append(message)
        return message

    async def expect(self, kind: type[M], **fields: Any) -> M:
        """The next message of this kind with these fields; others are passed over, errors not."""
        while True:
            message = await self.receive()
            if isinstance(message, kind):
                if all(getattr(message, name) == value for name, value in fields.items()):
                    return message
            elif isinstance(message, wire.Error):
                raise AssertionError(f"an error came: {message}")

    async def refused(self, code: str) -> wire.Error:
        """The next error, which has to have this code."""
        error = await self.expect(wire.Error)
        assert error.code == code, error
        return error

    async def closed(self) -> wire.Bye:
        """Read to the end; the server says bye with the code it closes with."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.receive()
        bye = self.seen[-1]
        assert isinstance(bye, wire.Bye)
        assert self.ws.close_code == bye.code
        return bye

    async def put(self, character: str = "a", **fields: Any) -> wire.CharacterReady:
        if "face" not in fields:
            fields.setdefault("builtin", "haru")
        await self.send(wire.CharacterPut(character=character, **fields))
        return await self.expect(wire.CharacterReady, character=character)

    async def say(self, text: str, line: str = "1", character: str = "a", **more: Any) -> None:
        await self.send(wire.Line(character=character, id=line, text=text, **more))

    async def alive(self) -> None:
        """The session still answers."""
        await self.send(wire.Ping(token="alive?"))
        await self.expect(wire.Pong, token="alive?")


def _given(engine: EngineLike) -> EngineLike:
    return engine


@contextlib.asynccontextmanager
async def running(
    engine: EngineLike | EngineSource | None = None, *, wait: bool = True, **options: Any
) -> AsyncIterator[Running]:
    """A server on a free port, ready unless `wait` is false, stopped in the end.

    An engine runs in a thread of this process, an engine source in processes.
    """
    fake = FakeEngine()
    engine = engine or fake
    limits = msgspec.structs.replace(
        wire.Limits(messages_per_minute=100_000, messages_burst=10_000), **options.pop("limits", {})
    )
    config = ServerConfig.load(port=0, limits=limits, **options)
    ready = asyncio.Event()
    maker: EngineMaker = engine if isinstance(engine, EngineSource) else partial(_given, engine)
    server = Server(config, maker, lambda _url: ready.set())
    task = asyncio.create_task(server.run())
    try:
        started = ready.wait() if wait else server.bound()
        waiter = asyncio.create_task(started)
        await asyncio.wait({waiter, task}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            waiter.cancel()
            task.result()
        yield Running(server, engine if isinstance(engine, FakeEngine) else fake, task)
    finally:
        if isinstance(engine, FakeEngine):
            for gate in (engine.warm, engine.classifying, engine.rendering):
                gate.open()
        if not task.done():
            server.stop()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(task, PATIENCE_S)
