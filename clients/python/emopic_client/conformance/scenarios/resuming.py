"""What a client does about a lost connection."""

from __future__ import annotations

from emopic_client import wire
from emopic_client.conformance.broken import check
from emopic_client.conformance.kit import NAME, Kit


async def reconnect_codes(kit: Kit) -> None:
    """Come back and resume on 1001, 1011, 1012, 4005, 4008 and 4009."""
    for code in (1001, 1011, 1012, 4005, 4008, 4009):
        peer = await kit.open()
        await peer.close(code, "come back", bye=True if code >= 4000 else None)
        await kit.come_back()
        await kit.driver.report("open", resumed=True)


async def starting_server(kit: Kit) -> None:
    """Come back after handshakes that were answered 503."""
    peer = await kit.open()
    kit.stage.refuse = 2
    peer.cut()
    await kit.come_back()
    await kit.driver.report("open", resumed=True)


async def resume(kit: Kit) -> None:
    """Resume its session and place, and hand on every missed event once, in order."""
    peer = await kit.scene()
    await kit.answered(peer, "l1")
    peer.cut()
    peer = await kit.come_back()
    await peer.send(*(kit.emotion(line) for line in ("m1", "m2", "m3")))
    await kit.answered(peer, "l2")
    peer.cut()
    peer = await kit.come_back()
    await peer.send(kit.emotion("m4"))
    await kit.driver.report("emotion", line="m4")
    lines = [r["line"] for r in await kit.driver.reports() if r["is"] == "emotion"]
    check(not lines, f"expected nothing more after m4, not {lines}")


async def unanswered_line(kit: Kit) -> None:
    """Say a line again that a cut left unanswered."""
    peer = await kit.scene()
    await kit.say(peer, "l1")
    peer.cut()
    peer = await kit.come_back()
    await peer.expect(wire.Line, id="l1", character=NAME)
    await peer.send(kit.emotion("l1"))
    await kit.driver.report("emotion", line="l1", top="joy")


async def answered_twice(kit: Kit) -> None:
    """Hand on an answer once that comes twice, as it may after a cut."""
    peer = await kit.scene()
    await kit.say(peer, "l1")
    peer.cut()
    peer = await kit.come_back()
    await peer.expect(wire.Line, id="l1")
    await peer.send(kit.emotion("l1"), kit.emotion("l1"), kit.emotion("last"))
    seen = [await kit.driver.report("emotion")]
    while seen[-1]["line"] != "last":
        seen.append(await kit.driver.report("emotion"))
    lines = [report["line"] for report in seen]
    check(lines == ["l1", "last"], f"expected l1 once, then last, not {lines}")


async def lost_session(kit: Kit) -> None:
    """Put and watch its characters again when `resumed` is false, and count on from `ready`."""
    peer = await kit.scene()
    await kit.answered(peer, "l1")
    peer.cut()
    peer = await kit.come_back(resumed=False)
    await kit.driver.report("open", resumed=False)
    await peer.expect(wire.CharacterPut, character=NAME, builtin="haru")
    await peer.send(kit.ready())
    await peer.expect(wire.Watch, character=NAME)
    await kit.answered(peer, "l2")
    peer.cut()
    await kit.come_back()
    await kit.driver.report("open", resumed=True)
