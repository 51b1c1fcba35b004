"""A whole server that keeps a history, and one whose history cannot be written."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from tests.fakes import FakeEngine
from tests.integration.talker import Running, running

from emopic_client import wire
from emopic_server.config import ServerConfig
from emopic_server.errors import HistoryError
from emopic_server.history.database import Database, Event, Scope
from emopic_server.history.queries import events
from emopic_server.io.app import Server


def kept(path: Path) -> list[Event]:
    database = Database(str(path))
    database.prepare()
    found = list(events(database, Scope()))
    database.close()
    return found


async def text(server: Running, path: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(server.http + path)).text


async def test_what_sessions_ask_for_is_there_after_the_server(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    table = {"url": str(path), "keep": "text"}
    async with running(history=table, guard="mask") as server:
        async with server.session(history="text") as talker:
            await talker.put()
            await talker.say("기쁘다 씨발")
            emotion = await talker.expect(wire.Emotion)
        async with server.session() as talker:
            await talker.put()
            await talker.say("이 말은 두지 마")
            await talker.expect(wire.Emotion)
    (event,) = kept(path)
    assert (event.text, event.speaker, event.top) == ("기쁘다 **", "test", emotion.top)
    assert event.labels == FakeEngine().emotions.names
    assert event.scores == pytest.approx(emotion.scores, abs=1e-3)


async def test_a_history_that_cannot_be_written_stops_no_line(tmp_path: Path) -> None:
    """Its folder is not there yet, as when a disk is not mounted."""
    path = tmp_path / "disk" / "history.db"
    async with (
        running(history={"url": str(path)}) as server,
        server.session(history="scores") as talker,
    ):
        await talker.put()
        for number in range(3):
            await talker.say("기쁘다", str(number))
            await talker.expect(wire.Emotion, line=str(number))
        async with asyncio.timeout(20):
            while "history_ok 0" not in (metrics := await text(server, "/metrics")):
                await talker.alive()
        assert 'history_events_total{outcome="failed"}' in metrics
        assert await text(server, "/readyz") == ("ready, but the history is not being written\n")
        path.parent.mkdir()
        async with asyncio.timeout(30):
            while await text(server, "/readyz") != "ready\n":
                await talker.alive()
    assert len(kept(path)) == 3


async def test_a_history_of_an_unknown_kind_ends_the_start() -> None:
    config = ServerConfig.load(port=0, history={"url": "mysql://x/y"})
    with pytest.raises(HistoryError, match="mysql"):
        await Server(config, FakeEngine).run()
