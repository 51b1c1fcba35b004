"""One client that floods a real server, and others that do not: counted in batches, not in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.fakes import FakeEngine, FakeScores
from tests.integration.talker import Talker, running

from emopic_client import wire
from emopic_engine.errors import EngineError

FLOOD = 300


async def heard(talker: Talker) -> None:
    """Wait until the server has taken in all that was sent; errors are no surprise."""
    await talker.send(wire.Ping(token="heard?"))
    while not isinstance(await talker.receive(), wire.Pong):
        pass


async def test_a_flood_does_not_hold_up_the_others() -> None:
    """The others' lines are in the batch after the one under way; the excess gets `busy`."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running())
        talkers = [await stack.enter_async_context(server.session()) for _ in range(5)]
        for talker in talkers:
            await talker.put("a")
        flooder, *others = talkers
        engine = server.engine
        engine.classifying.close()
        for number in range(FLOOD):
            await flooder.say("짜증나", str(number))
        await heard(flooder)
        assert await asyncio.to_thread(engine.classifying.waiting.wait, 10)
        for talker in others:
            await talker.say("기쁘다")
            await heard(talker)
        engine.classifying.open()
        for talker in others:
            assert (await talker.expect(wire.Emotion)).top == "joy"
        assert engine.batches[1].count("기쁘다") == len(others)
        answers: dict[str, str] = {}
        for message in flooder.seen:
            if isinstance(message, wire.Error):
                assert message.code == "busy"
                assert message.retry_ms
                answers[message.ref or ""] = "busy"
        assert answers, "the queue has a bound"
        while len(answers) < FLOOD:
            message = await flooder.receive()
            if isinstance(message, wire.Emotion):
                assert message.line not in answers
                answers[message.line] = "emotion"


class Slow(FakeEngine):
    """Takes its time with every line, as models on a processor do."""

    def classify(self, lines: Sequence[str]) -> list[FakeScores | EngineError]:
        time.sleep(0.001 + 0.004 * len(lines))
        return super().classify(lines)


async def flood(talker: Talker, waiting: int, enough: asyncio.Event) -> None:
    """Keep so many lines waiting until it is enough."""
    number = 0
    while not enough.is_set():
        await talker.say("짜증나", str(number))
        number += 1
        while number > waiting and not isinstance(await talker.receive(), wire.Emotion):
            pass


async def test_one_who_has_used_most_of_the_engine_is_not_in_the_batches_of_others() -> None:
    """No rate limit is in the way: the scheduler alone puts a flood behind the others."""
    engine, said, enough = Slow(), 30, asyncio.Event()
    async with running(engine) as server, server.session() as flooder, server.session() as other:
        for talker in (flooder, other):
            await talker.put("a")
        flooding = asyncio.create_task(flood(flooder, 30, enough))
        for number in range(said):
            await other.say("기쁘다", str(number))
            await other.expect(wire.Emotion, line=str(number))
            await asyncio.sleep(0.05)  # its rate: one who sends as much as the flood is no better
        enough.set()
        await flooding
    batches = [batch for batch in engine.batches if "기쁘다" in batch]
    assert len(batches) == said
    alone = sum(len(batch) == 1 for batch in batches[said // 3 :])
    assert alone >= 0.5 * said, "what a batch costs is learned from a clock"
    assert sum(map(len, engine.batches)) > 3 * said, "the flood has what is left"
