"""The benchmarks' own clients, on a server in this event loop: they see what happens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from benchmarks.capacity import play
from benchmarks.connections import Client
from benchmarks.driven import Company, Ledger, drive, watch
from benchmarks.peers.client import closed_ours
from tests.integration.talker import Running, running

from emopic_client import wire
from emopic_server.bench import open_loop
from emopic_server.bench.lean import enter
from emopic_server.bench.noop import NoopEngine

MANY = {"connections_per_token": 100}


def port_of(server: Running) -> int:
    port = urlsplit(server.http).port
    assert port is not None
    return port


async def test_every_picture_that_was_asked_for_is_counted() -> None:
    async with running(NoopEngine(), limits=MANY) as server:
        ledger = await play(port_of(server), characters=3, fps=10.0, seconds=0.5)
    assert ledger.asked == ledger.latency.count == 3 * 5
    assert ledger.latency.lost < ledger.asked


async def test_every_watcher_of_a_shared_face_is_counted() -> None:
    async with running(NoopEngine(), limits=MANY) as server:
        company, ledger = await Company.at(port_of(server)), Ledger(10.0, watchers=4)
        actor = await company.actor(await company.watcher(Ledger(1.0)), 0, shared=True)
        for _ in range(4):
            lean = await company.watcher(ledger)
            first = lean.expect(wire.Frame)
            lean.send(watch(actor.name))
            await first
        await drive([actor], ledger, fps=5.0, seconds=0.6, warmup_s=0.2)
        await company.part()
    assert ledger.asked == 4 * 3
    assert ledger.to_last.count == 3


async def test_a_session_that_was_cut_off_hears_what_it_missed() -> None:
    async with running(NoopEngine(), limits=MANY) as server:
        port = port_of(server)
        company, owner = await Company.at(port), await enter(port)
        await company.actor(owner, 0, shared=True)
        clients = [Client(port) for _ in range(3)]
        await asyncio.gather(*(client.join() for client in clients))
        for client in clients:
            client.cut_off()
        for number in range(2):
            answer = owner.answer()
            owner.send(wire.Line(character="actor-0", id=str(number), text="기쁘다"))
            assert isinstance(await answer, wire.Emotion)
        assert await asyncio.gather(*(client.resume(2) for client in clients)) == [True] * 3
        assert all(client.in_order for client in clients)
        for client in clients:
            client.cut_off()
        await owner.hang_up()


FAST = open_loop.Load(["기쁘다", "슬프다"], rate=100.0, seconds=0.5, warmup_s=0.1, frames=None)


async def test_every_line_of_an_open_loop_is_counted_once() -> None:
    async with running(NoopEngine(), limits=MANY) as server:
        result = await open_loop.run(port_of(server), FAST)
    counted = sum(counted for _, _, counted in open_loop.arrivals(FAST))
    assert (result.offered, result.emotion.count, result.emotion.lost) == (counted, counted, 0)
    assert set(result.spans_ms) == {"receive", "queue", "classify", "deliver"}


async def test_a_load_whose_face_is_not_to_be_had_does_not_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(open_loop, "_READY_S", 0.2)
    nobody = replace(FAST, builtin="nobody")
    async with running(NoopEngine(), limits=MANY) as server:
        with pytest.raises(TimeoutError):
            await open_loop.run(port_of(server), nobody)


async def test_a_closed_loop_has_every_line_answered() -> None:
    async with running(NoopEngine(), limits=MANY | {"messages_burst": 100_000}) as server:
        assert await closed_ours(port_of(server), seconds=0.2, width=4) > 1
