"""The engine in a process of its own: it may die in any way, and the server serves on."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from tests.integration.engine_process import (
    QUICK,
    Load,
    fake_source,
    kill,
    until_back,
    workers,
)
from tests.integration.talker import running

from emopic_client import wire
from emopic_engine.errors import ModelError
from emopic_server.config import ServerConfig
from emopic_server.errors import WorkerDied
from emopic_server.io.app import Server

SMALL = wire.FrameOptions(size=32)


async def page(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


async def test_lines_faces_and_frames_go_through_a_process() -> None:
    async with running(fake_source()) as server, server.session() as talker:
        await talker.put("a")
        await talker.send(wire.Watch(character="a", frames=SMALL))
        await talker.expect(wire.Frame)
        await talker.say("기쁘다")
        assert (await talker.expect(wire.Emotion)).top == "joy"
        assert (await talker.expect(wire.Frame, line="1")).data
        await talker.say("!engine", "2")
        assert (await talker.refused("line_empty")).ref == "2"
        await talker.send(wire.CharacterPut(character="b", face=b"no picture"))
        await talker.refused("picture_format")
        health = (await page(server.http + "/healthz")).json()
        assert health["engine"]["backend"] == "fake"
        assert health["engine_workers"][0]["pid"] == workers(server)[0].pid
        assert health["worker_memory_bytes"] > 1e6


@pytest.mark.timeout(300)
async def test_twenty_kills_under_load() -> None:
    """No socket drops, every line is answered once or refused in time, and frames come again."""
    async with running(fake_source(), worker=QUICK) as server, server.session() as talker:
        await talker.put("a")
        await talker.send(wire.Watch(character="a", frames=SMALL))
        async with Load(talker) as load:
            for _ in range(20):
                await until_back(server, kill(server), patience=15.0)
            frames = load.ledger.frames
            async with asyncio.timeout(10):
                while load.ledger.frames == frames:
                    await asyncio.sleep(0.01)
            await load.finish()
        ledger = load.ledger
        assert set(ledger.answers.values()) == {1}
        assert set(ledger.refusals) <= {"device", "busy"}
        assert ledger.slowest < 5.0
        assert ledger.notices.count("engine_away") == ledger.notices.count("engine_back") == 20
        await talker.alive()
        metrics = (await page(server.http + "/metrics")).text
        assert 'emopic_worker_restarts_total{reason="killed"} 20.0' in metrics


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("exit", "exit"),
        ("stop", "hang"),
        ("hang", "hang"),
        ("lost", "device"),
    ],
)
async def test_a_process_that_fails_is_started_again(
    fault: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "lines")
    options = {**QUICK, "lines_s": 0.5}
    async with running(fake_source(), worker=options) as server, server.session() as talker:
        await talker.put("a")
        before = workers(server)[0].pid
        assert before is not None
        await talker.say(f"!fault:{fault}", "1")
        assert (await talker.refused("device")).ref == "1"
        await until_back(server, before)
        await talker.say("기쁘다", "2")
        assert (await talker.expect(wire.Emotion)).top == "joy"
        metrics = (await page(server.http + "/metrics")).text
        assert f'emopic_worker_restarts_total{{reason="{reason}"}} 1.0' in metrics


async def test_too_little_memory_fails_one_line_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "lines")
    async with running(fake_source()) as server, server.session() as talker:
        await talker.put("a")
        before = workers(server)[0].pid
        await talker.say("!fault:memory", "1")
        assert (await talker.refused("device")).ref == "1"
        await talker.say("기쁘다", "2")
        await talker.expect(wire.Emotion, line="2")
        assert workers(server)[0].pid == before


async def test_a_lost_device_shows_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is computed after the device is lost is not shown; the face comes back by itself."""
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "lines")
    async with running(fake_source(), worker=QUICK) as server, server.session() as talker:
        await talker.put("a")
        before = workers(server)[0].pid
        assert before is not None
        await talker.say("!fault:render:lost", "1")
        await talker.expect(wire.Emotion)
        await talker.send(wire.Watch(character="a", frames=SMALL))
        await talker.refused("device")
        assert not [m for m in talker.seen if isinstance(m, wire.Frame)]
        await until_back(server, before)
        assert (await talker.expect(wire.Frame)).data


async def test_while_the_engine_is_away_the_server_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`/readyz` is red, lines are refused before they have waited too long, pings are answered."""
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "again:hang")
    options = {"worker": QUICK, "queue": {"line_wait_ms": 300}}
    async with running(fake_source(), **options) as server, server.session() as talker:
        await talker.put("a")
        assert (await page(server.http + "/readyz")).status_code == 200
        kill(server)
        await talker.expect(wire.Notice, code="engine_away")
        ready = await page(server.http + "/readyz")
        assert ready.status_code == 503
        assert ready.text == (
            "worker 0 is being started again: its process was killed by SIGKILL\n"
        )
        health = (await page(server.http + "/healthz")).json()
        assert (health["status"], health["workers_away"]) == ("the engine is away", 1)
        await talker.say("기쁘다", "1")
        refused = await talker.refused("busy")
        assert refused.ref == "1"
        assert refused.retry_ms
        await talker.alive()


async def test_an_engine_that_cannot_be_loaded_ends_the_server_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "load:error:9")
    with pytest.raises(ModelError, match="cannot be loaded"):
        await Server(ServerConfig(port=0), fake_source()).run()


async def test_a_start_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "load:kill:1")
    async with running(fake_source(), worker=QUICK) as server, server.session() as talker:
        await talker.alive()


@pytest.mark.parametrize(
    ("fault", "limits", "message"),
    [
        ("load:kill:9", {"tries": 2}, "was killed by SIGKILL, 2 times in a row"),
        ("load:hang:9", {"tries": 1, "start_s": 0.5}, "took too long to load, 1 times"),
    ],
)
async def test_starts_that_keep_failing_end_the_server(
    fault: str, limits: dict[str, float], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", fault)
    config = ServerConfig.load(port=0, worker={**QUICK, **limits})
    with pytest.raises(WorkerDied, match=message):
        await Server(config, fake_source()).run()


async def test_restarts_that_keep_failing_end_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "again:error")
    options = {**QUICK, "tries": 2}
    async with running(fake_source(), worker=options) as server, server.session() as talker:
        kill(server)
        assert (await talker.closed()).code == wire.SERVER_FAULT.code
        with pytest.raises(ModelError, match="cannot be loaded"):
            await server.task
