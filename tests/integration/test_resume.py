"""A session outlives its connection; what was missed comes in order or not at all."""

from __future__ import annotations

import asyncio
import contextlib

from tests.integration.talker import Running, Talker, running
from websockets.exceptions import ConnectionClosed

from emopic_client import wire


async def cut(talker: Talker) -> None:
    """Reset the connection, with no closing handshake."""
    talker.ws.transport.abort()
    await talker.ws.wait_closed()


async def until_detached(server: Running) -> None:
    """The server notices a reset on its own time."""
    hub = server.server._hub
    assert hub is not None
    async with asyncio.timeout(5):
        while any(session.connection is not None for session in hub.post.sessions.values()):
            await asyncio.sleep(0)


async def test_missed_events_come_in_order() -> None:
    async with running() as server:
        async with server.connect() as talker:
            ready = await talker.open()
            await talker.put("a")
            await talker.say("기쁘다", "seen")
            seen = await talker.expect(wire.Emotion)
            server.engine.classifying.close()
            for number in range(5):
                await talker.say("슬프다", str(number))
            await talker.alive()
            await cut(talker)
        await until_detached(server)
        server.engine.classifying.open()
        async with server.connect() as talker:
            resume = wire.Resume(session=ready.session, seq=seen.seq)
            again = await talker.open(resume=resume)
            assert again == wire.Ready(session=ready.session, seq=seen.seq, resumed=True)
            events = [await talker.expect(wire.Emotion) for _ in range(5)]
            assert [event.line for event in events] == list("01234")
            assert [event.seq for event in events] == list(range(seen.seq + 1, seen.seq + 6))
            await talker.say("기쁘다", "new")
            assert (await talker.expect(wire.Emotion)).seq == seen.seq + 6


async def test_watches_go_on_with_a_full_frame_and_names() -> None:
    async with running() as server:
        async with server.connect() as talker:
            ready = await talker.open()
            await talker.put("a")
            await talker.send(
                wire.Watch(character="a", frames=wire.FrameOptions(size=64), blendshapes="vrm1")
            )
            await talker.expect(wire.Frame)
            await cut(talker)
        await until_detached(server)
        async with server.connect() as talker:
            assert (await talker.open(resume=wire.Resume(session=ready.session, seq=1))).resumed
            states = {type(message): message for message in [await talker.receive() for _ in "12"]}
            shapes, frame = states[wire.Blendshapes], states[wire.Frame]
            assert isinstance(shapes, wire.Blendshapes)
            assert shapes.names is not None
            assert isinstance(frame, wire.Frame)
            assert frame.rect is None


async def test_a_second_connection_takes_the_session() -> None:
    async with running() as server, server.connect() as first:
        ready = await first.open()
        async with server.connect() as second:
            assert (await second.open(resume=wire.Resume(session=ready.session, seq=0))).resumed
            bye = await first.closed()
            assert (bye.code, bye.reconnect) == (wire.SESSION_TAKEN.code, False)
            await second.put("a")
            await second.alive()


async def test_what_cannot_be_resumed_is_said() -> None:
    async with running(limits={"resume_events": 4}) as server:
        async with server.connect() as talker:
            ready = await talker.open()
            await talker.put("a")
            for number in range(6):
                await talker.say("기쁘다", str(number))
                await talker.expect(wire.Emotion, line=str(number))
            await cut(talker)
        await until_detached(server)
        for session, seq in (
            (ready.session, 0),  # too long ago
            (ready.session, 99),  # never happened
            ("nobody", 0),
        ):
            async with server.connect() as talker:
                other = await talker.open(resume=wire.Resume(session=session, seq=seq))
                assert not other.resumed
                assert other.session != ready.session
                assert other.seq == 0
                await talker.alive()
        async with server.connect() as talker:
            assert (await talker.open(resume=wire.Resume(session=ready.session, seq=4))).resumed


async def test_a_session_is_bound_to_its_token() -> None:
    async with running() as server:
        async with server.connect() as talker:
            ready = await talker.open(token="one-token")
        async with server.connect() as talker:
            resume = wire.Resume(session=ready.session, seq=0)
            other = await talker.open(token="another-token", resume=resume)
            assert not other.resumed


async def test_the_window_ends() -> None:
    async with running(limits={"resume_s": 0.05}) as server:
        async with server.connect() as talker:
            ready = await talker.open()
            await talker.put("a")
        hub = server.server._hub
        assert hub is not None
        async with asyncio.timeout(5):
            while hub.post.sessions:
                await asyncio.sleep(0.01)
        assert len(hub.stage.characters) == 0
        async with server.connect() as talker:
            assert not (await talker.open(resume=wire.Resume(session=ready.session, seq=0))).resumed


async def test_a_polite_close_can_be_resumed_too() -> None:
    async with running() as server:
        async with server.session() as talker:
            await talker.put("a")
            session = next(m.session for m in talker.seen if isinstance(m, wire.Ready))
            await talker.ws.close()
            with contextlib.suppress(ConnectionClosed):
                await talker.receive()
        async with server.connect() as talker:
            assert (await talker.open(resume=wire.Resume(session=session, seq=0))).resumed
            assert (await talker.expect(wire.CharacterReady)).seq == 1
