"""How a conversation begins, and when it must not."""

from __future__ import annotations

from typing import Any

import msgspec

from emopic_client import wire
from emopic_client.conformance.broken import check
from emopic_client.conformance.kit import NAME, Kit
from emopic_client.conformance.stage import HELLO
from emopic_client.conformance.widest import widest

_EARLY_S = 0.3


async def opening(kit: Kit) -> None:
    """Wait for `hello`, identify first, with name and token, and open."""
    peer = await kit.connect(token="s3cret")
    assert peer.ws.request is not None
    path = peer.ws.request.path.split("?")[0]
    check(path == wire.PATH, f"expected a connection at {wire.PATH}, not {path}")
    offered = peer.ws.request.headers.get_all("Sec-WebSocket-Protocol")
    check(
        not offered or peer.ws.subprotocol == wire.MSGPACK_SUBPROTOCOL,
        f"expected the subprotocol {wire.MSGPACK_SUBPROTOCOL}, or none, not {offered}",
    )
    await peer.silent(_EARLY_S)
    await peer.send(msgspec.structs.replace(HELLO, auth=True))
    first = await peer.next()
    check(isinstance(first, wire.Identify), f"expected identify first, not {first!r}")
    assert isinstance(first, wire.Identify)
    check(first.token == "s3cret", f"expected the token 's3cret', not {first.token!r}")
    check(bool(first.client), "expected a client's name in identify")
    check(first.resume is None, "a new client has nothing to resume")
    await peer.send(wire.Ready(session=kit.session, seq=0, resumed=False))
    await kit.driver.report("open", resumed=False)


async def unknown_fields(kit: Kit) -> None:
    """Ignore fields, limits, notices and error codes it does not know, in any order."""
    peer = await kit.connect()
    labels = (*HELLO.emotions, wire.EmotionLabel(id="pride", ko="뿌듯함"))
    hello = _strange(msgspec.structs.replace(HELLO, emotions=labels))
    hello["limits"] = {**hello["limits"], "dreams_per_night": 5}
    await peer.send_map(hello)
    await peer.expect(wire.Identify)
    await peer.send_map(_strange(wire.Ready(session=kit.session, seq=0, resumed=False)))
    await kit.driver.report("open", resumed=False)
    await kit.driver.tell("put", character=NAME, builtin="haru")
    await peer.expect(wire.CharacterPut)
    await peer.send_map(_strange(kit.ready()))
    await kit.watch(peer)
    await kit.say(peer, "l1")
    emotion = msgspec.structs.replace(kit.emotion("l1"), scores=(0.5, *(0.0,) * 5, 0.5))
    await peer.send_map(_strange(emotion))
    report = await kit.driver.report("emotion", line="l1", top="joy")
    check(len(report["scores"]) == 7, f"expected 7 scores, as there are emotions: {report}")
    notice = wire.Notice(seq=kit.next_seq(), code="full_moon", text="howl", character=NAME)
    await peer.send_map(_strange(notice))
    await kit.driver.report("notice", code="full_moon")
    await peer.send_map(_strange(kit.frame(1)))
    await kit.answered(peer, "l2")
    latest = await kit.latest()
    check(latest["n"] == 1, f"expected frame 1, not {latest['n']}")


def _strange(message: wire.ServerMessage) -> dict[str, Any]:
    """A message with its fields backwards and some that nobody knows."""
    fields: dict[str, Any] = msgspec.msgpack.decode(wire.encode(message))
    unknown = {"zodiac": {"sign": ["libra", None, 1.5, b"\x00"]}, "later": True}
    return {**unknown, **dict(reversed(fields.items()))}


async def odd_encodings(kit: Kit) -> None:
    """Read every width of MessagePack, and integers where floats are meant."""
    peer = await kit.connect()
    await peer.send_bytes(_wide(HELLO))
    await peer.expect(wire.Identify)
    await peer.send_bytes(_wide(wire.Ready(session=kit.session, seq=0, resumed=False)))
    await kit.driver.report("open", resumed=False)
    await kit.driver.tell("put", character=NAME, builtin="haru")
    await peer.expect(wire.CharacterPut)
    await peer.send_bytes(_wide(kit.ready()))
    await kit.driver.report("character", character=NAME, width=256, height=256)
    await kit.watch(peer)
    await peer.send_bytes(_wide(kit.frame(3, 40)))
    await kit.say(peer, "l1")
    whole: dict[str, Any] = msgspec.msgpack.decode(wire.encode(kit.emotion("l1")))
    whole |= {"scores": [1, 0, 0, 0, 0, 0], "intensity": 1}
    await peer.send_bytes(widest(whole))
    report = await kit.driver.report("emotion", line="l1")
    check([float(s) for s in report["scores"]] == [1.0, 0, 0, 0, 0, 0], f"wrong scores: {report}")
    latest = await kit.latest()
    check((latest["n"], latest["bytes"]) == (3, 40), f"expected frame 3 of 40 bytes, not {latest}")


def _wide(message: wire.ServerMessage) -> bytes:
    return widest(msgspec.msgpack.decode(wire.encode(message)))


async def fragments(kit: Kit) -> None:
    """Read a message that comes in many websocket fragments."""
    peer = await kit.connect()
    await peer.send_bytes(_cut(wire.encode(HELLO), 7))
    await peer.expect(wire.Identify)
    await peer.send_bytes(_cut(wire.encode(wire.Ready(session="s", seq=0, resumed=False)), 1))
    await kit.driver.report("open", resumed=False)
    await kit.put(peer)
    await kit.watch(peer)
    await peer.send_bytes(_cut(wire.encode(kit.frame(2, 50_000)), 1000))
    await kit.say(peer, "l1")
    await peer.send_bytes(_cut(wire.encode(kit.emotion("l1")), 3))
    await kit.driver.report("emotion", line="l1", top="joy")
    latest = await kit.latest()
    check(latest["bytes"] == 50_000, f"expected a frame of 50000 bytes, not {latest}")


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


async def newer_protocol(kit: Kit) -> None:
    """Stop, without `identify`, when `hello.protocol` is not 1."""
    peer = await kit.connect()
    await peer.send(msgspec.structs.replace(HELLO, protocol=2))
    try:
        await kit.driver.report("closed", final=True)
    finally:
        check(not peer.said, f"expected nothing after hello with protocol 2, not {peer.said}")
    await kit.stage.nobody(kit.quiet)


async def wrong_token(kit: Kit) -> None:
    """Stop on 4002 and not come back."""
    peer = await kit.connect(token="wrong")
    await peer.send(msgspec.structs.replace(HELLO, auth=True))
    await peer.expect(wire.Identify, token="wrong")
    await peer.close(4002, "token missing or wrong", bye=False)
    await kit.stopped()


async def early_error(kit: Kit) -> None:
    """Take an error before `ready`, which has no `seq`, and stop on the 4004 that follows."""
    peer = await kit.connect()
    await peer.send(HELLO)
    await peer.expect(wire.Identify)
    text = "bad field: client is too long"
    await peer.send(wire.Error(code="bad_field", message=text, fault="client", ref="identify"))
    await peer.close(4004, "message cannot be read", bye=False)
    await kit.stopped()


async def stop_codes(kit: Kit) -> None:
    """Stop on 4001 without a session, on 4006, 4007, 4999, 1002 and 1008."""
    peer = await kit.connect()
    await peer.send(HELLO)
    await peer.close(4001, "no identify in time", bye=False)
    await kit.stopped()
    for code in (4006, 4007, 4999, 1002, 1008):
        peer = await kit.open()
        await peer.close(code, "stop", bye=False if code >= 4000 else None)
        await kit.stopped()
