"""One client that floods a real server, and others that do not: counted in batches, not in time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from tests.integration.talker import Talker, running

from emopic_client import wire

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
