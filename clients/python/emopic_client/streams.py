"""Bounded queues between the connection and the program that reads from it.

Each stream states what happens at its bound. All belong to one event loop. A stream ends when the
client does: iteration stops if the program closed the client, and raises what ended it otherwise,
in both cases after everything that had arrived before.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Self, TypeAlias, TypeVar

from emopic_client.errors import Overflow
from emopic_client.wire import Blendshapes, Emotion, Event, Frame, State

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection was lost; the client is connecting again by itself."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The session is open again. Not `resumed`: the server had forgotten it, events of the
    meantime are lost, and the client has put and watched its characters again."""

    resumed: bool


Happening: TypeAlias = Event | Disconnected | Reconnected


class Stream(ABC, Generic[T]):
    """An asynchronous iterator over what arrives. `first` is awaited before the first item."""

    def __init__(self, first: Callable[[], Awaitable[object]] | None = None) -> None:
        self._items: deque[T] = deque()
        self._more = asyncio.Event()
        self._ended = False
        self._error: BaseException | None = None
        self._first = first

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """The next item, oldest first. Cancelling a wait loses nothing."""
        if self._first is not None:
            await self._first()
            self._first = None
        while not self._items:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._more.clear()
            await self._more.wait()
        return self._items.popleft()

    def left(self) -> list[T]:
        """The oldest item if one waits, without waiting; for when the loop is gone."""
        return [self._items.popleft()] if self._items else []

    def put(self, item: T) -> None:
        """Add an item, with the stream's rule at the bound."""
        if not self._ended:
            self._add(item)
            self._more.set()

    @abstractmethod
    def offer(self, item: Happening | State) -> None:
        """Put an item that this stream is for; others are none of its business."""

    def end(self, error: BaseException | None) -> None:
        """Nothing more will come."""
        if not self._ended:
            self._ended = True
            self._error = error
            self._more.set()

    @abstractmethod
    def _add(self, item: T) -> None:
        """Keep one more item; each kind of stream says what happens at its bound."""


class Events(Stream[Happening]):
    """Every event since the stream was made, in order.

    Events are never dropped silently: a reader that lets `most` of them wait gets those, and then
    `Overflow`.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def offer(self, item: Happening | State) -> None:
        """All but frames and blendshapes."""
        if not isinstance(item, Frame | Blendshapes):
            self.put(item)

    def _add(self, item: Happening) -> None:
        if len(self._items) >= self._most:
            self.end(Overflow(f"{self._most} events waited to be read; later ones are lost"))
        else:
            self._items.append(item)


class Emotions(Stream[Emotion]):
    """What one character's lines mean, whoever said them, in order.

    The bound is that of `Events`.
    """

    def __init__(self, character: str, first: Callable[[], Awaitable[object]], most: int) -> None:
        super().__init__(first)
        self.character = character
        self._most = most

    def offer(self, item: Happening | State) -> None:
        """Those of its character."""
        if isinstance(item, Emotion) and item.character == self.character:
            self.put(item)

    def _add(self, item: Emotion) -> None:
        if len(self._items) >= self._most:
            self.end(Overflow(f"{self._most} emotions waited to be read; later ones are lost"))
        else:
            self._items.append(item)


class Frames(Stream[Frame]):
    """The latest frame of one character: a slow reader skips the ones between.

    At most two wait: a patch is drawn over the last full frame, so an unread full frame stays in
    front of the patch that follows it.
    """

    def __init__(self, character: str, first: Callable[[], Awaitable[object]]) -> None:
        super().__init__(first)
        self.character = character

    def offer(self, item: Happening | State) -> None:
        """Those of its character."""
        if isinstance(item, Frame) and item.character == self.character:
            self.put(item)

    def _add(self, item: Frame) -> None:
        if item.rect is None:
            self._items.clear()
        elif self._items and self._items[-1].rect is not None:
            self._items.pop()
        self._items.append(item)


class Shapes(Stream[Blendshapes]):
    """The latest blendshapes of one character, always with names: a slow reader skips some."""

    def __init__(self, character: str, first: Callable[[], Awaitable[object]]) -> None:
        super().__init__(first)
        self.character = character

    def offer(self, item: Happening | State) -> None:
        """Those of its character."""
        if isinstance(item, Blendshapes) and item.character == self.character:
            self.put(item)

    def _add(self, item: Blendshapes) -> None:
        self._items.clear()
        self._items.append(item)
