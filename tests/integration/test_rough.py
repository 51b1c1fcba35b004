"""Rough treatment: cuts, floods and crowds. Nobody loses an event, and nobody else suffers."""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

import pytest
from tests.fakes import FakeEngine
from tests.integration.talker import Running, Talker, running
from websockets.exceptions import ConnectionClosed

from emopic_client import wire


@pytest.mark.parametrize("seed", range(3))
async def test_cuts_lose_double_and_reorder_nothing(seed: int) -> None:
    """However often it is cut off, a client sees events 1, 2, 3 … and an answer to every line."""
    random = Random(seed)
    client = CutClient(random, lines=60)
    async with running() as server:
        await client.run(server, cuts=25)
    assert client.events == list(range(1, len(client.events) + 1))
    assert client.unanswered == set()
    assert client.resumes >= 20


class CutClient:
    """Resumes after each cut, and says again what has not been answered."""

    def __init__(self, random: Random, lines: int) -> None:
        self._random = random
        self.unanswered = {f"line-{number}" for number in range(lines)}
        self.events: list[int] = []
        self.resumes = 0
        self._session = ""
        self._unsent = sorted(self.unanswered)

    async def run(self, server: Running, cuts: int) -> None:
        for cut in range(cuts + 1):
            async with server.connect() as talker:
                await self._open(talker)
                budget = None if cut == cuts else self._random.randint(1, 12)
                with contextlib.suppress(ConnectionClosed):
                    await self._talk(talker, budget)
                talker.ws.transport.abort()

    async def _open(self, talker: Talker) -> None:
        seq = self.events[-1] if self.events else 0
        resume = wire.Resume(session=self._session, seq=seq) if self._session else None
        ready = await talker.open(resume=resume)
        if self._session:
            assert ready == wire.Ready(session=self._session, seq=seq, resumed=True)
            self.resumes += 1
            await talker.send(wire.Ping(token="caught up"))
            while not isinstance(message := await talker.receive(), wire.Pong):
                self._take(message)
        else:
            await talker.send(wire.CharacterPut(character="a", builtin="haru"))
            self._take(await talker.receive())
        self._session = ready.session
        self._unsent = sorted(self.unanswered)

    async def _talk(self, talker: Talker, budget: int | None) -> None:
        """Send and read in random order until cut, or without a budget until all is answered."""
        while self.unanswered if budget is None else budget > 0:
            budget = None if budget is None else budget - 1
            if self._unsent and self._random.random() < 0.6:
                await talker.say("기쁘다", self._unsent.pop(0))
            elif budget is None and not self._unsent:
                self._take(await talker.receive())
            else:
                with contextlib.suppress(TimeoutError):
                    self._take(await asyncio.wait_for(talker.receive(), 0.005))

    def _take(self, message: wire.ServerMessage) -> None:
        assert not isinstance(message, wire.Error), message
        if isinstance(message, wire.Emotion | wire.CharacterReady):
            self.events.append(message.seq)
        if isinstance(message, wire.Emotion):
            self.unanswered.discard(message.line)


async def test_a_flood_ends_the_flooder_and_nobody_else() -> None:
    limits = {"messages_per_minute": 120, "messages_burst": 40}
    async with running(limits=limits) as server, server.session() as good:
        await good.put("a")
        async with server.session() as bad:
            with contextlib.suppress(ConnectionClosed):
                for _ in range(3000):
                    await bad.send(wire.Ping())
            assert (await bad.closed()).code == wire.RATE_LIMITED.code
        await good.say("기쁘다")
        await good.expect(wire.Emotion)


async def test_one_who_talks_too_much_does_not_delay_the_other() -> None:
    engine = FakeEngine()
    async with running(engine) as server, server.session() as loud, server.session() as quiet:
        await loud.put("a")
        await quiet.put("a")
        engine.classifying.close()
        await loud.say("first", "first")
        await asyncio.to_thread(engine.classifying.waiting.wait, 5)
        for number in range(60):
            await loud.say("기쁘다", str(number))
        await loud.alive()
        await quiet.say("조용히", "only")
        await quiet.alive()
        engine.classifying.open()
        await quiet.expect(wire.Emotion, line="only")
        assert "조용히" in engine.batches[1], "the very next batch"


async def test_a_crowd_comes_back_at_once() -> None:
    async with running(limits={"connections_per_token": 200}) as server:
        opened: list[wire.Ready] = []

        async def come(resume: wire.Resume | None = None) -> None:
            async with server.connect() as talker:
                ready = await talker.open(resume=resume)
                assert ready.resumed == (resume is not None)
                opened.append(ready)
                if resume is None:
                    await talker.put("a")
                talker.ws.transport.abort()

        await asyncio.gather(*(come() for _ in range(100)))
        first = list(opened)
        await asyncio.gather(*(come(wire.Resume(session=r.session, seq=1)) for r in first))
        assert len({ready.session for ready in opened}) == 100


async def test_many_characters_at_once_stay_apart() -> None:
    """Each session sees its own character's frames only, each with its own lines."""
    async with running(atlas_mb=0) as server, contextlib.AsyncExitStack() as stack:
        talkers = [await stack.enter_async_context(server.session()) for _ in range(6)]
        for talker in talkers:
            await talker.put("a", builtin="haru")
            await talker.send(wire.Watch(character="a", frames=wire.FrameOptions(size=32)))
        for number, talker in enumerate(talkers):
            await talker.say("기쁘다" if number % 2 else "슬프다 ㅠㅠ", f"of-{number}")
        for number, talker in enumerate(talkers):
            frame = await talker.expect(wire.Frame, line=f"of-{number}")
            felt = {message.line for message in talker.seen if isinstance(message, wire.Emotion)}
            assert felt == {f"of-{number}"}
            assert (frame.expression[0] > 0) == bool(number % 2)


async def test_a_client_that_reads_nothing_is_cut_off() -> None:
    """Its socket is full, so not even a ping reaches it: nothing else would end it."""
    async with running(limits={"ping_s": 0.3}) as server, server.session() as talker:
        big = wire.FrameOptions(size=1024, format="raw", patches=False, fps=60)
        await talker.put("a", options=wire.CharacterOptions(transition_ms=0))
        await talker.send(wire.Watch(character="a", frames=big))
        await talker.expect(wire.Frame)
        talker.ws.transport.pause_reading()
        hub = server.server._hub
        assert hub is not None
        async with asyncio.timeout(20):
            step = 0
            while hub.post.connections:
                step += 1
                weights = {"joy": step % 16 / 16}
                with contextlib.suppress(ConnectionClosed):
                    await talker.send(wire.Express(character="a", expression=weights))
                await asyncio.sleep(0.02)
        talker.ws.transport.abort()
        (session,) = hub.post.sessions.values()
        assert session.connection is None, "it may come back"
