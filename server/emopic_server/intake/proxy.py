"""The way out for a browser: an HTTP proxy on this machine that dials checked addresses only.

The browser is told to send everything through it and to resolve no name itself. Whatever a page
asks for, from a script, a frame, a redirect or a websocket, is checked here as the first address
was: read strictly, resolved once, and dialled at the address that was checked. Bytes, connections
and time are bounded; a tunnel ends with the proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from emopic_server.errors import Refusal
from emopic_server.intake.addresses import Address, read
from emopic_server.intake.dial import Dialler

log = logging.getLogger(__name__)

_HEAD_BYTES: Final = 32 * 1024
_HEAD_S: Final = 10.0
_PART: Final = 64 * 1024
_HOP: Final = (b"connection", b"keep-alive", b"proxy-", b"upgrade", b"te:")
_REFUSED: Final = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TUNNEL: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"


class CheckingProxy:
    """`async with CheckingProxy(dialler) as proxy`: listens on `127.0.0.1:proxy.port`.

    `passed` and `refused` count connections. Over `most_bytes` in both directions together, or
    `most_connections` at once, connections are cut or refused.
    """

    def __init__(
        self,
        dialler: Dialler,
        *,
        most_bytes: int = 64 * 1024 * 1024,
        most_connections: int = 48,
    ) -> None:
        self.port = 0
        self.passed = 0
        self.refused = 0
        self._dialler = dialler
        self._bytes_left = most_bytes
        self._most = most_connections
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> CheckingProxy:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0, limit=_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if len(self._tasks) > self._most:
                raise Refusal("busy", "too many connections at once")
            await self._serve(reader, writer)
        except Refusal as refusal:
            self.refused += 1
            log.debug("a page was refused a connection: %s", refusal.code)
            await _say(writer, _REFUSED)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.refused += 1  # not HTTP, or gone
        except asyncio.CancelledError:
            pass  # the capture is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_S):
            head = await reader.readuntil(b"\r\n\r\n")
        method, target = _request_line(head)
        tunnel = method == "CONNECT"
        address = read(f"https://{target}/" if tunnel else target)
        if not tunnel and address.scheme != "http":
            raise Refusal("address_refused", "only http goes without a tunnel")
        up_reader, up_writer = await self._dialler.connect(address)
        self.passed += 1
        try:
            await _say(
                writer if tunnel else up_writer, _TUNNEL if tunnel else _rewrite(head, address)
            )
            await self._pipe_both(reader, writer, up_reader, up_writer)
        finally:
            up_writer.close()

    async def _pipe_both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        """Until the far end is done; what the browser still wants to say is then of no use."""
        upward = asyncio.create_task(self._pipe(reader, up_writer))
        try:
            await self._pipe(up_reader, writer)
        finally:
            upward.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await upward

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self._bytes_left > 0 and (part := await reader.read(_PART)):
            self._bytes_left -= len(part)
            await _say(writer, part)


async def _say(writer: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(OSError):
        writer.write(data)
        await writer.drain()


def _request_line(head: bytes) -> tuple[str, str]:
    method, target, _version = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
    return method, target


def _rewrite(head: bytes, address: Address) -> bytes:
    """The request as an origin server expects it, for one answer only."""
    method, _ = _request_line(head)
    lines = head.split(b"\r\n\r\n", 1)[0].split(b"\r\n")[1:]
    kept = [line for line in lines if not line.lower().startswith((b"host:", *_HOP))]
    first = f"{method} {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close"
    return b"\r\n".join((first.encode(), *kept)) + b"\r\n\r\n"
