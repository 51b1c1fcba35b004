"""Peers that read nothing, that vanish, and that are told when the server ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time

import pytest
from tests.integration.proxy import Proxy
from tests.integration.raw_peer import BINARY, Outside, RawPeer, outside, until
from tests.integration.talker import Talker, running
from websockets.asyncio.client import connect

from emopic_client import wire
from emopic_server.io.connection import CLOSE_S, pong_s

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SLOW = 8
EACH_MIB = 2.0
LINES = 550  # more than an outbox holds
UNLIMITED = (
    *("--limits.messages-per-minute", "1000000", "--limits.messages-burst", "100000"),
    *("--limits.connections-per-token", "64"),
)


def seat(server: Outside, *, size: int) -> RawPeer:
    """One who watches the shared face at full rate."""
    peer = RawPeer(server.port)
    peer.open()
    frames = wire.FrameOptions(size=size, fps=60, patches=False)
    peer.say(wire.Watch(character="a", frames=frames, text=True))
    peer.wait(wire.Frame)
    return peer


def perform(actor: RawPeer, lines: range) -> None:
    """Say many lines, moving the face with each, and wait until all are answered."""
    for number in lines:
        weights = {"joy": number % 16 / 16, "anger": number // 16 % 16 / 16}
        actor.say(wire.Express(character="a", expression=weights))
        actor.say(wire.Line(character="a", id=str(number), text=f"기쁘다 {number} " * 20))
        if number % 50 == 49 or number == lines[-1]:
            while actor.wait(wire.Emotion).line != str(number):
                pass


@LINUX
def test_who_reads_nothing_costs_little_and_learns_what_was_lost() -> None:
    """Frames are skipped; events wait, all of them, or the connection ends and says why."""
    with outside("--limits.ping-s", "60", *UNLIMITED) as server:
        actor = RawPeer(server.port)
        with actor, contextlib.ExitStack() as stack:
            actor.open()
            options = wire.CharacterOptions(transition_ms=0)
            actor.say(
                wire.CharacterPut(character="a", builtin="haru", shared=True, options=options)
            )
            actor.wait(wire.CharacterReady)
            watchers = [stack.enter_context(seat(server, size=512)) for _ in range(SLOW)]
            perform(actor, range(50))  # what first lines and pictures take is not the watchers'
            before = server.reset_peak()
            perform(actor, range(50, LINES))
            assert (server.peak - before) / SLOW <= EACH_MIB
            for watcher in watchers:
                heard(watcher)


def heard(peer: RawPeer) -> None:
    """Every line in order, or `bye` with the reason in between."""
    expected = 0
    for opcode, data in peer.frames():
        message = wire.decode_server(data) if opcode == BINARY else None
        if isinstance(message, wire.Bye):
            assert message.code == wire.SLOW_CLIENT.code
            return
        if isinstance(message, wire.Emotion):
            assert message.line == str(expected)
            expected += 1
        if expected == LINES:
            return
    raise AssertionError(f"the connection ended after {expected} lines without a word")


async def test_a_peer_that_vanishes_is_freed_after_two_pings() -> None:
    """No FIN, no RST, just silence, as when a cable is pulled: 40 s with pings every 20 s."""
    assert 20.0 + pong_s(20.0) + CLOSE_S <= 40.0
    ping_s = 0.4
    async with running(limits={"ping_s": ping_s}) as server:
        proxy = Proxy(int(server.http.rsplit(":", 1)[1]))
        await proxy.start()
        try:
            async with connect(proxy.url) as ws:
                await Talker(ws, "msgpack").open()
                post = server.server.hub.post
                assert post.connections
                proxy.flowing.clear()
                began = time.monotonic()
                async with asyncio.timeout(10):
                    while post.connections:
                        await asyncio.sleep(0.01)
                assert time.monotonic() - began <= ping_s + pong_s(ping_s) + CLOSE_S + 1.0
                ws.transport.abort()
        finally:
            await proxy.stop()


@LINUX
def test_sigterm_is_told_to_everyone_and_waits_for_nobody() -> None:
    """Forty who read are told; two who do not, and one who never identified, hold nothing up."""
    with (
        outside(*UNLIMITED) as server,
        contextlib.ExitStack() as stack,
    ):
        actor = stack.enter_context(RawPeer(server.port))
        actor.open()
        actor.say(wire.CharacterPut(character="a", builtin="haru", shared=True))
        actor.wait(wire.CharacterReady)
        readers = [stack.enter_context(seat(server, size=64)) for _ in range(40)]
        for _ in range(2):
            stack.enter_context(seat(server, size=1024))
        stack.enter_context(RawPeer(server.port))
        perform(actor, range(20))
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert {reader.close_code() for reader in readers} == {1001}
        until(lambda: server.process.poll() is not None, 10.0 - (time.monotonic() - began))
        assert server.process.returncode == 0
