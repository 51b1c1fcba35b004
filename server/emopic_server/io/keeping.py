"""What outlives the server: the shared characters in a store, and the history. Both are off unless
the configuration names a place for them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from emopic_server.config import ServerConfig
from emopic_server.core.hub import Hub
from emopic_server.core.work import Kept
from emopic_server.io.reading import HistoryReader

if TYPE_CHECKING:  # SQLAlchemy takes its time to import
    from emopic_server.history.database import Database
    from emopic_server.io.history import Historian
    from emopic_server.io.store import Keeper

log = logging.getLogger(__name__)


class Keeping:
    """Opens, feeds and closes them. `failed` hears of a store that cannot be written.

    A store that fails ends the server, for it would break a promise; a history that fails does not.
    """

    def __init__(self, config: ServerConfig, failed: Callable[[BaseException], None]) -> None:
        self.historian: Historian | None = None
        self.reader = HistoryReader(config)
        self._config = config
        self._failed = failed
        self._keeper: Keeper | None = None
        self._kept: list[Kept] = []
        self._archive: Database | None = None

    async def open(self) -> None:
        """Open the store and read it. Raises `StoreError`, or `HistoryError` for a bad address."""
        if self._config.store is not None:
            await self._open_store(self._config.store)
        if self._config.history.url is not None:
            from emopic_server.history.database import Database

            self._archive = await asyncio.to_thread(Database, self._config.history.url)

    def begin(self, hub: Hub) -> None:
        """The engine is ready: give back what was kept, and start the history."""
        hub.stage.restore(self._kept)
        self._kept = []
        if self._archive is not None:
            self.historian = self._historian(self._archive, hub)
            self.reader.open(self._archive)

    def pump(self, hub: Hub) -> None:
        """Take over what the hub wants kept."""
        if self._keeper is not None and hub.stage.changes:
            self._keeper.keep(hub.stage.changes)
        if self.historian is not None and hub.moments:
            self.historian.keep(hub.moments)

    async def close(self) -> None:
        """Write what waits, and let go."""
        if self._keeper is not None:
            await self._keeper.close()
        self.reader.close()
        if self.historian is not None:
            await self.historian.close()

    async def _open_store(self, where: str) -> None:
        from emopic_server.io.store import Keeper, SqlStore

        store = await asyncio.to_thread(SqlStore, where)
        self._kept = await asyncio.to_thread(store.load)
        self._keeper = Keeper(store, self._store_failed)
        log.info("%d shared characters are kept in the store", len(self._kept))

    def _store_failed(self, error: BaseException) -> None:
        log.error("%s", error)
        self._failed(error)

    def _historian(self, archive: Database, hub: Hub) -> Historian:
        from emopic_server.io.history import Historian

        def count(outcome: str, number: int) -> None:
            hub.metrics.count("history_events", outcome, number)

        days = self._config.history.days
        return Historian(archive, hub.emotions.names, count, days=days)
