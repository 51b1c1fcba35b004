"""CHZZK's chat: our side of the library, and the library itself where it is installed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from emopic_client.bridges.chzzk import channel_id, chzzk
from emopic_client.bridges.errors import BridgeError, MissingExtra, SourceEnded
from emopic_client.bridges.gate import ChatLine

CHANNEL = "0123456789abcdef" * 2


class ChatConnectFailed(Exception):
    """Named as the library's."""


class FakeClient:
    """A client of the library's shape: says what it is told to, then ends in one way."""

    def __init__(self, messages: list[tuple[str | None, str]], end: Exception | None) -> None:
        self.messages = messages
        self.end = end
        self.closed = False
        self.handlers: dict[str, Callable[..., Any]] = {}

    def event(self, coro: Callable[..., Any]) -> None:
        self.handlers[coro.__name__] = coro

    async def connect(self) -> None:
        for name, content in self.messages:
            profile = None if name is None else SimpleNamespace(nickname=name)
            await self.handlers["on_chat"](SimpleNamespace(profile=profile, content=content))
            await asyncio.sleep(0)
        if self.end is not None:
            raise self.end
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.closed = True


async def test_what_is_written_comes_without_emoji_codes() -> None:
    client = FakeClient([("민지", "안녕{:d_47:}"), (None, "반가워")], None)
    lines = chzzk(CHANNEL, lambda _: client)
    taken = [await anext(lines), await anext(lines)]
    await lines.aclose()
    assert taken == [ChatLine("안녕 ", "민지"), ChatLine("반가워")]
    assert client.closed


@pytest.mark.parametrize(
    ("end", "kind"),
    [(ChatConnectFailed("방송이 꺼져 있음"), SourceEnded), (OSError("no network"), BridgeError)],
)
async def test_an_end_is_told_and_only_a_refusal_is_final(end: Exception, kind: type) -> None:
    client = FakeClient([], end)
    with pytest.raises(BridgeError, match=str(end)) as caught:
        await anext(chzzk(CHANNEL, lambda _: client))
    assert type(caught.value) is kind
    assert client.closed


@pytest.mark.parametrize("text", [CHANNEL, f"https://chzzk.naver.com/live/{CHANNEL}?a=1"])
def test_a_channel_has_an_id(text: str) -> None:
    assert channel_id(text) == CHANNEL


def test_what_is_no_channel_is_named() -> None:
    with pytest.raises(BridgeError, match="'minji'"):
        channel_id("minji")


async def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "chzzkpy.unofficial.chat", None)
    with pytest.raises(MissingExtra, match=r"emopic-client\[chzzk\]"):
        await anext(chzzk(CHANNEL))


async def test_the_library_reads_a_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real library against a local chat; it pins its world, so it is rarely installed here."""
    pytest.importorskip("chzzkpy")
    from aiohttp import ClientSession, web
    from chzzkpy.unofficial.chat import ChatClient
    from chzzkpy.unofficial.chat.gateway import ChzzkWebSocket

    async def chat(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        opening = await ws.receive_json()
        assert (opening["cmd"], opening["bdy"]["auth"]) == (100, "READ")
        await ws.send_json({"cmd": 10100, "retCode": 0, "bdy": {"sid": "s", "uuid": "u"}})
        await ws.send_json({"cmd": 93101, "bdy": [said("민지", "안녕!")]})
        await ws.receive()
        return ws

    app = web.Application()
    app.router.add_get("/chat", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def new_session(loop: Any, session: ClientSession, **_: object) -> ChzzkWebSocket:
        return ChzzkWebSocket(await session.ws_connect(f"http://127.0.0.1:{port}/chat"), loop)

    monkeypatch.setattr(ChzzkWebSocket, "new_session", new_session)

    def make(channel: str) -> ChatClient:
        client = ChatClient(channel, chat_channel_id="c")
        client.access_token = SimpleNamespace(access_token="t")
        return client

    lines = chzzk(CHANNEL, make)
    assert await asyncio.wait_for(anext(lines), 10) == ChatLine("안녕!", "민지")
    await lines.aclose()
    await runner.cleanup()


def said(name: str, text: str) -> dict[str, Any]:
    """A chat message as CHZZK's web page receives it."""
    profile = {
        "userIdHash": "u",
        "nickname": name,
        "profileImageUrl": "",
        "userRoleCode": "common_user",
        "badge": None,
        "title": None,
        "verifiedMark": False,
        "activityBadges": [],
        "streamingProperty": {},
    }
    extras = {"chatType": "STREAMING", "osType": "PC", "streamingChannelId": "c", "emojis": ""}
    return {
        "svcid": "game",
        "cid": "c",
        "mbrCnt": 3,
        "uid": "u",
        "profile": json.dumps(profile),
        "msg": text,
        "msgTypeCode": 1,
        "msgStatusType": "NORMAL",
        "extras": json.dumps(extras),
        "ctime": 1700000000000,
        "utime": 1700000000000,
        "msgTid": None,
        "msgTime": 1700000000000,
    }
