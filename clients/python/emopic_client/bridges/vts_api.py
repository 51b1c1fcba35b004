"""VTube Studio's public API, version 1.0: questions and answers over one websocket.

Source: https://github.com/DenchiSoft/VTubeStudio (README, "API Details", and Files/ErrorID.cs).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from emopic_client.bridges.errors import BridgeError

PLUGIN: Final = "Emopic"  # name and developer are 3 … 32 characters and belong to the token
DEVELOPER: Final = "Emopic contributors"
ANSWER_S: Final = 10.0
ALLOW_S: Final = 300.0  # a person has to see a window and press Allow

ACCESS_OFF: Final = 1
NEEDS_AUTHENTICATION: Final = 8
DENIED: Final = 50
BEING_ASKED: Final = 51


class VtsLost(BridgeError):
    """No connection to VTube Studio, or not any more: try again."""


class VtsRefused(BridgeError):
    """VTube Studio answered with `APIError`; `error_id` is from its ErrorID.cs."""

    def __init__(self, request: str, error_id: int, message: str) -> None:
        super().__init__(f"VTube Studio refused {request}: {message} (error {error_id})")
        self.error_id = error_id


class _Answer(msgspec.Struct, rename="camel"):
    """What of an answer is needed; other fields are left alone."""

    message_type: str
    request_id: str = msgspec.field(name="requestID", default="")
    data: dict[str, Any] = {}


class Vts:
    """One connection; made by `vts_connection`. Questions may be asked concurrently."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[_Answer]] = {}

    async def ask(self, request: str, *, timeout: float = ANSWER_S, **data: Any) -> dict[str, Any]:
        """The `data` of the answer to `request` (`"APIState"` for `APIStateRequest`).

        Raises `VtsRefused` for an `APIError`, `VtsLost` without an answer.
        """
        name = f"emopic-{next(self._ids)}"
        future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting[name] = future
        message = {
            "apiName": "VTubeStudioPublicAPI",
            "apiVersion": "1.0",
            "requestID": name,
            "messageType": f"{request}Request",
            "data": data,
        }
        try:
            await self._socket.send(msgspec.json.encode(message).decode())
            async with asyncio.timeout(timeout):  # `wait_for` may swallow a cancellation (3.11)
                answer = await future
        except TimeoutError as error:
            raise VtsLost(f"VTube Studio did not answer {request} in {timeout:g} s") from error
        except ConnectionClosed as error:
            raise VtsLost("VTube Studio closed the connection") from error
        finally:
            del self._waiting[name]
        if answer.message_type == "APIError":
            text = str(answer.data.get("message", ""))
            raise VtsRefused(request, int(answer.data.get("errorID", 0)), text)
        return answer.data

    async def read(self) -> None:
        """Hand answers to who asked, until the connection ends."""
        decoder = msgspec.json.Decoder(_Answer)
        with contextlib.suppress(ConnectionClosed):
            async for data in self._socket:
                with contextlib.suppress(msgspec.DecodeError):  # an event, or nonsense
                    answer = decoder.decode(data)
                    future = self._waiting.get(answer.request_id)
                    if future is not None and not future.done():
                        future.set_result(answer)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(VtsLost("VTube Studio closed the connection"))

    async def new_token(self) -> str:
        """Ask the user, in VTube Studio, to allow this program. May take minutes."""
        answer = await self.ask(
            "AuthenticationToken", timeout=ALLOW_S, pluginName=PLUGIN, pluginDeveloper=DEVELOPER
        )
        return str(answer["authenticationToken"])

    async def authenticate(self, token: str) -> bool:
        """Whether VTube Studio takes the token for this connection."""
        answer = await self.ask(
            "Authentication",
            pluginName=PLUGIN,
            pluginDeveloper=DEVELOPER,
            authenticationToken=token,
        )
        return bool(answer.get("authenticated"))


@contextlib.asynccontextmanager
async def vts_connection(url: str) -> AsyncIterator[Vts]:
    """A connection to VTube Studio. Raises `VtsLost` where there is none."""
    try:
        socket = await connect(url, compression=None, max_size=16 * 1024 * 1024, proxy=None)
    except (OSError, WebSocketException) as error:
        text = f"VTube Studio is not at {url} ({error}): start it and allow plugins in its settings"
        raise VtsLost(text) from error
    vts = Vts(socket)
    reader = asyncio.create_task(vts.read())
    try:
        yield vts
    finally:
        await socket.close()
        await reader
