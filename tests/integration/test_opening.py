"""Who gets in, and how everyone else is told that they do not."""

from __future__ import annotations

import pytest
from tests.integration.talker import running
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from emopic_client import wire

TOKEN = "correct horse"


async def test_hello_says_what_there_is() -> None:
    async with running(limits={"fps": 24}) as server, server.connect() as talker:
        hello = await talker.expect(wire.Hello)
        assert hello.protocol == 1
        assert hello.limits.fps == 24
        assert hello.limits.line_chars == 500
        assert not hello.auth
        assert hello.engine.backend == "fake"
        assert hello.emotions[0] == wire.EmotionLabel(id="joy", ko="기쁨")
        assert "haru" in [item.id for item in hello.builtins]


async def test_json_speaks_the_same() -> None:
    async with running() as server, server.connect("json") as talker:
        await talker.open()
        await talker.put()
        await talker.send(wire.Watch(character="a", frames=wire.FrameOptions(size=64)))
        frame = await talker.expect(wire.Frame)
        assert frame.data.startswith(b"\xff\xd8")
        await talker.say("정말 기쁘다")
        assert (await talker.expect(wire.Emotion)).top == "joy"


async def test_no_subprotocol_means_msgpack() -> None:
    async with running() as server, connect(server.ws, compression=None) as ws:
        assert isinstance(wire.decode_server(await ws.recv()), wire.Hello)


async def test_right_token() -> None:
    async with running(token=TOKEN) as server, server.connect() as talker:
        assert (await talker.expect(wire.Hello)).auth
        await talker.send(wire.Identify(client="t", token=TOKEN))
        assert not (await talker.expect(wire.Ready)).resumed


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + " ", "토큰"])
async def test_wrong_token(token: str | None) -> None:
    async with running(token=TOKEN) as server, server.connect() as talker:
        await talker.send(wire.Identify(client="t", token=token))
        assert (await talker.closed()).code == wire.AUTH_FAILED.code


async def test_no_identify() -> None:
    async with running(limits={"identify_s": 0.05}) as server, server.connect() as talker:
        bye = await talker.closed()
        assert (bye.code, bye.reconnect) == (wire.IDENTIFY_TIMEOUT.code, False)


async def test_something_else_first() -> None:
    async with running() as server, server.connect() as talker:
        await talker.send(wire.Ping())
        assert (await talker.closed()).code == wire.NOT_IDENTIFIED.code


@pytest.mark.parametrize("data", [b"\xc1", b"", b"\x81\xa4type\xa1x", "text"])
async def test_nonsense_first(data: bytes | str) -> None:
    async with running() as server, server.connect() as talker:
        await talker.ws.send(data)
        assert (await talker.closed()).code == wire.BAD_MESSAGE.code


async def test_too_many_connections_of_one_token() -> None:
    async with running(limits={"connections_per_token": 2}) as server:
        async with server.session(), server.session(), server.connect() as third:
            await third.send(wire.Identify(client="t"))
            assert (await third.closed()).code == wire.TOO_MANY_CONNECTIONS.code
        async with server.session() as later:
            await later.alive()


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://{host}", True),
        ("https://studio.example", True),
        ("https://evil.example", False),
        ("http://studio.example", False),
        ("null", False),
        ("http://{host}.evil.example", False),
    ],
)
async def test_origin(origin: str | None, allowed: bool) -> None:
    async with running(allow_origins=["https://studio.example"]) as server:
        host = server.http.removeprefix("http://")
        given = None if origin is None else origin.format(host=host)
        if allowed:
            async with server.connect(origin=given) as talker:
                await talker.open()
        else:
            with pytest.raises(InvalidStatus) as caught:
                async with server.connect(origin=given):
                    pass
            assert caught.value.response.status_code == 403


async def test_a_foreign_name_for_this_machine_is_foreign() -> None:
    """A page elsewhere may point a name of its own at 127.0.0.1 (DNS rebinding)."""
    async with running() as server:
        port = server.http.rsplit(":", 1)[1]
        with pytest.raises(InvalidStatus) as caught:
            async with connect(
                f"ws://evil.example:{port}{wire.PATH}",
                host="127.0.0.1",
                origin=f"http://evil.example:{port}",  # type: ignore[arg-type]
            ):
                pass
        assert caught.value.response.status_code == 403


async def test_identify_twice() -> None:
    async with running() as server, server.session() as talker:
        await talker.send(wire.Identify(client="again"))
        await talker.refused("already_identified")
        await talker.alive()
