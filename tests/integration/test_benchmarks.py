"""The benchmarks' own clients, on a server in this event loop: they see what happens."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from benchmarks.capacity import play
from benchmarks.connections import Client
from benchmarks.driven import Company, Ledger, drive, watch
from tests.integration.talker import Running, running

from emopic_client import wire
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
