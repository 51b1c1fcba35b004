"""What messages cost: `python -m benchmarks.wire`.

One thread, no sockets. Each message is encoded and decoded again and again, in MessagePack and in
JSON, for as long as `--seconds` says; a figure is the median of many short turns. Encoding and
decoding are one module for the Python client and the server; `from` says which of them writes a
message, and the other one reads it.

- codec: encoded bytes, messages a second written and read, per message;
- client: `emopic_client.protocol`, a line out and its emotion in, with all checks of ranges;
- server: the whole core (`core.hub`), a line in and its emotion out, with an engine that answers
  at once.

The frame is a real one of a bundled face at 128 px, with its patch; the upload is its base face.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from statistics import median
from typing import Annotated, Any, Final

import typer
from benchmarks import record
from benchmarks.record import say
from msgspec.structs import replace

from emopic_client import wire
from emopic_client.protocol import Protocol
from emopic_engine.emotions import DEFAULT, NAMES
from emopic_engine.engine import Engine, RegisteredFace, RenderJob
from emopic_server.bench.noop import NoopEngine
from emopic_server.core.hub import Hub, Settings
from emopic_server.core.work import Classify, Done, Register
from emopic_server.intake.guard import load_guard

ENCODINGS: Final[tuple[wire.Encoding, ...]] = ("msgpack", "json")
_TURN_S: Final = 0.02
_EXCHANGES: Final = 5000
_TEXT: Final = "오늘 보스 잡았다 진짜 최고야!"
_LIMITS: Final = wire.Limits(messages_per_minute=10**9, messages_burst=10**6)
_INFO: Final = wire.EngineInfo(
    backend="noop",
    device="none",
    precision="none",
    text_model="noop",
    face_model="noop",
    versions={},
)
_HELLO: Final = wire.Hello(
    server="emopic",
    emotions=tuple(map(lambda n, k: wire.EmotionLabel(id=n, ko=k), DEFAULT.names, DEFAULT.korean)),
    engine=_INFO,
    builtins=(wire.Builtin(id="noop", name="Noop", ko="없음"),),
    limits=_LIMITS,
    auth=False,
)
_EMOTION: Final = wire.Emotion(
    seq=1,
    character="npc",
    line="0",
    scores=(0.91, 0.02, 0.02, 0.03, 0.01, 0.01),
    top="joy",
    intensity=0.97,
    final=True,
    spans_ms={"receive": 0.05, "queue": 0.11, "classify": 4.87},
)


def messages() -> dict[str, wire.ClientMessage | wire.ServerMessage]:
    """What travels, by name."""
    engine = Engine.load()
    face = engine.builtin(engine.builtins[0].id)
    names = NAMES["arkit"]
    return {
        "line": wire.Line(character="npc", id="line-1", text=_TEXT),
        "character.put, a picture": wire.CharacterPut(
            character="npc", face=engine.builtins[0].path.read_bytes()
        ),
        "hello": _HELLO,
        "emotion": _EMOTION,
        "frame, 128 px": _frame(engine, face, patch=False),
        "frame, its patch": _frame(engine, face, patch=True),
        "blendshapes, 52": wire.Blendshapes(
            character="npc", n=7, names_id="arkit", values=tuple(0.25 for _ in names)
        ),
    }


def _frame(engine: Engine, face: RegisteredFace, *, patch: bool) -> wire.Frame:
    weights = (0.75, 0.0, 0.0, 0.25, 0.0, 0.0)
    (picture,) = engine.render([RenderJob(face, weights, size=128, patch=patch)])
    if isinstance(picture, Exception):
        raise picture
    return wire.Frame(
        character="npc",
        n=7,
        expression=weights,
        format="jpeg",
        width=picture.width,
        height=picture.height,
        data=picture.data,
        rect=picture.rect,
        line="line-1",
    )


def rate(work: Callable[[], object], seconds: float) -> float:
    """How often a second: the median of many short turns."""
    work()
    began = time.perf_counter()
    work()
    turn = max(1, int(_TURN_S / max(1e-7, time.perf_counter() - began)))
    rates: list[float] = []
    ends = time.perf_counter() + seconds
    while len(rates) < 3 or time.perf_counter() < ends:
        began = time.perf_counter()
        for _ in range(turn):
            work()
        rates.append(turn / (time.perf_counter() - began))
    return round(median(rates), 0)


def codec(seconds: float) -> Iterator[dict[str, Any]]:
    """A row for each message and encoding."""
    for name, message in messages().items():
        client = isinstance(message, wire.ClientMessage)
        decode = wire.decode_client if client else wire.decode_server
        for encoding in ENCODINGS:
            data = wire.encode(message, encoding)
            yield {
                "message": name,
                "from": "client" if client else "server",
                "encoding": encoding,
                "bytes": len(data),
                "encode_per_s": rate(partial(wire.encode, message, encoding), seconds),
                "decode_per_s": rate(partial(decode, data, encoding), seconds),
            }


class ClientSide:
    """A line out and its emotion in, each time the next one. The answers are encoded beforehand."""

    def __init__(self, encoding: wire.Encoding) -> None:
        self._encoding = encoding
        replies = (replace(_EMOTION, seq=n, line=str(n)) for n in range(1, _EXCHANGES + 1))
        self._answers = [self._given(emotion) for emotion in replies]
        self._open()

    def __call__(self) -> None:
        """One exchange; after the last answer the conversation begins anew."""
        if self._number == _EXCHANGES:
            self._open()
        self._number += 1
        self._protocol.send(wire.Line(character="npc", id=str(self._number), text=_TEXT))
        self._protocol.data_to_send()
        self._protocol.receive(self._answers[self._number - 1])
        self._protocol.take()

    def _open(self) -> None:
        self._number = 0
        self._protocol = Protocol("bench")
        self._protocol.connected(self._encoding)
        for message in (_HELLO, wire.Ready(session="s", seq=0, resumed=False)):
            self._protocol.receive(self._given(message))
        self._protocol.data_to_send()

    def _given(self, message: wire.ServerMessage) -> bytes | str:
        data = wire.encode(message, self._encoding)
        return data.decode() if self._encoding == "json" else data


def server_side(encoding: wire.Encoding) -> Callable[[], object]:
    """A line in and its emotion out of the core."""
    engine, ids, numbers = NoopEngine(), count(), count(1)
    settings = Settings("emopic", DEFAULT, _INFO, _HELLO.builtins, _LIMITS)
    hub = Hub(settings, new_id=lambda: f"s{next(ids)}", censor=load_guard("none"))
    connection = hub.connect(encoding, 0.0)

    def receive(message: wire.ClientMessage) -> None:
        data = wire.encode(message, encoding)
        hub.receive(connection, data.decode() if encoding == "json" else data, 0.0)

    def answer() -> None:
        work = hub.work(0.0)
        match work:
            case Classify(jobs=jobs):
                hub.done(Done(work, tuple(engine.classify([j.text for j in jobs])), 0.0, 0.0), 0.0)
            case Register():
                hub.done(Done(work, (engine.builtin("noop"),), 0.0, 0.0), 0.0)
        while (message := hub.take(connection)) is not None:
            wire.encode(message, encoding)

    def exchange() -> None:
        receive(wire.Line(character="npc", id=str(next(numbers)), text=_TEXT))
        answer()

    receive(wire.Identify(client="bench"))
    receive(wire.CharacterPut(character="npc", builtin="noop"))
    answer()
    return exchange


def main(
    seconds: Annotated[float, typer.Option(min=0.05, help="For each figure.")] = 0.7,
    quick: record.Quick = False,
    out: record.Out = None,
) -> None:
    """Measure the codec and both sides."""
    found = record.begin(quick)
    seconds = 0.05 if quick else seconds
    say("the codec")
    found["codec"] = list(codec(seconds))
    say("the client's and the server's side")
    sides: dict[str, Callable[[wire.Encoding], Callable[[], object]]] = {
        "client": ClientSide,
        "server": server_side,
    }
    found["lines_per_s"] = {
        name: {encoding: rate(side(encoding), 3 * seconds) for encoding in ENCODINGS}
        for name, side in sides.items()
    }
    record.keep("wire", {**found, "seconds": seconds}, out)


if __name__ == "__main__":
    typer.run(main)
