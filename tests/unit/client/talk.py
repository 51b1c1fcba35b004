"""A server's lines for protocol tests: what it would say, and what the client said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emopic_client import wire
from emopic_client.protocol import Item, Protocol

_VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "messages.json").read_text(encoding="utf-8")
)
_HELLO = next(e["msgpack"] for e in _VECTORS["messages"] if e["name"] == "hello")
HELLO = wire.decode_server(bytes.fromhex(_HELLO))
SESSION = "s1"


def ready(session: str = SESSION, seq: int = 0, *, resumed: bool = False) -> wire.Ready:
    return wire.Ready(session=session, seq=seq, resumed=resumed)


def emotion(seq: int, line: str, character: str = "a", *, final: bool = True) -> wire.Emotion:
    return wire.Emotion(
        seq=seq,
        character=character,
        line=line,
        scores=(1.0,),
        top="joy",
        intensity=1.0,
        final=final,
    )


def face(seq: int, character: str = "a") -> wire.CharacterReady:
    return wire.CharacterReady(seq=seq, character=character, width=8, height=8, source="builtin")


def error(seq: int | None, code: str, ref: str | None, **fields: Any) -> wire.Error:
    fields.setdefault("fault", "client")
    return wire.Error(seq=seq, code=code, message=code, ref=ref, **fields)


def frame(n: int, character: str = "a", rect: wire.Rect | None = None) -> wire.Frame:
    return wire.Frame(
        character=character,
        n=n,
        expression=(1.0,),
        format="jpeg",
        width=8,
        height=8,
        data=b"x",
        rect=rect,
    )


class Talk:
    """Feeds a protocol and collects what it hands out and sends."""

    def __init__(self, token: str | None = None) -> None:
        self.protocol = Protocol("test", token)

    def server(self, *messages: wire.ServerMessage) -> list[Item]:
        """The server says these; returns what the program gets."""
        for message in messages:
            self.protocol.receive(wire.encode(message))
        return self.protocol.take()

    def sent(self) -> list[wire.ClientMessage]:
        """What the client has sent since the last call."""
        return [wire.decode_client(data) for data in self.protocol.data_to_send()]

    def open(self, answer: wire.Ready | None = None) -> list[Item]:
        """Connect and open; what was sent is dropped."""
        self.protocol.connected()
        return self.server(HELLO, answer or ready())

    def lose(self, code: int = 1006) -> list[Item]:
        self.protocol.disconnected(code, "")
        return self.protocol.take()


def opened() -> Talk:
    """A talk with an open session and nothing left to read."""
    talk = Talk()
    talk.open()
    talk.sent()
    return talk


def put(character: str = "a") -> wire.CharacterPut:
    return wire.CharacterPut(character=character, builtin="minji")


def line(id_: str, character: str = "a", text: str = "좋아") -> wire.Line:
    return wire.Line(character=character, id=id_, text=text)
