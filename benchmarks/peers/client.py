"""Open-loop clients of the peers, as light as ours: raw HTTP/1.1 and JSON over a websocket.

The schedule is that of `emopic bench`; latency counts from the intended send time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect

from emopic_client import wire
from emopic_server.bench.histogram import Latencies
from emopic_server.bench.open_loop import CHARACTER, Load, arrivals, session, until
from emopic_server.bench.scenarios import bench_lines

Answer = dict[str, Any]
_GRACE_S = 20.0


@dataclass
class Found:
    """Latencies to the scores and to the picture; `still` lines moved no face."""

    emotion: Latencies = field(default_factory=Latencies)
    picture: Latencies = field(default_factory=Latencies)
    still: int = 0

    def merge(self, other: Found) -> None:
        """Add what was found another time."""
        self.emotion.merge(other.emotion)
        self.picture.merge(other.picture)
        self.still += other.still

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "line_to_emotion": self.emotion.summary(),
            "line_to_picture": self.picture.summary(),
            "lines_without_a_frame": self.still,
        }


async def send(load: Load, ask: Callable[[str, float, Found | None], Awaitable[None]]) -> Found:
    """Ask for every line of the load when it is due, and wait for what is still under way.

    `ask` gets the line, the intended time, and where to record, None while warming up.
    """
    found, tasks = Found(), set[asyncio.Task[None]]()
    began = time.perf_counter()
    for due, text, counted in arrivals(load):
        intended = began + due
        await until(intended)
        tasks.add(asyncio.ensure_future(ask(text, intended, found if counted else None)))
    done, late = await asyncio.wait(tasks, timeout=_GRACE_S)
    for task in done:
        task.result()
    for task in late:
        task.cancel()
    found.emotion.lost = len(late)
    return found


class Http:
    """Posts JSON over kept connections."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, value: Answer) -> Answer:
        """One request. Raises `ConnectionError` for any answer but 200."""
        body = json.dumps(value).encode()
        head = f"POST /answer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        reader, writer = await self._connection()
        writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        answer = await _read(reader)
        self._idle.append((reader, writer))
        return answer

    async def ask(self, text: str, intended: float, found: Found | None) -> None:
        """A line, for `send`."""
        await self.post({"text": text})
        if found is not None:
            found.emotion.record(time.perf_counter() - intended)

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:  # hosts close what was idle for some seconds
            kept = self._idle.pop()
            if not kept[0].at_eof():
                return kept
            kept[1].close()
        return await asyncio.open_connection("127.0.0.1", self._port)


class Echoed:
    """The same over a bare socket, whose other end sends back what it gets."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, text: str, intended: float, found: Found | None) -> None:
        """A line, for `send`."""
        kept = self._idle.pop() if self._idle else None
        reader, writer = kept or await asyncio.open_connection("127.0.0.1", self._port)
        data = text.encode()
        writer.write(data)
        await reader.readexactly(len(data))
        self._idle.append((reader, writer))
        if found is not None:
            found.emotion.record(time.perf_counter() - intended)


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise ConnectionError(head.decode(errors="replace"))
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):  # Ray's way
        body = b"".join([chunk async for chunk in _chunks(reader)])
    else:
        body = await reader.readexactly(int(fields[b"content-length"]))
    return dict(json.loads(body))


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readline()).partition(b";")[0], 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readline()


@contextlib.asynccontextmanager
async def naive(port: int) -> AsyncIterator[Callable[[str, float, Found | None], Awaitable[None]]]:
    """`ask` for the naive service: one websocket, answers matched by number."""
    async with connect(f"ws://127.0.0.1:{port}", max_size=None, compression=None) as socket:
        waiting: dict[int, asyncio.Queue[None]] = {}

        async def read() -> None:
            async for message in socket:
                waiting[json.loads(message)["id"]].put_nowait(None)

        async def ask(text: str, intended: float, found: Found | None) -> None:
            number = len(waiting)
            answers = waiting[number] = asyncio.Queue()
            await socket.send(json.dumps({"id": number, "text": text}))
            await answers.get()
            if found is not None:
                found.emotion.record(time.perf_counter() - intended)
            await answers.get()
            if found is not None:
                found.picture.record(time.perf_counter() - intended)

        reader = asyncio.create_task(read())
        try:
            yield ask
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader


async def closed_http(http: Http, seconds: float, width: int = 16) -> float:
    """Lines a second with `width` requests under way."""
    lines = bench_lines()
    count, ends = 0, time.perf_counter() + seconds

    async def work(place: int) -> None:
        nonlocal count
        while time.perf_counter() < ends:
            await http.post({"text": lines[(place + count) % len(lines)]})
            count += 1

    began = time.perf_counter()
    await asyncio.gather(*(work(place) for place in range(width)))
    return count / (time.perf_counter() - began)


async def closed_ours(port: int, seconds: float, width: int = 16) -> float:
    """The same for our own server, without frames. Raises `TimeoutError` if it stops answering."""
    lines = bench_lines()
    sent = answered = 0
    over = asyncio.Event()

    def more() -> None:
        nonlocal sent
        text = lines[sent % len(lines)]
        lean.send(wire.Line(character=CHARACTER, id=str(sent), text=text))
        sent += 1

    def seen(message: wire.ServerMessage, now: float) -> None:
        nonlocal answered
        if not isinstance(message, wire.Emotion):
            return
        answered += 1
        if now - began < seconds:
            more()
        elif answered == sent:
            over.set()

    async with session(port, Load(lines, 1.0, seconds, frames=None)) as lean:
        lean.seen = seen
        began = time.perf_counter()
        for _ in range(width):
            more()
        await asyncio.wait_for(over.wait(), seconds + _GRACE_S)
        return answered / (time.perf_counter() - began)
