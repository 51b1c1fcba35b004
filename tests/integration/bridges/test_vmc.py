"""VMC and iFacialMocap, from a line to the datagrams that a receiver gets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from pythonosc.osc_packet import OscPacket
from tests.integration.talker import running

import emopic_client
from emopic_client.bridges.ifacialmocap import IFacialMocapSender
from emopic_client.bridges.shapes import ShapeNames
from emopic_client.bridges.target import Target
from emopic_client.bridges.ticking import tick
from emopic_client.bridges.vmc import VmcSender


class Receiver(asyncio.DatagramProtocol):
    """What an avatar program hears: datagrams, whole."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.port = 0

    def datagram_received(self, data: bytes, _addr: Any) -> None:
        self.heard.put_nowait(data)

    async def messages(self) -> AsyncIterator[tuple[str, list[Any]]]:
        while True:
            data = await asyncio.wait_for(self.heard.get(), 10)
            for timed in OscPacket(data).messages:
                yield timed.message.address, list(timed.message.params)

    async def until(self, name: str, least: float, most: float) -> None:
        """Wait for a weight within bounds."""
        async for address, params in self.messages():
            if address == "/VMC/Ext/Blend/Val" and params[0] == name and least <= params[1] <= most:
                return


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    loop = asyncio.get_running_loop()
    transport, heard = await loop.create_datagram_endpoint(Receiver, ("127.0.0.1", 0))
    heard.port = transport.get_extra_info("sockname")[1]
    try:
        yield heard
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def headed(character: str, names: ShapeNames) -> AsyncIterator[Receiver]:
    """A receiver whom a bridge tells about a character."""
    async with (
        running() as server,
        receiver() as avatar,
        Target(server.ws, character=character).open("test") as client,
    ):
        sender = VmcSender("127.0.0.1", avatar.port)
        task = asyncio.create_task(tick(client, character, names, sender, fps=120))
        try:
            yield avatar
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_a_line_moves_a_vrm_avatar_and_the_end_lets_go() -> None:
    async with running() as server, receiver() as avatar:
        target = Target(server.ws, character="minji", builtin="haru")
        async with target.open("test") as client:
            sender = VmcSender("127.0.0.1", avatar.port)
            task = asyncio.create_task(tick(client, "minji", "vrm0", sender, fps=60))
            await avatar.until("Joy", 0.0, 0.0)
            async with emopic_client.connect(server.ws) as talker:
                assert (await talker.line("minji", "너무 좋아")).top == "joy"
            await avatar.until("Joy", 0.5, 1.0)
            task.cancel()
            await asyncio.wait([task])
        last: dict[str, float] = {}
        while not avatar.heard.empty():
            for timed in OscPacket(avatar.heard.get_nowait()).messages:
                if timed.message.address == "/VMC/Ext/Blend/Val":
                    last[timed.message.params[0]] = timed.message.params[1]
        assert {"Joy", "Angry", "Sorrow", "Fun", "Surprised"} <= set(last)
        assert set(last.values()) == {0.0}, "zeros at the end"


async def test_each_tick_is_whole_and_time_goes_on() -> None:
    times, kinds = [], set()
    async with headed("haru", "vrm1") as avatar:
        async for address, params in avatar.messages():
            kinds.add(address)
            if address == "/VMC/Ext/OK":
                assert params == [1]
            if address == "/VMC/Ext/T":
                times.append(params[0])
                if len(times) == 5:
                    break
    assert times == sorted(times)
    assert kinds == {f"/VMC/Ext/{name}" for name in ("Blend/Val", "Blend/Apply", "OK", "T")}


async def test_nobody_listening_is_no_error() -> None:
    async with running() as server, receiver() as gone:
        port = gone.port
    async with running() as server, Target(server.ws).open("test") as client:
        task = asyncio.create_task(
            tick(client, "streamer", "vrm0", VmcSender("127.0.0.1", port), fps=120)
        )
        await asyncio.wait([task], timeout=0.2)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])


async def test_an_arkit_head_gets_percents() -> None:
    async with (
        running() as server,
        receiver() as avatar,
        Target(server.ws, character="minji").open("test") as client,
    ):
        sender = IFacialMocapSender("127.0.0.1", avatar.port)
        task = asyncio.create_task(tick(client, "minji", "arkit", sender, fps=60))
        await client.line("minji", "너무 좋아")
        smile = 0
        while smile <= 40:
            data = (await asyncio.wait_for(avatar.heard.get(), 10)).decode()
            items = [item for item in data.split("=head")[0].split("|") if item]
            smile = int(dict(item.rsplit("-", 1) for item in items).get("mouthSmile_L", 0))
        task.cancel()
        await asyncio.wait([task])
    assert data.endswith("|leftEye#0.0,0.0,0.0|")


async def test_a_bridge_ends_with_its_server() -> None:
    async with (
        receiver() as avatar,
        running() as server,
        emopic_client.connect(server.ws, reconnect=None) as client,
    ):
        await client.put("minji", builtin="haru")
        sender = VmcSender("127.0.0.1", avatar.port)
        task = asyncio.create_task(tick(client, "minji", "vrm0", sender, fps=60))
        await avatar.until("Joy", 0.0, 0.0)
        server.server.stop()
        await asyncio.wait([task], timeout=10)
        assert isinstance(task.exception(), emopic_client.ConnectionEnded)
