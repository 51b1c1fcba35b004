"""In: a Twitch channel's chat, read without an account.

IRC over a TLS websocket, under a `justinfan` name, which Twitch lets read and not write.
Source: https://dev.twitch.tv/docs/chat/irc/.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from emopic_client.bridges.errors import BridgeError, SourceEnded
from emopic_client.bridges.gate import ChatLine
from emopic_client.bridges.irc import IrcMessage, chat_line, parse

URL: Final = "wss://irc-ws.chat.twitch.tv:443"
_CHANNEL: Final = re.compile(r"[a-z0-9_]{1,25}")
_MESSAGE_BYTES: Final = 64 * 1024
_SILENCE_S: Final = 30.0
# Notices about the channel that trying again would not change.
_GONE: Final = frozenset({"msg_channel_suspended", "msg_banned", "tos_ban"})


def channel_name(text: str) -> str:
    """`https://www.twitch.tv/Name`, `#name` or `Name` as Twitch's chat wants it.

    Raises `BridgeError` for what cannot be a channel.
    """
    name = text.strip().rstrip("/").rsplit("/", 1)[-1].removeprefix("#").lower()
    if not _CHANNEL.fullmatch(name):
        raise BridgeError(f"not a Twitch channel: {text!r}; use its name, as in twitch.tv/NAME")
    return name


async def twitch(channel: str, url: str = URL) -> AsyncIterator[ChatLine]:
    """The lines of a channel from now on, until the connection ends with a `BridgeError`."""
    name = channel_name(channel)
    try:
        async with connect(url, max_size=_MESSAGE_BYTES, ping_timeout=_SILENCE_S) as socket:
            await _join(socket, name)
            async for data in socket:
                for message in _messages(data):
                    await _answer(socket, message)
                    if (line := chat_line(message)) is not None:
                        yield line
    except ConnectionClosed as error:
        raise BridgeError(f"Twitch closed the connection: {error}") from error
    except (OSError, WebSocketException) as error:
        raise BridgeError(f"cannot connect to {url}: {error}") from error
    raise BridgeError("Twitch closed the connection")


async def _join(socket: ClientConnection, name: str) -> None:
    await socket.send("CAP REQ :twitch.tv/tags twitch.tv/commands")
    await socket.send(f"NICK justinfan{random.randrange(10_000, 100_000)}")
    await socket.send(f"JOIN #{name}")


def _messages(data: str | bytes) -> list[IrcMessage]:
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    parsed = (parse(line) for line in text.split("\r\n") if line)
    return [message for message in parsed if message is not None]


async def _answer(socket: ClientConnection, message: IrcMessage) -> None:
    match message.command:
        case "PING":
            await socket.send(f"PONG :{message.last}")
        case "RECONNECT":
            raise BridgeError("Twitch asked to connect again")
        case "NOTICE" if message.tags.get("msg-id") in _GONE:
            raise SourceEnded(f"Twitch: {message.last}")
        case "NOTICE" if "authentication" in message.last.casefold():
            raise SourceEnded(f"Twitch: {message.last}")
