"""Much to read, and what cannot be read."""

from __future__ import annotations

import asyncio
from typing import Final

from emopic_client import wire
from emopic_client.conformance.broken import BrokenRule, check
from emopic_client.conformance.kit import NAME, Kit
from emopic_client.conformance.stage import Peer

_EVENTS: Final = 500
_FRAMES: Final = 600
_FRAME_BYTES: Final = 20_000
_PONG_S: Final = 5.0
_LARGE: Final = 4 * 1024 * 1024


async def event_order(kit: Kit) -> None:
    """Hand on 500 events sent in one go, each once and in order."""
    peer = await kit.scene()
    lines = [f"e{number}" for number in range(_EVENTS)]
    await peer.send(*(kit.emotion(line) for line in lines))
    await _come(kit, lines)


async def slow_program(kit: Kit) -> None:
    """Answer pings and keep events while 600 frames come unseen, then hold the newest."""
    peer = await kit.scene()
    lines = []
    for number in range(1, _FRAMES + 1):
        await peer.send(kit.frame(number, _FRAME_BYTES))
        if number % 10 == 0:
            lines.append(f"e{number}")
            await peer.send(kit.emotion(lines[-1]))
    await _pong(peer)
    await _come(kit, lines)
    latest = await kit.latest()
    check(latest["n"] == _FRAMES, f"expected to hold frame {_FRAMES}, not {latest['n']}")


async def _pong(peer: Peer) -> None:
    try:
        await asyncio.wait_for(await peer.ws.ping(), _PONG_S)
    except TimeoutError:
        raise BrokenRule(f"no pong to a websocket ping within {_PONG_S:g} s") from None


async def _come(kit: Kit, lines: list[str]) -> None:
    """These emotions are reported, and nothing between them."""
    seen = [(await kit.driver.report("emotion"))["line"] for _ in lines]
    wrong = next((i for i, (s, w) in enumerate(zip(seen, lines, strict=True)) if s != w), None)
    check(wrong is None, f"event {wrong} of {len(lines)} is out of order: {seen[wrong or 0]}")


async def large_frame(kit: Kit) -> None:
    """Take a frame of 4 MiB."""
    peer = await kit.scene()
    await peer.send(kit.frame(1, _LARGE))
    await kit.answered(peer, "l1")
    latest = await kit.latest()
    check((latest["n"], latest["bytes"]) == (1, _LARGE), f"expected 4 MiB, not {latest}")


async def patches(kit: Kit) -> None:
    """Keep up with full frames and patches, and hold the newest."""
    peer = await kit.scene()
    await peer.send(kit.frame(1), kit.frame(2, patch=True), kit.frame(5, 17, patch=True))
    await kit.answered(peer, "l1")
    latest = await kit.latest()
    check((latest["n"], latest["bytes"]) == (5, 17), f"expected the patch 5, not {latest}")
    await peer.send(kit.frame(6, 18), kit.frame(9, 19, patch=True), kit.frame(11, 20))
    await kit.answered(peer, "l2")
    latest = await kit.latest()
    check((latest["n"], latest["bytes"]) == (11, 20), f"expected the full frame 11, not {latest}")


async def kept_pictures(kit: Kit) -> None:
    """Take pictures it keeps from their slots, if it asked to keep some."""
    peer = await kit.open()
    await kit.put(peer)
    await kit.driver.tell("watch", character=NAME, keep=2)
    watch = await peer.expect(wire.Watch, character=NAME)
    check(watch.frames is not None, "expected a watch with frames")
    if watch.frames is None or watch.frames.keep == 0:
        return  # this client has every picture sent
    check(watch.frames.keep == 2, f"expected frames.keep 2, not {watch.frames.keep}")
    await peer.send(kit.frame(1, 21, slot=0), kit.frame(2, 22, patch=True, slot=1))
    await peer.send(kit.frame(3, 23, patch=True, slot=0), kit.frame(4, 0, patch=True, slot=1))
    await _holds(kit, peer, 4, 22)
    await peer.send(kit.frame(5, 0, patch=True, slot=0))
    await _holds(kit, peer, 5, 23)
    peer.cut()
    peer = await kit.come_back()
    await kit.driver.report("open", resumed=True)
    await peer.send(kit.frame(6, 26, slot=0), kit.frame(7, 0, patch=True, slot=1))
    await _holds(kit, peer, 6, 26)  # what slot 1 held belongs to the connection before


async def _holds(kit: Kit, peer: Peer, n: int, size: int) -> None:
    """The client has read all that was sent, and this is the newest frame."""
    await kit.answered(peer, f"after {n}")
    latest = await kit.latest()
    check((latest["n"], latest["bytes"]) == (n, size), f"expected {size} bytes, not {latest}")


def _bad() -> dict[str, bytes | str]:
    """Messages that break the encoding or the protocol, by what is wrong with them."""
    whole = wire.encode(wire.Pong(token="p"))
    return {
        "nothing": b"",
        "cut off": whole[:-2],
        "trailing bytes": whole + b"\xc0",
        "no map": b"\x93\x01\x02\x03",
        "deep nesting": b"\x91" * 5000 + b"\xc0",
        "a length of 4 GiB": b"\xdb\xff\xff\xff\xffabc",
        "a list of 4 billion": b"\xdd\xff\xff\xff\xff\x01",
        "broken UTF-8": b"\x82\xa4type\xa4pong\xa5token\xa2\xc3\x28",
        "a byte that means nothing": b"\xc1",
        "no type": b"\x81\xa5token\xa1p",
        "a type nobody knows": b"\x81\xa4type\xa5dance",
        "text instead of bytes": '{"type":"pong","token":"p"}',
    }


async def bad_bytes(kit: Kit) -> None:
    """Survive messages that cannot be read: the program goes on, a new client opens."""
    for what, data in _bad().items():
        peer = await kit.open()
        await peer.send_bytes(data)
        try:
            await kit.driver.reports()
        except BrokenRule as error:
            raise BrokenRule(f"after {what}: {error}") from None
        await kit.driver.tell("close")  # it may be on its way back, and is not the next one
        await kit.driver.reports()
        kit.stage.forget()
    peer = await kit.open()
    await kit.put(peer)
    await kit.driver.tell("close")
    await kit.driver.reports()
    check(bool(peer.said), f"{NAME} was put")
