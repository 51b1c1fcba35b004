"""In: the chat of a CHZZK channel, read without an account by the chzzkpy library.

chzzkpy follows CHZZK's web page, which no document describes; CHZZK's official interface needs an
application of one's own and the streamer's consent. It pins the version of everything it uses, so
it is an extra of its own: `emopic-client[chzzk]`, in an environment of its own.
Source: https://github.com/gunyu1019/chzzkpy (2.2, `chzzkpy.unofficial.chat`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final, Protocol

from emopic_client.bridges.errors import BridgeError, MissingExtra, SourceEnded
from emopic_client.bridges.gate import ChatLine

_CHANNEL: Final = re.compile(r"[0-9a-f]{32}")
_EMOJI: Final = re.compile(r"\{:\w+:\}")
_WAITING: Final = 256  # lines; a chat that is faster than its reader loses the oldest


class ChatClient(Protocol):
    """What is used of `chzzkpy.unofficial.chat.ChatClient`."""

    def event(self, coro: Callable[..., Coroutine[Any, Any, None]], /) -> object:
        """Call `coro` for the event of its name."""

    async def connect(self) -> None:
        """Read the chat until it ends or fails."""

    async def close(self) -> None:
        """Close everything."""


def channel_id(text: str) -> str:
    """The 32 letters and digits of a channel, or of an address with them. Raises `BridgeError`."""
    found = _CHANNEL.search(text.lower())
    if found is None:
        raise BridgeError(f"not a CHZZK channel: {text!r}; use chzzk.naver.com/live/… or its id")
    return found[0]


async def chzzk(
    channel: str, make: Callable[[str], ChatClient] | None = None
) -> AsyncIterator[ChatLine]:
    """What is written from now on. Ends with `SourceEnded` where there is no chat to read, with
    `BridgeError` where the connection fails."""
    client = (make or _client)(channel_id(channel))
    lines: asyncio.Queue[ChatLine] = asyncio.Queue()

    async def on_chat(message: Any) -> None:
        if lines.qsize() >= _WAITING:
            lines.get_nowait()
        lines.put_nowait(_line(message))

    client.event(on_chat)
    connection = asyncio.create_task(client.connect())
    try:
        async for line in _until(connection, lines):
            yield line
    finally:
        connection.cancel()
        await asyncio.wait([connection])
        await client.close()


async def _until(
    connection: asyncio.Task[None], lines: asyncio.Queue[ChatLine]
) -> AsyncIterator[ChatLine]:
    """Lines until the connection is over, and then why."""
    while not connection.done():
        getting = asyncio.create_task(lines.get())
        try:
            await asyncio.wait([getting, connection], return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not getting.done():
                getting.cancel()
        if getting.done() and not getting.cancelled():
            yield getting.result()
    raise _ending(connection)


def _ending(connection: asyncio.Task[None]) -> BridgeError:
    error = connection.exception()
    text = f"CHZZK: {error or 'the connection is closed'}"
    refused = type(error).__name__ == "ChatConnectFailed"  # not live, adults only, no channel
    return SourceEnded(text) if refused else BridgeError(text)


def _line(message: Any) -> ChatLine:
    speaker = message.profile.nickname if message.profile is not None else ""
    return ChatLine(_EMOJI.sub(" ", message.content), speaker)


def _client(channel: str) -> ChatClient:
    try:
        from chzzkpy.unofficial.chat import ChatClient as TheirClient
    except ModuleNotFoundError as error:
        raise MissingExtra("chzzkpy", "chzzk") from error
    client: ChatClient = TheirClient(channel)
    return client
