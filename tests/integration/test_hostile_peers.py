"""Peers that send too much, too little or nonsense: closed with a code, and the memory stays.

Memory is the peak of the whole server process, which is not the engine's.
"""

from __future__ import annotations

import sys
import threading
import zlib
from collections.abc import Iterator

import pytest
from tests.integration.raw_peer import (
    BINARY,
    CONT,
    MIB,
    PING,
    Outside,
    RawPeer,
    frame,
    length,
    outside,
)

from emopic_client import wire

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
GROWTH_MIB = 4.0
FLOOD_MIB = 64.0


@pytest.fixture(scope="module")
def server() -> Iterator[Outside]:
    with outside("--limits.connections-per-token", "64") as found:
        with RawPeer(found.port) as peer:  # what is loaded by the first use is no growth
            peer.open()
            peer.send(frame(BINARY, bytes(MIB), fin=False) + frame(CONT, bytes(5 * MIB)))
            peer.close_code()
        yield found


@pytest.fixture(autouse=True)
def alive(server: Outside) -> Iterator[None]:
    """Whatever happens to one, the next is served."""
    yield
    with RawPeer(server.port) as peer:
        peer.open()
        peer.say(wire.Ping(token="alive?"))
        peer.wait(wire.Pong)


@pytest.mark.parametrize("claimed", [100_000, 8 * MIB, 2**40, 2**63 - 1])
def test_a_message_that_is_too_large_is_refused_by_its_header(
    server: Outside, claimed: int
) -> None:
    before = server.reset_peak()
    with RawPeer(server.port) as peer:
        peer.send(bytes([0x82]) + length(claimed) + bytes(4) + b"the rest never comes")
        assert peer.close_code() == 1009
    assert server.peak - before <= GROWTH_MIB


def test_fragments_without_end_are_added_up(server: Outside) -> None:
    before = server.reset_peak()
    with RawPeer(server.port) as peer:
        part = frame(CONT, bytes(4096), fin=False)
        sent = [peer.send(frame(BINARY, b"", fin=False))]
        while sent[-1] and len(sent) < 4096:
            sent.append(peer.send(part))
        assert peer.close_code() in (1009, 1006), "or the socket was reset under what we sent"
    assert server.peak - before <= GROWTH_MIB


def test_of_a_session_too_and_within_what_a_face_may_have(server: Outside) -> None:
    before = server.reset_peak()
    with RawPeer(server.port) as peer:
        peer.open()
        part = frame(CONT, bytes(256 * 1024), fin=False)
        sent = [peer.send(frame(BINARY, b"", fin=False))]
        while sent[-1] and len(sent) < 256:
            sent.append(peer.send(part))
        assert peer.close_code() in (1009, 1006)
    assert server.peak - before <= 3 * wire.Limits().face_bytes / MIB


def test_empty_fragments_without_end_are_counted(server: Outside) -> None:
    before = server.reset_peak()
    with RawPeer(server.port) as peer:
        many = frame(CONT, b"", fin=False) * 2000
        sent = [peer.send(frame(BINARY, b"", fin=False))]
        while sent[-1] and len(sent) < 200:
            sent.append(peer.send(many))
        assert peer.close_code() in (1008, 1009, 1006)
    assert server.peak - before <= GROWTH_MIB


def test_nothing_is_inflated(server: Outside) -> None:
    """A megabyte of zeros in a kilobyte: compression is not agreed on, so the bit is an error."""
    before = server.reset_peak()
    bomb = zlib.compress(bytes(64 * MIB))[2:]
    with RawPeer(server.port, offers="permessage-deflate; client_max_window_bits") as peer:
        assert "sec-websocket-extensions" not in peer.answer.lower()
        peer.send(frame(BINARY, bomb, rsv1=True))
        assert peer.close_code() == 1002
    assert server.peak - before <= GROWTH_MIB


def test_pings_of_one_who_does_not_read_the_pongs(server: Outside) -> None:
    before = server.reset_peak()
    with RawPeer(server.port) as peer:
        many = frame(PING, bytes(125)) * 4000
        sent = [peer.send(many) for _ in range(64)]
        assert not all(sent) or peer.close_code() == wire.RATE_LIMITED.code
    assert server.peak - before <= GROWTH_MIB


def test_a_flood_from_many_is_refused_and_takes_little_memory(server: Outside) -> None:
    """Each sends pictures and lines without a pause and reads what comes."""
    before = server.reset_peak()
    codes: list[int] = []

    def rush() -> None:
        with RawPeer(server.port) as peer:
            peer.open()
            reader = threading.Thread(target=lambda: codes.append(peer.close_code()))
            reader.start()
            face = frame(BINARY, wire.encode(wire.CharacterPut(character="a", face=bytes(2 * MIB))))
            line = frame(BINARY, wire.encode(wire.Line(character="a", id="1", text="하" * 400)))
            for _ in range(60):
                if not peer.send(face + line * 40):
                    break
            reader.join()

    threads = [threading.Thread(target=rush) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {wire.RATE_LIMITED.code, 1006}
    assert wire.RATE_LIMITED.code in codes
    assert server.peak - before <= FLOOD_MIB
