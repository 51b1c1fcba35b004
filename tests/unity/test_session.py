"""The C# session against the real server (over the fake engine), through a proxy that cuts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.integration.proxy import Proxy, proxy_to
from tests.integration.talker import Running, running
from tests.unity.talking import PATIENCE_S, Game, playing

from emopic_client import wire


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
async def game(driver: Path, proxy: Proxy) -> AsyncIterator[Game]:
    async with playing(driver, proxy.url) as game:
        await game.until("opened", again=False)
        yield game


def numbers(game: Game) -> list[int]:
    return [event["seq"] for event in game.seen if event.get("seq")]


# ── the ordinary way ─────────────────────────────────────────────────────────────────────────────


async def test_korean_lines_are_felt_and_the_face_moves(game: Game) -> None:
    assert (await game.put())["source"] == "builtin"
    game.do("watch", "minji", "frames")
    first = await game.until("frame")
    assert (first["patch"], first["width"], first["begin"]) == (False, 64, "ffd8")
    for line, text, top in (
        ("1", "오늘 진짜 행복해 ㅋㅋㅋ", "joy"),
        ("2", "너무 슬퍼 ㅠㅠ", "sadness"),
        ("3", "헉 깜짝이야 😮", "surprise"),
    ):
        emotion = await game.say(line, text)
        assert (emotion["top"], emotion["final"]) == (top, True)
        assert sum(emotion["scores"]) == pytest.approx(1, abs=1e-3)
        frame = await game.until("frame", line=line)
        assert frame["n"] > first["n"]
        assert max(frame["expression"]) > 0


async def test_blendshapes_come_with_their_names(game: Game) -> None:
    await game.put()
    game.do("watch", "minji", "arkit")
    await game.until("blendshapes")
    game.do("express", "minji", "joy")
    shapes = await game.until("blendshapes")
    while shapes["values"][shapes["names"].index("mouthSmileLeft")] < 0.9:
        shapes = await game.until("blendshapes")
    assert len(shapes["names"]) == len(shapes["values"]) == 52


async def test_a_face_is_uploaded_and_raw_frames_come(game: Game, tmp_path: Path) -> None:
    picture = tmp_path / "face.png"
    builtins = Path(__file__).parents[2] / "engine/emopic_engine/models/characters"
    picture.write_bytes((builtins / "minji.png").read_bytes())
    game.do("face", "나", str(picture))
    game.do("watch", "나", "raw")
    frame = await game.until("frame", character="나")
    assert (frame["width"], frame["bytes"]) == (64, 64 * 64 * 4)


async def test_a_growing_line_is_followed_without_flooding_the_server(game: Game) -> None:
    await game.put()
    for count in range(1, 200):
        game.do("partial", "minji", "p", "너무 좋아 " * (count % 40 + 1))
    final = await game.say("p", "너무 슬퍼")
    assert (final["final"], final["top"]) == (True, "sadness")
    partial = [event for event in game.of("emotion") if not event["final"]]
    assert all(event["line"] == "p" and event["top"] == "joy" for event in partial)


async def test_dropping_and_unwatching(game: Game) -> None:
    await game.put()
    game.do("watch", "minji", "frames")
    await game.until("frame")
    game.do("unwatch", "minji")
    game.do("drop", "minji")
    assert (await game.until("dropped"))["reason"] == "dropped"
    game.do("line", "minji", "9", "좋아")
    error = await game.event()
    while error["event"] != "error":
        error = await game.event()
    assert (error["code"], error["line"], error["character"]) == ("unknown_character", "9", "minji")


async def test_errors_are_told_and_the_session_goes_on(game: Game) -> None:
    game.do("put", "minji", "nobody")
    error = await game.event()
    while error["event"] != "error":
        error = await game.event()
    assert (error["code"], error["character"]) == ("unknown_builtin", "minji")
    game.do("put", "", "haru")
    assert "characters" in (await game.event())["message"]
    game.do("line", "minji", "1", "")
    assert "text" in (await game.event())["message"]
    await game.put()
    assert (await game.say("2", "좋아"))["top"] == "joy"


async def test_a_handler_that_throws_stops_nothing(game: Game) -> None:
    await game.put()
    game.do("throw")
    game.do("line", "minji", "1", "좋아")
    assert (await game.event())["event"] == "emotion"
    assert (await game.event())["event"] == "handler"
    assert (await game.say("2", "슬퍼"))["top"] == "sadness"


# ── lost connections ─────────────────────────────────────────────────────────────────────────────


async def test_a_cut_connection_is_resumed(game: Game, proxy: Proxy) -> None:
    await game.put()
    proxy.cut()
    assert (await game.until("lost"))["again"]
    assert (await game.until("opened", again=True))["resumed"]
    assert (await game.say("1", "좋아"))["seq"] == 2


async def test_an_answer_that_got_lost_comes_after_the_resume(
    game: Game, proxy: Proxy, server: Running
) -> None:
    await game.put()
    server.engine.classifying.close()
    game.do("line", "minji", "1", "너무 좋아")
    await asyncio.to_thread(server.engine.classifying.waiting.wait, PATIENCE_S)
    proxy.accepting = False
    proxy.cut()
    await game.until("lost")
    server.engine.classifying.open()
    proxy.accepting = True
    assert (await game.until("emotion", line="1"))["seq"] == 2
    await game.say("2", "슬퍼")
    assert len(game.of("emotion")) == 2


async def test_a_line_said_while_away_is_answered_on_return(game: Game, proxy: Proxy) -> None:
    await game.put()
    proxy.accepting = False
    proxy.cut()
    await game.until("lost")
    game.do("line", "minji", "1", "슬퍼")
    game.do("say", "done")
    await game.until("said")
    proxy.accepting = True
    assert (await game.until("emotion", line="1"))["top"] == "sadness"


async def test_frames_go_on_with_a_full_one(game: Game, proxy: Proxy) -> None:
    await game.put()
    game.do("watch", "minji", "frames")
    await game.until("frame")
    proxy.cut()
    await game.until("opened", again=True)
    game.do("express", "minji", "joy")
    assert not (await game.until("frame"))["patch"]


@pytest.mark.parametrize("seed", range(2))
async def test_random_cuts_lose_double_and_reorder_nothing(
    game: Game, proxy: Proxy, seed: int
) -> None:
    """Connections are cut after a random number of bytes, in the middle of anything."""
    chance = random.Random(seed)
    await game.put()
    game.do("watch", "minji", "frames")
    proxy.cut_after = lambda: chance.randint(2_500, 9_000)
    proxy.cut()
    for begin in range(0, 80, 8):
        wanted = {str(number) for number in range(begin, begin + 8)}
        for number in wanted:
            game.do("line", "minji", number, "너무 좋아" if int(number) % 2 else "슬퍼")
        while wanted:
            wanted.discard((await game.until("emotion"))["line"])
    proxy.cut_after = lambda: None
    await game.say("last", "깜짝")
    assert proxy.connections > 4, "the proxy did cut"
    assert all(event["resumed"] for event in game.of("opened")[1:])
    emotions = game.of("emotion")
    lines = [event["line"] for event in emotions]
    assert sorted(lines) == sorted([*map(str, range(80)), "last"]), "each line's emotion once"
    right = {str(n): "joy" if n % 2 else "sadness" for n in range(80)} | {"last": "surprise"}
    assert {event["line"]: event["top"] for event in emotions} == right
    order = numbers(game)
    assert order == sorted(set(order)), "in order, none twice"


async def test_after_a_restart_characters_and_watches_come_back(game: Game, proxy: Proxy) -> None:
    await game.put()
    await game.put("sora", "sora")
    game.do("watch", "minji", "frames")
    await game.until("frame")
    proxy.accepting = False
    proxy.cut()
    await game.until("lost")
    game.do("line", "sora", "1", "너무 좋아")
    async with running() as fresh:
        proxy.target = port(fresh)
        proxy.accepting = True
        assert not (await game.until("opened", again=True))["resumed"]
        before = len(game.seen)
        assert (await game.until("emotion", line="1"))["top"] == "joy"
        frames = [event for event in game.seen[before:] if event["event"] == "frame"]
        first = frames[0] if frames else await game.until("frame", character="minji")
        assert not first["patch"]


async def test_a_server_that_says_goodbye_is_waited_for(driver: Path, proxy: Proxy) -> None:
    async with running() as server:
        proxy.target = port(server)
        async with playing(driver, proxy.url) as game:
            await game.until("opened")
            await game.put()
            server.server.stop()
            lost = await game.until("lost")
            assert lost["code"] in (1001, 1012)
            async with running() as fresh:
                proxy.target = port(fresh)
                await game.until("opened", again=True)
                assert (await game.say("1", "좋아"))["top"] == "joy"


async def test_a_silent_server_is_found_out(game: Game, proxy: Proxy) -> None:
    """The connection stands, but nothing comes through it any more."""
    await game.put()
    proxy.flowing.clear()
    lost = await game.until("lost")
    assert "silent" in lost["reason"]
    proxy.flowing.set()
    assert (await game.until("opened", again=True))["resumed"]


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_wrong_token_ends_the_session_and_says_so(driver: Path) -> None:
    async with (
        running(token="right-token-0123456789") as server,
        playing(driver, server.ws, "wrong-token-0123456789") as game,
    ):
        lost = await game.until("lost")
        assert (lost["code"], lost["again"]) == (wire.AUTH_FAILED.code, False)
        assert game.of("status")[-1]["status"] == "Stopped"
        game.do("line", "minji", "1", "좋아")
        assert (await game.event())["code"] == "stopped"


async def test_a_session_continued_elsewhere_is_not_fought_over(
    game: Game, server: Running
) -> None:
    await game.put()
    assert server.server._hub is not None
    session = next(iter(server.server._hub.post.sessions))
    async with server.connect() as talker:
        await talker.expect(wire.Hello)
        resume = wire.Resume(session=session, seq=0)
        await talker.send(wire.Identify(client="thief", resume=resume))
        assert (await talker.expect(wire.Ready)).resumed
        lost = await game.until("lost")
        assert (lost["code"], lost["again"]) == (wire.SESSION_TAKEN.code, False)


async def test_a_server_that_comes_later_is_waited_for(driver: Path, proxy: Proxy) -> None:
    proxy.accepting = False
    async with playing(driver, proxy.url) as game:
        await game.until("lost")
        await game.until("lost")
        proxy.accepting = True
        await game.until("opened", again=False)
