"""The Emopic end of a bridge: which server, which character."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from emopic_client.aio import Client, connect
from emopic_client.bridges.errors import BridgeError
from emopic_client.errors import RequestRefused
from emopic_client.wire import GuardMode, HistoryMode


@dataclass(frozen=True, slots=True)
class Target:
    """A server and a character. `builtin` is the face of a character that is not there yet.

    `guard` is what the server does with profane lines, `history` what it may keep of lines.
    """

    url: str = "ws://127.0.0.1:8765"
    token: str | None = None
    character: str = "streamer"
    builtin: str | None = None
    guard: GuardMode | None = None
    history: HistoryMode | None = None

    @contextlib.asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[Client]:
        """A client whose character is there and watched; `name` is the program's.

        A character that nobody has put is made, shared, so that overlays and other bridges see
        it. Raises the client's errors.
        """
        async with connect(
            self.url, token=self.token, name=name, guard=self.guard, history=self.history
        ) as client:
            await self._ensure(client)
            yield client

    async def _ensure(self, client: Client) -> None:
        try:
            await client.watch(self.character)
        except RequestRefused as error:
            if error.code != "unknown_character":
                raise
            await client.put(self.character, builtin=self._face(client), shared=True)
            await client.watch(self.character)

    def _face(self, client: Client) -> str:
        if self.builtin is not None:
            return self.builtin
        builtins = client.hello.builtins
        if not builtins:
            raise BridgeError(f"nobody has put {self.character!r}, and the server has no faces")
        ids = [builtin.id for builtin in builtins]
        return self.character if self.character in ids else ids[0]
