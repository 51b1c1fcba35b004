"""Chats, from what somebody writes to a character's lines."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.integration.bridges.fake_http import Answer, Asked, as_json, serving
from tests.integration.talker import running
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from emopic_client import wire
from emopic_client.backoff import Backoff
from emopic_client.bridges.chat import persistent, speak
from emopic_client.bridges.errors import BridgeError, SourceEnded
from emopic_client.bridges.files import json_lines, text_lines
from emopic_client.bridges.gate import ChatLine, Gate, Rules
from emopic_client.bridges.target import Target
from emopic_client.bridges.twitch import channel_name, twitch
from emopic_client.bridges.youtube import video_id, youtube

TEXTS = ("너무 좋아", "hello there", "!engine", "정말로 너무너무 화나요 !engine", "슬프다")
QUICK = Backoff(first=0.01, most=0.05, attempts=5)


class FakeTwitch:
    """Twitch's chat for one channel: login, join, what people say, pings and farewells."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[str] = []
        self.ponged = asyncio.Event()
        self.joined: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def handle(self, ws: ServerConnection) -> None:
        nick = ""
        with contextlib.suppress(ConnectionClosed):
            async for data in ws:
                text = data if isinstance(data, str) else data.decode()
                self.heard.append(text)
                match text.split():
                    case ["CAP", "REQ", *caps]:
                        wanted = " ".join(caps)
                        await ws.send(f":tmi.twitch.tv CAP * ACK {wanted}\r\n")
                    case ["NICK", nick] if nick.startswith("justinfan"):
                        welcome = "".join(
                            f":tmi.twitch.tv {code} {nick} :{words}\r\n"
                            for code, words in (("001", "Welcome, GLHF!"), ("376", ">"))
                        )
                        await ws.send(welcome)
                    case ["NICK", nick]:
                        await ws.send(":tmi.twitch.tv NOTICE * :Login authentication failed\r\n")
                        await ws.close()
                    case ["PONG", ":tmi.twitch.tv"]:
                        self.ponged.set()
                    case ["JOIN", channel]:
                        await ws.send(f":{nick}!{nick}@{nick}.tmi.twitch.tv JOIN {channel}\r\n")
                        self.joined.put_nowait(ws)


def say(name: str, text: str) -> str:
    login = name.lower()
    return (
        f"@display-name={name};emotes= :{login}!{login}@{login}.tmi.twitch.tv "
        f"PRIVMSG #haru :{text}\r\n"
    )


@contextlib.asynccontextmanager
async def fake_twitch() -> AsyncIterator[FakeTwitch]:
    fake = FakeTwitch()
    async with serve(fake.handle, "127.0.0.1", 0) as server:
        fake.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield fake


async def take(
    lines: AsyncIterator[ChatLine], count: int, taken: list[ChatLine] | None = None
) -> list[ChatLine]:
    taken = [] if taken is None else taken
    async for line in lines:
        taken.append(line)
        if len(taken) == count:
            break
    return taken


async def test_twitch_is_read_without_an_account() -> None:
    async with fake_twitch() as chat:
        reading = asyncio.create_task(take(twitch("Haru", chat.url), 2))
        ws = await asyncio.wait_for(chat.joined.get(), 10)
        await ws.send("PING :tmi.twitch.tv\r\n" + say("민지", "안녕!"))
        await ws.send(say("Bob", "\x01ACTION 웃는다\x01"))
        lines = await asyncio.wait_for(reading, 10)
        assert lines == [ChatLine("안녕!", "민지"), ChatLine("웃는다", "Bob")]
        assert "JOIN #haru" in chat.heard
        assert not any(text.startswith("PASS") for text in chat.heard)
        await asyncio.wait_for(chat.ponged.wait(), 10)


async def test_twitch_comes_back_when_it_is_asked_to_or_cut() -> None:
    lost: list[str] = []
    async with fake_twitch() as chat:
        source = persistent(
            lambda: twitch("haru", chat.url), lambda error, _: lost.append(str(error)), QUICK
        )
        reading = asyncio.create_task(take(source, 2))
        ws = await asyncio.wait_for(chat.joined.get(), 10)
        await ws.send(say("a", "하나") + ":tmi.twitch.tv RECONNECT\r\n")
        ws = await asyncio.wait_for(chat.joined.get(), 10)
        ws.transport.abort()
        ws = await asyncio.wait_for(chat.joined.get(), 10)
        await ws.send(say("a", "둘"))
        assert [line.text for line in await asyncio.wait_for(reading, 10)] == ["하나", "둘"]
    assert "asked to connect again" in lost[0]
    assert len(lost) == 2


async def test_a_suspended_channel_is_final() -> None:
    async with fake_twitch() as chat:
        source = persistent(lambda: twitch("haru", chat.url), lambda *_: None, QUICK)
        reading = asyncio.create_task(take(source, 1))
        ws = await asyncio.wait_for(chat.joined.get(), 10)
        await ws.send(
            "@msg-id=msg_channel_suspended :tmi.twitch.tv NOTICE #haru :This channel is gone\r\n"
        )
        with pytest.raises(SourceEnded, match="This channel is gone"):
            await asyncio.wait_for(reading, 10)


async def test_a_source_that_stays_away_is_given_up() -> None:
    async with fake_twitch() as gone:
        url = gone.url
    source = persistent(lambda: twitch("haru", url), lambda *_: None, QUICK)
    with pytest.raises(BridgeError, match="cannot connect"):
        await asyncio.wait_for(take(source, 1), 10)


