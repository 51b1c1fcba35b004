"""In: the chat of a YouTube live stream, by the official Data API.

The libraries that read the chat without a key imitate YouTube's web player and break when it
changes, so this uses the documented way: a key of your own, and its daily quota.
Source: https://developers.google.com/youtube/v3/live/docs/liveChatMessages/list.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from emopic_client.bridges.errors import BridgeError, MissingExtra, SourceEnded
from emopic_client.bridges.gate import ChatLine

try:
    import httpx2
except ModuleNotFoundError as error:
    raise MissingExtra("httpx2") from error

API: Final = "https://www.googleapis.com/youtube/v3"
_VIDEO: Final = re.compile(r"[\w-]{11}")
_TIMEOUT_S: Final = 20.0
# Reasons in YouTube's errors that another attempt does not change.
_FINAL: Final = frozenset(
    {
        "forbidden",
        "keyInvalid",
        "badRequest",
        "accessNotConfigured",
        "quotaExceeded",
        "dailyLimitExceeded",
        "liveChatDisabled",
        "liveChatEnded",
        "liveChatNotFound",
    }
)


def video_id(text: str) -> str:
    """The id in a watch, live or short address, or the id itself. Raises `BridgeError`."""
    parts = urlsplit(text.strip())
    found = parse_qs(parts.query).get("v", [parts.path.rstrip("/").rsplit("/", 1)[-1]])[0]
    if not _VIDEO.fullmatch(found):
        raise BridgeError(f"not a YouTube video: {text!r}; use its address or its 11-letter id")
    return found


async def youtube(
    video: str, key: str, every: float = 5.0, api: str = API
) -> AsyncIterator[ChatLine]:
    """What is written from now on, until the stream is over (`SourceEnded`).

    Asks again every `every` seconds, or less often if YouTube says so. Raises `BridgeError` for
    what may pass: no network, YouTube's own failures.
    """
    async with httpx2.AsyncClient(timeout=_TIMEOUT_S) as web:
        chat = await _chat_id(web, api, video_id(video), key)
        page: str | None = None
        while True:
            more = {} if page is None else {"pageToken": page}
            answer = await _get(
                web,
                f"{api}/liveChat/messages",
                {"liveChatId": chat, "part": "snippet,authorDetails", "key": key, **more},
            )
            for item in answer.get("items", []) if page is not None else []:
                if (line := _line(item)) is not None:
                    yield line
            if "offlineAt" in answer:
                raise SourceEnded(f"the stream {video} is over")
            page = answer.get("nextPageToken", page)
            await asyncio.sleep(max(every, answer.get("pollingIntervalMillis", 0) / 1000))


async def _chat_id(web: httpx2.AsyncClient, api: str, video: str, key: str) -> str:
    query = {"part": "liveStreamingDetails", "id": video, "key": key}
    items = (await _get(web, f"{api}/videos", query)).get("items", [])
    if not items:
        raise SourceEnded(f"YouTube has no video {video}")
    chat: str | None = items[0].get("liveStreamingDetails", {}).get("activeLiveChatId")
    if chat is None:
        raise SourceEnded(f"the video {video} is not live, or its chat is off")
    return chat


async def _get(web: httpx2.AsyncClient, url: str, query: dict[str, str]) -> dict[str, Any]:
    """A JSON object. The key stands in the query, so addresses are kept out of messages."""
    try:
        response = await web.get(url, params=query)
        answer = response.json()
    except httpx2.HTTPError as error:
        raise BridgeError(f"cannot reach YouTube: {type(error).__name__}") from error
    except ValueError as error:
        raise BridgeError(f"YouTube answered HTTP {response.status_code} without JSON") from error
    if response.is_success:
        return dict(answer)
    failed = answer.get("error", {})
    reason = (failed.get("errors") or [{}])[0].get("reason", "")
    text = f"YouTube: {failed.get('message', response.status_code)} ({reason or 'no reason'})"
    raise (SourceEnded if reason in _FINAL else BridgeError)(text)


def _line(item: dict[str, Any]) -> ChatLine | None:
    text = item.get("snippet", {}).get("displayMessage", "")
    speaker = item.get("authorDetails", {}).get("displayName", "")
    return ChatLine(text, speaker) if text else None
