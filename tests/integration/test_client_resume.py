"""Lost connections and lost servers, seen from a program that uses the client."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from tests.integration.proxy import Proxy, proxy_to
from tests.integration.talker import Running, running

import emopic_client
from emopic_client import Backoff, Client, Disconnected, Reconnected, wire
from emopic_client.streams import Happening

AT_ONCE = Backoff(first=0.01, most=0.05)
PATIENCE_S = 30.0


def port(server: Running) -> int:
    found = urlsplit(server.http).port
    assert found is not None
    return found


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    async with running() as server:
        yield server


@pytest.fixture
async def proxy(server: Running) -> AsyncIterator[Proxy]:
    async with proxy_to(port(server)) as proxy:
        yield proxy


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[Client]:
    async with emopic_client.connect(proxy.url, reconnect=AT_ONCE, timeout=PATIENCE_S) as client:
        yield client


async def until(events: AsyncIterator[Happening], kind: type) -> list[Happening]:
    """Events up to the first of a kind, that one included."""
    seen = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in events:
            seen.append(event)
            if isinstance(event, kind):
                return seen
    raise AssertionError(f"the stream ended before a {kind.__name__}: {seen}")


def numbers(events: list[Happening]) -> list[int]:
    return [e.seq or 0 for e in events if not isinstance(e, Disconnected | Reconnected)]


async def test_a_cut_connection_is_resumed(client: Client, proxy: Proxy) -> None:
    events = client.events()
    await client.put("minji", builtin="haru")
    proxy.cut()
    seen = await until(events, Reconnected)
    assert [type(event) for event in seen] == [wire.CharacterReady, Disconnected, Reconnected]
    assert seen[-1] == Reconnected(resumed=True)
    assert (await client.line("minji", "너무 좋아")).seq == 2


async def test_an_answer_that_got_lost_is_received_after_the_resume(
    client: Client, proxy: Proxy, server: Running
) -> None:
    await client.put("minji", builtin="haru")
    events = client.events()
    server.engine.classifying.close()
    line = asyncio.create_task(client.line("minji", "너무 좋아"))
    await asyncio.to_thread(server.engine.classifying.waiting.wait, PATIENCE_S)
    proxy.accepting = False
    proxy.cut()
    await until(events, Disconnected)
    server.engine.classifying.open()
    proxy.accepting = True
    assert (await line).top == "joy"
    seen = await until(events, wire.Emotion)
    assert numbers(seen) == [2]


async def test_a_line_said_while_away_is_answered_on_return(client: Client, proxy: Proxy) -> None:
    await client.put("minji", builtin="haru")
    events = client.events()
    proxy.accepting = False
    proxy.cut()
    await until(events, Disconnected)
    line = asyncio.create_task(client.line("minji", "슬퍼"))
    client.express("minji", {"joy": 1.0})
    await asyncio.sleep(0)
    proxy.accepting = True
    assert (await line).top == "sadness"


async def test_frames_go_on_with_a_full_one(client: Client, proxy: Proxy) -> None:
    await client.put("minji", builtin="haru")
    frames = client.frames("minji")
    await anext(frames)
    events = client.events()
    proxy.cut()
    await until(events, Reconnected)
    client.express("minji", {"joy": 1.0})
    async with asyncio.timeout(PATIENCE_S):
        assert (await anext(frames)).rect is None


@pytest.mark.parametrize("seed", range(4))
async def test_random_cuts_lose_double_and_reorder_nothing(
    client: Client, proxy: Proxy, seed: int
) -> None:
    """Connections are cut after a random number of bytes, in the middle of anything."""
    chance = random.Random(seed)
    await client.put("minji", builtin="haru")
    events = client.events()
    proxy.cut_after = lambda: chance.randint(2_500, 6_000)
    proxy.cut()
    answered = {}

    async def speak(number: int) -> None:
        emotion = await client.line("minji", "너무 좋아" if number % 2 else "슬퍼", id=str(number))
        answered[emotion.line] = emotion.top

    for begin in range(0, 120, 6):
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*[speak(number) for number in range(begin, begin + 6)])
    proxy.cut_after = lambda: None
    last = await client.line("minji", "깜짝", id="last")
    seen = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in events:
            seen.append(event)
            if isinstance(event, wire.Emotion) and event.line == "last":
                break
    assert proxy.connections > 5, "the proxy did cut"
    assert answered == {str(n): "joy" if n % 2 else "sadness" for n in range(120)}
    assert all(event.resumed for event in seen if isinstance(event, Reconnected))
    lines = [event.line for event in seen if isinstance(event, wire.Emotion)]
    assert sorted(lines) == sorted([*map(str, range(120)), "last"]), "each line's emotion once"
    order = numbers(seen)
    assert order == sorted(set(order)), "in order, none twice"
    assert order[-1] == last.seq


async def test_another_server_behind_the_same_address(client: Client, proxy: Proxy) -> None:
    """As after a restart: the session is lost, characters and watches come back by themselves."""
    await client.put("minji", builtin="haru")
    await client.put("sora", builtin="sora")
    frames = client.frames("minji", wire.FrameOptions(size=64))
    await anext(frames)
    events = client.events()
    async with running() as fresh:
        proxy.target = port(fresh)
        proxy.cut()
        seen = await until(events, Reconnected)
        assert seen[-1] == Reconnected(resumed=False)
        seen = await until(events, wire.CharacterReady) + await until(events, wire.CharacterReady)
        assert numbers(seen) == [1, 2]
        assert (await client.line("sora", "너무 좋아")).top == "joy"
        async with asyncio.timeout(PATIENCE_S):
            frame = await anext(frames)
        assert (frame.rect, frame.width) == (None, 64)


async def test_a_line_survives_the_restart_of_the_server(client: Client, proxy: Proxy) -> None:
    await client.put("minji", builtin="haru")
    events = client.events()
    proxy.accepting = False
    proxy.cut()
    await until(events, Disconnected)
    line = asyncio.create_task(client.line("minji", "너무 좋아"))
    async with running() as fresh:
        proxy.target = port(fresh)
        proxy.accepting = True
        assert (await line).top == "joy"


async def test_a_server_that_says_goodbye_is_waited_for(proxy: Proxy) -> None:
    async with running() as server:
        proxy.target = port(server)
        async with emopic_client.connect(proxy.url, reconnect=AT_ONCE) as client:
            events = client.events()
            server.server.stop()
            seen = await until(events, Disconnected)
            assert isinstance(seen[-1], Disconnected)
            assert seen[-1].code in (1001, 1012)
            async with running() as fresh:
                proxy.target = port(fresh)
                assert (await until(events, Reconnected))[-1] == Reconnected(resumed=False)


async def test_giving_up_ends_everything(proxy: Proxy) -> None:
    backoff = Backoff(first=0.01, most=0.01, attempts=2)
    async with emopic_client.connect(proxy.url, reconnect=backoff) as client:
        await client.put("minji", builtin="haru")
        events = client.events()
        frames = client.frames("minji")
        await anext(frames)
        proxy.accepting = False
        proxy.cut()
        with pytest.raises(emopic_client.ConnectionEnded):
            await until(events, Reconnected)
        with pytest.raises(emopic_client.ConnectionEnded):
            async for _ in frames:
                pass
        with pytest.raises(emopic_client.ConnectionEnded):
            await client.line("minji", "좋아")


async def test_without_reconnect_the_first_loss_is_the_end(proxy: Proxy) -> None:
    async with emopic_client.connect(proxy.url, reconnect=None) as client:
        waiting = asyncio.create_task(client.line("nobody", "좋아"))
        await asyncio.sleep(0)
        proxy.cut()
        with pytest.raises(emopic_client.EmopicError):
            await waiting
        with pytest.raises(emopic_client.ConnectionEnded):
            await client.ping()


async def test_a_session_continued_elsewhere_is_not_fought_over(
    client: Client, server: Running
) -> None:
    events = client.events()
    await client.put("minji", builtin="haru")
    async with server.connect() as talker:
        await talker.expect(wire.Hello)
        session = client._protocol.session
        assert session is not None
        resume = wire.Resume(session=session, seq=0)
        await talker.send(wire.Identify(client="thief", resume=resume))
        assert (await talker.expect(wire.Ready)).resumed
        with pytest.raises(emopic_client.ConnectionEnded) as caught:
            await until(events, Reconnected)
        assert caught.value.code == wire.SESSION_TAKEN.code
