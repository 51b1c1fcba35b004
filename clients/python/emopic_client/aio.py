"""The asynchronous client.

    async with emopic_client.connect("ws://127.0.0.1:8765") as client:
        await client.put("minji", builtin="minji")
        emotion = await client.line("minji", "오늘 진짜 최고야!")

A lost connection is opened again and the session resumed without the program noticing, unless it
reads `Disconnected` and `Reconnected` among the events. A request made meanwhile, or whose answer
was lost, is asked again, and its caller goes on waiting until its own time-out.
A client belongs to one event loop and is not thread-safe. The module is long because every request
of the protocol is a method of one class.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import weakref
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from emopic_client import wire
from emopic_client.backoff import Backoff
from emopic_client.dial import Dialer, full_url
from emopic_client.errors import ConnectError, ConnectionEnded, RequestError, RequestTimeout
from emopic_client.link import Link
from emopic_client.protocol import Answer, Closed, Item, Opened, Phase, Protocol
from emopic_client.requests import Ref, Retry
from emopic_client.sprites import read_faces
from emopic_client.streams import (
    Disconnected,
    Emotions,
    Events,
    Frames,
    Happening,
    Reconnected,
    Shapes,
)

T = TypeVar("T", bound=wire.ServerMessage)

AnyStream: TypeAlias = Events | Emotions | Frames | Shapes

EVENTS: Final = 1024
KEEP_TRYING: Final = Backoff()


@contextlib.asynccontextmanager
async def connect(
    url: str,
    *,
    token: str | None = None,
    name: str = "emopic-client",
    timeout: float = 10.0,
    reconnect: Backoff | None = KEEP_TRYING,
    encoding: wire.Encoding = "msgpack",
    origin: str | None = None,
    guard: wire.GuardMode | None = None,
    history: wire.HistoryMode | None = None,
) -> AsyncIterator[Client]:
    """A client with an open session, closed at the end of the block.

    `timeout` in seconds bounds the opening and is the default of every request. `reconnect` None
    ends the client with its first connection. `guard` is what the server does with profane lines,
    `history` what it may keep of lines. Raises `ConnectError`, `Refused` where it said no.
    """
    dialer = Dialer(full_url(url), encoding, origin, timeout)
    client = Client(dialer, Protocol(name, token, guard, history), reconnect)
    try:
        await client.open()
        yield client
    finally:
        await client.close()


class Client:
    """A session with a server; made by `connect`."""

    def __init__(self, dialer: Dialer, protocol: Protocol, reconnect: Backoff | None) -> None:
        self._url = dialer.url
        self._timeout = dialer.timeout
        self._protocol = protocol
        self._link = Link(dialer, protocol, reconnect, self._hand)
        self._task: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended: BaseException | None = None
        self._closing = False
        self._answers: dict[Ref, asyncio.Future[Answer]] = {}
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._streams: weakref.WeakSet[AnyStream] = weakref.WeakSet()
        self._prefix = secrets.token_hex(4)
        self._count = 0

    # ── what is known ────────────────────────────────────────────────────────────────────────────

    @property
    def hello(self) -> wire.Hello:
        """What the server said about itself: emotions, engine, built-in faces, limits."""
        hello = self._protocol.hello
        assert hello is not None, "a client is handed out after the opening"
        return hello

    @property
    def emotions(self) -> tuple[str, ...]:
        """The ids of the emotions, in the order of scores and expressions."""
        return tuple(label.id for label in self.hello.emotions)

    @property
    def read_only(self) -> bool:
        """Whether the token lets this client only watch. Lines, puts, drops and `express` are
        refused with `read_only` then."""
        return self._protocol.read_only

    @property
    def connected(self) -> bool:
        """Whether the session has a connection at this moment."""
        return self._protocol.phase is Phase.OPEN

    # ── requests ─────────────────────────────────────────────────────────────────────────────────

    async def put(
        self,
        character: str,
        *,
        face: bytes | Path | None = None,
        builtin: str | None = None,
        url: str | None = None,
        sprites: Mapping[str, bytes | Path] | Path | None = None,
        options: wire.CharacterOptions | None = None,
        shared: bool = False,
        history: wire.HistoryMode | None = None,
        backdrop: bytes | None = None,
        timeout: float | None = None,
    ) -> wire.CharacterReady:
        """Register or replace a character with a picture (bytes or file), a built-in face, what is
        found at a web address, or `sprites`: pictures by emotion, or a ZIP or folder of them.
        A `backdrop` is a picture to stand behind it. Returns when it can be watched.

        Raises `RequestRefused` for a picture that cannot be used,
        `ServerFailed`, `RequestTimeout`, and `OSError` for a file that cannot be read.
        """
        picture, drawn = await asyncio.to_thread(read_faces, face, sprites)
        message = wire.CharacterPut(
            character=character,
            face=picture,
            builtin=builtin,
            url=url,
            sprites=drawn,
            options=options or wire.CharacterOptions(),
            shared=shared,
            history=history,
            backdrop=backdrop,
        )
        async with self._lock(character):
            return await self._ask(message, wire.CharacterReady, timeout)

    async def drop(self, character: str, *, timeout: float | None = None) -> None:
        """Forget a character."""
        async with self._lock(character):
            message = wire.CharacterDrop(character=character)
            await self._ask(message, wire.CharacterDropped, timeout)

    async def line(
        self,
        character: str,
        text: str,
        *,
        id: str | None = None,  # noqa: A002 - the protocol's word
        cut: bool = False,
        timeout: float | None = None,
    ) -> wire.Emotion:
        """Send a finished line and return what it means. Lines may be sent concurrently.

        `cut` has a line over the limit shortened instead of refused. Raises `RequestRefused`,
        `ServerFailed` (`busy` with `retry_ms`), `RequestTimeout`.
        """
        message = wire.Line(character=character, id=id or self.new_id(), text=text, cut=cut)
        return await self._ask(message, wire.Emotion, timeout)

    async def read(self, picture: bytes | Path, *, timeout: float | None = None) -> wire.Reading:
        """Read the writing in a picture. Raises `RequestRefused` where the server cannot."""
        if isinstance(picture, Path):
            picture = await asyncio.to_thread(picture.read_bytes)
        return await self._ask(wire.Read(id=self.new_id(), picture=picture), wire.Reading, timeout)

    def partial(self, character: str, text: str, *, id: str) -> None:  # noqa: A002
        """Send a line that is still growing; use the `id` of the finished one. Does not wait.

        What it means comes as an `Emotion` event with `final` false, unless a later one of the
        same line overtakes it. Without a connection it is dropped, for a newer one will follow.
        """
        self._say(wire.Line(character=character, id=id, text=text, partial=True))

    def express(
        self,
        character: str,
        expression: Mapping[str, float],
        *,
        hold_ms: int | None = None,
        lock: bool = False,
    ) -> None:
        """Drive the face directly, with weights in [0, 1] by emotion. Does not wait.

        With `lock`, lines leave the face alone for `hold_ms` or until the next `express`. A
        refusal comes as an `Error` event. Without a connection it is dropped.
        """
        weights = dict(expression)
        self._say(wire.Express(character=character, expression=weights, hold_ms=hold_ms, lock=lock))

    async def watch(
        self,
        character: str,
        *,
        frames: wire.FrameOptions | None = None,
        blendshapes: wire.BlendshapeSet | None = None,
        text: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Receive a character's emotions, and frames or blendshapes if asked for.

        With `text`, the emotions carry the text of their lines. Replaces an earlier watch of the
        same character. Read them with `events`, `frames` and `blendshapes`.
        """
        async with self._lock(character):
            message = wire.Watch(
                character=character, frames=frames, blendshapes=blendshapes, text=text
            )
            await self._ask(message, wire.Pong, timeout)

    async def unwatch(self, character: str, *, timeout: float | None = None) -> None:
        """Receive nothing more of a character."""
        async with self._lock(character):
            try:
                await self._ask(wire.Unwatch(character=character), wire.Pong, timeout)
            except RequestError as error:
                if error.code != "unknown_character":  # gone already
                    raise

    async def ping(self, *, timeout: float | None = None) -> float:
        """Seconds to the server and back, through its message handling."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await self._ask(wire.Ping(token=self.new_id()), wire.Pong, timeout)
        return loop.time() - begin

    def new_id(self) -> str:
        """A line id that no other client uses."""
        self._count += 1
        return f"{self._prefix}-{self._count}"

    # ── streams ──────────────────────────────────────────────────────────────────────────────────

    def events(self, *, most: int = EVENTS) -> Events:
        """Every event from now on, and `Disconnected` and `Reconnected`. See `Events`."""
        stream = Events(most)
        self._adopt(stream)
        return stream

    def emotions_of(self, character: str, *, most: int = EVENTS) -> Emotions:
        """What the lines of a character mean from now on, whoever says them. See `Emotions`.

        Reading the first one watches the character, unless it is watched already.
        """

        async def watch() -> None:
            if character not in self._protocol.requests.watches:
                await self.watch(character)

        stream = Emotions(character, watch, most)
        self._adopt(stream)
        return stream

    def frames(self, character: str, options: wire.FrameOptions | None = None) -> Frames:
        """The frames of a character, latest only. See `Frames`.

        Reading the first one watches the character, unless it is watched with frames already and
        `options` is None.
        """

        async def watch() -> None:
            now = self._protocol.requests.watches.get(character)
            if now is None or now.frames is None or options is not None:
                await self._watch_also(character, frames=options or wire.FrameOptions())

        stream = Frames(character, watch)
        self._adopt(stream)
        return stream

    def blendshapes(self, character: str, names: wire.BlendshapeSet = "arkit") -> Shapes:
        """The blendshapes of a character, latest only. Reading the first one watches it."""

        async def watch() -> None:
            now = self._protocol.requests.watches.get(character)
            if now is None or now.blendshapes != names:
                await self._watch_also(character, blendshapes=names)

        stream = Shapes(character, watch)
        self._adopt(stream)
        return stream

    async def _watch_also(self, character: str, **more: Any) -> None:
        """Watch with `more` than up to now."""
        now = self._protocol.requests.watches.get(character) or wire.Watch(character=character)
        new = msgspec.structs.replace(now, **more)
        await self.watch(character, frames=new.frames, blendshapes=new.blendshapes, text=new.text)

    # ── life ─────────────────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Connect and open the session. Called by `connect`, once."""
        self._task = asyncio.create_task(self._link.run(), name="emopic-client")
        self._task.add_done_callback(self._on_end)
        try:
            async with asyncio.timeout(self._timeout):
                await self._opened
        except TimeoutError as error:
            reason = f"the server did not open a session within {self._timeout:g} s"
            raise ConnectError(self._url, reason) from error

    async def close(self) -> None:
        """Close the session's connection; streams end, requests without an answer fail."""
        self._closing = True
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    def _on_end(self, task: asyncio.Task[None]) -> None:
        """Whatever ended the link ends everyone who waits for it."""
        error = None if task.cancelled() else task.exception()
        ended = self._ended = error or ConnectionEnded(1000, "closed by the program")
        for stream in list(self._streams):
            stream.end(error)
        waiting: list[asyncio.Future[Any]] = [self._opened, *self._answers.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(ended)

    # ── within ───────────────────────────────────────────────────────────────────────────────────

    def _say(self, message: wire.ClientMessage) -> Ref | None:
        if self._ended is not None:
            raise self._ended
        ref = self._protocol.send(message)
        self._link.wake()
        return ref

    async def _ask(self, message: wire.ClientMessage, kind: type[T], timeout: float | None) -> T:
        """Send a request and wait for its answer."""
        ref = self._say(message)
        assert ref is not None
        seconds = self._timeout if timeout is None else timeout
        future = self._answers[ref] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                answer = await future
        except TimeoutError:
            raise RequestTimeout(" ".join(ref), seconds) from None
        finally:
            del self._answers[ref]
            if not future.done() or future.cancelled():
                self._protocol.cancel(ref)
        if isinstance(answer.message, wire.Error):
            raise RequestError.of(answer.message)
        assert isinstance(answer.message, kind)
        return answer.message

    def _lock(self, character: str) -> asyncio.Lock:
        """One change to a character at a time, so that each gets its own answer."""
        lock = self._locks.get(character)
        if lock is None:
            lock = self._locks[character] = asyncio.Lock()
        return lock

    def _adopt(self, stream: AnyStream) -> None:
        self._streams.add(stream)
        if self._task is not None and self._task.done():
            stream.end(None if self._task.cancelled() else self._task.exception())

    def _hand(self, item: Item) -> None:
        """Hand one thing from the protocol to whom it concerns."""
        match item:
            case Opened():
                if not self._opened.done():
                    self._opened.set_result(None)
                if item.again:
                    self._publish(Reconnected(item.resumed))
            case Closed():
                if item.reconnect and self._opened.done() and not self._closing:
                    self._publish(Disconnected(item.code, item.reason))
            case Answer():
                future = self._answers.get(item.to)
                if future is not None and not future.done():
                    future.set_result(item)
            case Retry():
                self._link.retry_later(item)
            case _:
                self._publish(item)

    def _publish(self, item: Happening | wire.State) -> None:
        for stream in list(self._streams):
            stream.offer(item)