@pytest.mark.parametrize("text", ["Haru", "#haru", "https://www.twitch.tv/haru/", "twitch.tv/HARU"])
def test_a_channel_has_many_spellings(text: str) -> None:
    assert channel_name(text) == "haru"


@pytest.mark.parametrize("text", ["", "two words", "하루", "a" * 26])
def test_what_cannot_be_a_channel_is_refused(text: str) -> None:
    with pytest.raises(BridgeError, match="not a Twitch channel"):
        channel_name(text)


class FakeYouTube:
    """The two answers of the Data API that a chat needs. `pages` are lists of messages."""

    def __init__(self, *pages: list[tuple[str, str]], ends: bool = True) -> None:
        self.pages = pages
        self.ends = ends
        self.asked: list[Asked] = []

    def __call__(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if asked.query.get("key") != "k":
            return error(400, "API key not valid. Please pass a valid API key.", "badRequest")
        if asked.path == "/videos":
            details = {"liveStreamingDetails": {"activeLiveChatId": "chat-1"}}
            found = asked.query["id"] == "abcdefghijk"
            return as_json({"items": [details] if found else []})
        number = int(asked.query.get("pageToken", "0"))
        answer: dict[str, Any] = {"pollingIntervalMillis": 10, "nextPageToken": str(number + 1)}
        answer["items"] = [
            {"snippet": {"displayMessage": text}, "authorDetails": {"displayName": name}}
            for name, text in self.pages[number]
        ]
        if self.ends and number + 1 == len(self.pages):
            answer["offlineAt"] = "2026-01-15T10:30:00Z"
        return as_json(answer)


def error(status: int, message: str, reason: str) -> Answer:
    errors = [{"message": message, "domain": "global", "reason": reason}]
    return as_json({"error": {"code": status, "message": message, "errors": errors}}, status)


async def test_youtube_gives_what_is_written_from_now_on_until_the_stream_ends() -> None:
    fake = FakeYouTube([("old", "어제 것")], [("민지", "안녕"), ("봇", "")], [("준", "재밌다")])
    lines: list[ChatLine] = []
    with serving(fake) as api, pytest.raises(SourceEnded, match="is over"):
        await take(youtube("abcdefghijk", "k", 0.01, api), 99, lines)
    assert lines == [ChatLine("안녕", "민지"), ChatLine("재밌다", "준")]
    assert [a.query.get("pageToken") for a in fake.asked[1:]] == [None, "1", "2"]
    assert {a.query.get("liveChatId") for a in fake.asked[1:]} == {"chat-1"}


async def test_youtubes_refusals_are_final_and_keep_the_key_to_themselves() -> None:
    with serving(FakeYouTube([])) as api:
        with pytest.raises(SourceEnded, match="API key not valid") as caught:
            await take(youtube("abcdefghijk", "sesame", 0.01, api), 1)
        with pytest.raises(SourceEnded, match="no video"):
            await take(youtube("kkkkkkkkkkk", "k", 0.01, api), 1)
    assert "sesame" not in str(caught.value)


async def test_youtubes_own_failures_are_tried_again() -> None:
    fake = FakeYouTube([], [("a", "안녕")])
    failures = iter([error(503, "backend error", "backendError")])

    def flaky(asked: Asked) -> Answer:
        return next(failures, None) or fake(asked)

    with serving(flaky) as api:
        source = persistent(lambda: youtube("abcdefghijk", "k", 0.01, api), lambda *_: None, QUICK)
        assert await asyncio.wait_for(take(source, 1), 10) == [ChatLine("안녕", "a")]


@pytest.mark.parametrize(
    "text",
    [
        "abcdefghijk",
        "https://www.youtube.com/watch?v=abcdefghijk&t=3",
        "https://youtu.be/abcdefghijk",
        "https://www.youtube.com/live/abcdefghijk?feature=share",
    ],
)
def test_a_video_has_many_addresses(text: str) -> None:
    assert video_id(text) == "abcdefghijk"


async def test_lines_from_files() -> None:
    assert [line async for line in text_lines(io.StringIO("안녕\n\n  반가워 \n끝"))] == [
        ChatLine("안녕"),
        ChatLine("반가워"),
        ChatLine("끝"),
    ]
    rows = '{"text": "안녕", "speaker": "민지", "at": 3}\n\n{"text": "응"}\n'
    assert [line async for line in json_lines(io.StringIO(rows))] == [
        ChatLine("안녕", "민지"),
        ChatLine("응"),
    ]


@pytest.mark.parametrize("row", ["nothing", "[1]", '{"speaker": "a"}', '{"text": 3}'])
async def test_a_row_that_is_none_is_named(row: str) -> None:
    with pytest.raises(BridgeError, match="line 2 "):
        await take(json_lines(io.StringIO(f'{{"text": "안녕"}}\n{row}\n')), 2)


async def test_a_chat_speaks_and_says_what_it_left_out() -> None:
    async def lines() -> AsyncIterator[ChatLine]:
        for text in TEXTS:
            yield ChatLine(text, "민지")

    gate = Gate(Rules(language="ko", burst=10))
    heard: list[tuple[str, str]] = []

    def told(line: ChatLine, emotion: wire.Emotion) -> None:
        heard.append((line.text, emotion.top))

    async with running() as server, Target(server.ws, character="haru").open("test") as client:
        await speak(client, "haru", lines(), gate, told)
    assert heard == [("너무 좋아", "joy"), ("슬프다", "sadness")]
    assert gate.dropped == {"language": 1, "command": 1, "line_empty": 1}
