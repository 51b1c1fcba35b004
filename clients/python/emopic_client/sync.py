"""The synchronous client: the asynchronous one, run by a thread.

    with emopic_client.sync.connect("ws://127.0.0.1:8765") as client:
        client.put("minji", builtin="minji")
        print(client.line("minji", "오늘 진짜 최고야!").top)

Methods, errors and time-outs are those of `emopic_client.Client`. A client may be used by several
threads at once.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from emopic_client import aio, wire
from emopic_client.backoff import Backoff
from emopic_client.errors import ConnectionEnded, RequestTimeout
from emopic_client.streams import Happening, Stream

T = TypeVar("T")


@contextlib.contextmanager
def connect(
    url: str,
    *,
    token: str | None = None,
    name: str = "emopic-client",
    timeout: float = 10.0,
    reconnect: Backoff | None = aio.KEEP_TRYING,
    encoding: wire.Encoding = "msgpack",
    origin: str | None = None,
    guard: wire.GuardMode | None = None,
    history: wire.HistoryMode | None = None,
) -> Iterator[Client]:
    """A client with an open session, closed at the end of the block. See `aio.connect`."""
    opening = aio.connect(
        url,
        token=token,
        name=name,
        timeout=timeout,
        reconnect=reconnect,
        encoding=encoding,
        origin=origin,
        guard=guard,
        history=history,
    )
    with _Loop() as loop:
        client = loop.run(opening.__aenter__())
        try:
            yield Client(client, loop)
        finally:
            loop.run(opening.__aexit__(None, None, None))


class _Loop:
    """An event loop in a thread of its own. After the end every call is a `ConnectionEnded`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="emopic-client", daemon=True
        )
        self._gate = threading.Lock()
        self.ended = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._gate:
            self.ended = True
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run in the loop and wait here. An interrupt here cancels there."""
        with self._gate:
            if self.ended:
                coroutine.close()
                raise ConnectionEnded(1000, "closed by the program")
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise ConnectionEnded(1000, "closed by the program") from None
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[[], T]) -> T:
        """Call in the loop and wait here."""

        async def wrapped() -> T:
            return function()

        return self.run(wrapped())

    async def _cancel_all(self) -> None:
        """Nothing may be left that another thread waits for. The client is closed already, so
        what still runs is about to end by itself."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _, late = await asyncio.wait(others, timeout=1.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class Reader(Generic[T]):
    """A blocking iterator over a stream of the asynchronous client, with the same bounds.

    It ends when the client is closed, after what had arrived before.
    """

    def __init__(self, stream: Stream[T], loop: _Loop) -> None:
        self._stream = stream
        self._loop = loop

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        """The next item; blocks until there is one."""
        return self._next(None)

    def get(self, timeout: float) -> T:
        """The next item. Raises `RequestTimeout` after `timeout` seconds without one."""
        return self._next(timeout)

    def _next(self, timeout: float | None) -> T:
        try:
            items = self._loop.run(self._pull(timeout))
        except ConnectionEnded:
            if not self._loop.ended:
                raise
            items = self._stream.left()
        if not items:
            raise StopIteration
        return items[0]

    async def _pull(self, timeout: float | None) -> list[T]:
        """One item, or none at the end: `StopAsyncIteration` must not leave a coroutine."""
        try:
            async with asyncio.timeout(timeout):
                return [await anext(self._stream)]
        except StopAsyncIteration:
            return []
        except TimeoutError as error:
            if isinstance(error, RequestTimeout):
                raise
            raise RequestTimeout("a read", timeout or 0.0) from None


class Client:
    """A session with a server; made by `connect`."""

    def __init__(self, client: aio.Client, loop: _Loop) -> None:
        self._client = client
        self._loop = loop

    @property
    def hello(self) -> wire.Hello:
        """What the server said about itself."""
        return self._client.hello

    @property
    def emotions(self) -> tuple[str, ...]:
        """The ids of the emotions, in the order of scores and expressions."""
        return self._client.emotions

    @property
    def read_only(self) -> bool:
        """Whether the token lets this client only watch."""
        return self._client.read_only

    def put(
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
        """Register or replace a character."""
        return self._loop.run(
            self._client.put(
                character,
                face=face,
                builtin=builtin,
                url=url,
                sprites=sprites,
                options=options,
                shared=shared,
                history=history,
                backdrop=backdrop,
                timeout=timeout,
            )
        )

    def drop(self, character: str, *, timeout: float | None = None) -> None:
        """Forget a character."""
        self._loop.run(self._client.drop(character, timeout=timeout))

    def line(
        self,
        character: str,
        text: str,
        *,
        id: str | None = None,  # noqa: A002 - the protocol's word
        cut: bool = False,
        timeout: float | None = None,
    ) -> wire.Emotion:
        """Send a finished line and return what it means."""
        return self._loop.run(self._client.line(character, text, id=id, cut=cut, timeout=timeout))

    def read(self, picture: bytes | Path, *, timeout: float | None = None) -> wire.Reading:
        """Read the writing in a picture."""
        return self._loop.run(self._client.read(picture, timeout=timeout))

    def partial(self, character: str, text: str, *, id: str) -> None:  # noqa: A002
        """Send a line that is still growing."""
        self._loop.call(lambda: self._client.partial(character, text, id=id))

    def express(
        self,
        character: str,
        expression: Mapping[str, float],
        *,
        hold_ms: int | None = None,
        lock: bool = False,
    ) -> None:
        """Drive the face directly."""
        self._loop.call(
            lambda: self._client.express(character, expression, hold_ms=hold_ms, lock=lock)
        )

    def watch(
        self,
        character: str,
        *,
        frames: wire.FrameOptions | None = None,
        blendshapes: wire.BlendshapeSet | None = None,
        text: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Receive a character's emotions, and frames or blendshapes if asked for."""
        self._loop.run(
            self._client.watch(
                character, frames=frames, blendshapes=blendshapes, text=text, timeout=timeout
            )
        )

    def unwatch(self, character: str, *, timeout: float | None = None) -> None:
        """Receive nothing more of a character."""
        self._loop.run(self._client.unwatch(character, timeout=timeout))

    def ping(self, *, timeout: float | None = None) -> float:
        """Seconds to the server and back."""
        return self._loop.run(self._client.ping(timeout=timeout))

    def new_id(self) -> str:
        """A line id that no other client uses."""
        return self._loop.call(self._client.new_id)

    def events(self, *, most: int = aio.EVENTS) -> Reader[Happening]:
        """Every event from now on."""
        return Reader(self._loop.call(lambda: self._client.events(most=most)), self._loop)

    def emotions_of(self, character: str, *, most: int = aio.EVENTS) -> Reader[wire.Emotion]:
        """What the lines of a character mean from now on; watches it with the first read."""
        stream = self._loop.call(lambda: self._client.emotions_of(character, most=most))
        return Reader(stream, self._loop)

    def frames(
        self, character: str, options: wire.FrameOptions | None = None
    ) -> Reader[wire.Frame]:
        """The frames of a character, latest only; watches it with the first read."""
        return Reader(self._loop.call(lambda: self._client.frames(character, options)), self._loop)

    def blendshapes(
        self, character: str, names: wire.BlendshapeSet = "arkit"
    ) -> Reader[wire.Blendshapes]:
        """The blendshapes of a character, latest only; watches it with the first read."""
        stream = self._loop.call(lambda: self._client.blendshapes(character, names))
        return Reader(stream, self._loop)
