"""Where no session can be opened, the client says why, in time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from tests.fakes import FakeEngine, Gate
from tests.integration.talker import running
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

import emopic_client
from emopic_client import wire

TOKEN = "correct horse"
SUBPROTOCOLS = [Subprotocol(name) for name in wire.SUBPROTOCOLS]


async def test_the_right_token() -> None:
    async with (
        running(token=TOKEN) as server,
        emopic_client.connect(server.ws, token=TOKEN) as client,
    ):
        assert client.hello.auth


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x"])
async def test_a_wrong_token_is_refused_for_good(token: str | None) -> None:
    async with running(token=TOKEN) as server:
        with pytest.raises(emopic_client.Refused) as caught:
            async with emopic_client.connect(server.ws, token=token):
                pass
    assert caught.value.code == wire.AUTH_FAILED.code


async def test_a_foreign_origin_is_refused() -> None:
    async with running() as server:
        with pytest.raises(emopic_client.Refused) as caught:
            async with emopic_client.connect(server.ws, origin="https://evil.example"):
                pass
    assert caught.value.code == 403


async def test_a_server_that_warms_up_is_not_there_yet() -> None:
    gate = Gate()
    gate.close()
    async with running(FakeEngine(warm=gate), wait=False) as server:
        with pytest.raises(emopic_client.ConnectError, match="503") as caught:
            async with emopic_client.connect(server.ws):
                pass
    assert not isinstance(caught.value, emopic_client.Refused)


async def test_nobody_there() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with pytest.raises(emopic_client.ConnectError, match=f"127.0.0.1:{port}"):
            async with emopic_client.connect(f"ws://127.0.0.1:{port}"):
                pass


@pytest.fixture
async def mute() -> AsyncIterator[str]:
    """A port that accepts connections and never says a word."""
    held = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append((reader, writer))

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for _, writer in held:
        writer.transport.abort()
    await asyncio.sleep(0)


async def test_no_answer_to_the_handshake(mute: str) -> None:
    with pytest.raises(emopic_client.ConnectError, match=r"0\.2 s"):
        async with emopic_client.connect(mute, timeout=0.2):
            pass


async def test_a_websocket_without_a_hello() -> None:
    async def silent(peer: ServerConnection) -> None:
        await peer.wait_closed()

    async with serve(silent, "127.0.0.1", 0, subprotocols=SUBPROTOCOLS) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(emopic_client.ConnectError, match=r"0\.2 s"):
            async with emopic_client.connect(f"ws://127.0.0.1:{port}", timeout=0.2):
                pass


@pytest.mark.parametrize("data", [b"\xc1", "hello", b"\x81\xa4type\xa5dance"])
async def test_a_server_that_speaks_something_else(data: bytes | str) -> None:
    async def babble(peer: ServerConnection) -> None:
        await peer.send(data)
        await peer.wait_closed()

    async with serve(babble, "127.0.0.1", 0, subprotocols=SUBPROTOCOLS) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(emopic_client.Refused, match="unreadable"):
            async with emopic_client.connect(f"ws://127.0.0.1:{port}"):
                pass


async def test_too_many_connections_for_one_token() -> None:
    async with (
        running(limits={"connections_per_token": 1}) as server,
        emopic_client.connect(server.ws),
    ):
        with pytest.raises(emopic_client.Refused) as caught:
            async with emopic_client.connect(server.ws):
                pass
    assert caught.value.code == wire.TOO_MANY_CONNECTIONS.code
