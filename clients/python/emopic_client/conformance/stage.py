"""The server of the kit: it says what a scenario tells it to, and keeps what the client said."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from emopic_client import wire
from emopic_client.conformance.broken import BrokenRule, check

M = TypeVar("M")

HELLO: Final = wire.Hello(
    server="emopic conformance",
    emotions=tuple(
        wire.EmotionLabel(id=name, ko=ko)
        for name, ko in (
            ("joy", "기쁨"),
            ("anger", "분노"),
            ("anxiety", "불안"),
            ("neutral", "중립"),
            ("sadness", "슬픔"),
            ("surprise", "놀람"),
        )
    ),
    engine=wire.EngineInfo(
        backend="none",
        device="none",
        precision="none",
        text_model="script",
        face_model="script",
        versions={},
    ),
    builtins=(wire.Builtin(id="haru", name="Haru", ko="하루"),),
    limits=wire.Limits(),
    auth=False,
)


class Peer:
    """One connection of the client under test. A task reads it all the time and answers `ping`."""

    def __init__(self, ws: ServerConnection, patience: float) -> None:
        self.ws = ws
        self.said: list[wire.ClientMessage] = []
        self._patience = patience
        self._waiting: asyncio.Queue[wire.ClientMessage | BrokenRule | None] = asyncio.Queue()

    async def read(self) -> None:
        """Take in messages until the connection ends; called by the stage."""
        try:
            async for data in self.ws:
                await self._take(data)
        except ConnectionClosed:
            pass
        finally:
            self._waiting.put_nowait(None)

    async def _take(self, data: str | bytes) -> None:
        try:
            message = wire.decode_client(data)
        except wire.WireError as error:
            self._waiting.put_nowait(
                BrokenRule(f"the client sent what cannot be read: {error.message}: {data[:80]!r}")
            )
            return
        if isinstance(message, wire.Ping):
            await self.send(wire.Pong(token=message.token))
            return
        self.said.append(message)
        self._waiting.put_nowait(message)

    async def next(self) -> wire.ClientMessage:
        """The next message that is not a ping."""
        try:
            async with asyncio.timeout(self._patience):
                message = await self._waiting.get()
        except TimeoutError:
            raise BrokenRule(f"the client said nothing for {self._patience:g} s") from None
        if message is None:
            raise BrokenRule("the client closed the connection")
        if isinstance(message, BrokenRule):
            raise message
        return message

    async def expect(self, kind: type[M], **fields: Any) -> M:
        """The next message of this kind with these fields; others are passed over."""
        seen: list[str] = []
        while True:
            try:
                message = await self.next()
            except BrokenRule as error:
                wanted = f"{kind.__name__}({', '.join(f'{k}={v!r}' for k, v in fields.items())})"
                heard = f"; it said {', '.join(seen[-3:])}" if seen else ""
                raise BrokenRule(f"expected {wanted}: {error}{heard}") from None
            if isinstance(message, kind) and _has(message, fields):
                return message
            seen.append(repr(message)[:120])

    async def silent(self, seconds: float) -> None:
        """The client must not say anything for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                message = await self._waiting.get()
                check(message is None, f"the client spoke too early: {message!r}")

    async def send(self, *messages: wire.ServerMessage) -> None:
        """Say something; a client that is gone is noticed by what comes next."""
        for message in messages:
            await self.send_bytes(wire.encode(message))

    async def send_map(self, fields: dict[str, Any]) -> None:
        """Say what no struct of ours would."""
        await self.send_bytes(msgspec.msgpack.encode(fields))

    async def send_bytes(self, data: bytes | str | Iterable[bytes]) -> None:
        """Send raw bytes, text, or one message in fragments."""
        with contextlib.suppress(ConnectionClosed):
            await self.ws.send(data)

    async def close(self, code: int, reason: str = "", *, bye: bool | None = None) -> None:
        """Close, after a `bye` that says whether to reconnect, unless `bye` is None."""
        if bye is not None:
            await self.send(wire.Bye(code=code, reason=reason, reconnect=bye))
        await self.ws.close(code, reason)

    def cut(self) -> None:
        """Reset the connection; what was on its way is lost."""
        self.ws.transport.abort()


class Stage:
    """Listens at `url` and hands out connections in their order."""

    def __init__(self, server: Server, url: str, patience: float) -> None:
        self.url = url
        self.refuse = 0  # so many handshakes are answered with 503
        self._server = server
        self._patience = patience
        self._arrived: asyncio.Queue[Peer] = asyncio.Queue()

    async def accept(self) -> Peer:
        """The next connection; its client has said nothing yet, or should not have."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._arrived.get()
        except TimeoutError:
            raise BrokenRule(f"the client did not connect within {self._patience:g} s") from None

    async def nobody(self, seconds: float) -> None:
        """Nobody must come for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._arrived.get()
                raise BrokenRule("the client came back, and must not")

    def forget(self) -> None:
        """A scenario begins: cut what is left of the last one."""
        self.refuse = 0
        for ws in self._server.connections:
            ws.transport.abort()
        while not self._arrived.empty():
            self._arrived.get_nowait()

    async def _handle(self, ws: ServerConnection) -> None:
        peer = Peer(ws, self._patience)
        self._arrived.put_nowait(peer)
        await peer.read()

    def _gate(self, ws: ServerConnection, _request: Request) -> Response | None:
        if self.refuse > 0:
            self.refuse -= 1
            return ws.respond(HTTPStatus.SERVICE_UNAVAILABLE, "starting\n")
        return None


@contextlib.asynccontextmanager
async def staged(host: str, port: int, patience: float) -> AsyncIterator[Stage]:
    """A stage that listens, on any free port if `port` is 0. Raises `OSError` where it cannot."""
    stages: list[Stage] = []

    async def handle(ws: ServerConnection) -> None:
        await stages[0]._handle(ws)

    def gate(ws: ServerConnection, request: Request) -> Response | None:
        return stages[0]._gate(ws, request)

    async with serve(
        handle,
        host,
        port,
        process_request=gate,
        subprotocols=[Subprotocol(wire.MSGPACK_SUBPROTOCOL)],
        select_subprotocol=_choose,
        compression=None,
        max_size=8 * 1024 * 1024,
        ping_interval=None,
        close_timeout=1.0,
    ) as server:
        bound = next(iter(server.sockets)).getsockname()[1]
        stages.append(Stage(server, f"ws://{host}:{bound}{wire.PATH}", patience))
        yield stages[0]
        stages[0].forget()


def _choose(_ws: ServerConnection, offered: Any) -> Subprotocol | None:
    wanted = Subprotocol(wire.MSGPACK_SUBPROTOCOL)
    return wanted if wanted in offered else None


def _has(message: object, fields: dict[str, Any]) -> bool:
    return all(getattr(message, name) == value for name, value in fields.items())
