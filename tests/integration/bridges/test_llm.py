"""A language model that speaks while it thinks."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.integration.bridges.fake_http import Answer, Asked, as_json, serving
from tests.integration.talker import running

from emopic_client import wire
from emopic_client.bridges.errors import BridgeError
from emopic_client.bridges.llm import deltas, stream_line
from emopic_client.bridges.target import Target

MESSAGES = [{"role": "user", "content": "안녕?"}]


def events(*pieces: str, done: bool = True) -> Iterator[str]:
    """What an OpenAI-style server streams, with its comments and empty deltas."""
    yield ": keep-alive\n\n"
    first = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
    yield f"data: {json.dumps(first)}\n\n"
    for piece in pieces:
        delta = {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
        yield f"data: {json.dumps(delta, ensure_ascii=False)}\n\n"
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield f"data: {json.dumps(last)}\n\n"
    yield 'data: {"choices": [], "usage": {"total_tokens": 9}}\n\n'
    if done:
        yield "data: [DONE]\n\n"


def streaming(parts: Iterator[str]) -> Answer:
    return Answer(200, "text/event-stream; charset=utf-8", parts)


@pytest.mark.parametrize("done", [True, False])
async def test_pieces_come_as_they_are_generated(done: bool) -> None:
    asked: list[Asked] = []

    def route(request: Asked) -> Answer:
        asked.append(request)
        return streaming(events("안녕", "하세요!", done=done))

    with serving(route) as api:
        pieces = [p async for p in deltas(f"{api}/v1/chat/completions", "m", MESSAGES, "sk")]
    assert pieces == ["안녕", "하세요!"]
    assert asked[0].path == "/v1/chat/completions"
    assert asked[0].headers["Authorization"] == "Bearer sk"
    assert asked[0].body == {"model": "m", "messages": MESSAGES, "stream": True}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (as_json({"error": {"message": "no such model"}}, 404), "HTTP 404: no such model"),
        (Answer(502, "text/html", iter(["<h1>bad gateway</h1>"])), "HTTP 502: <h1>bad"),
        (as_json({"choices": []}), "text/event-stream"),
        (streaming(iter(["data: {oops\n\n"])), "no JSON"),
        (streaming(iter(["data: [1]\n\n"])), "no object"),
        (streaming(iter(['data: {"error": {"message": "overloaded"}}\n\n'])), "overloaded"),
    ],
)
async def test_what_a_model_says_instead_is_told(answer: Answer, said: str) -> None:
    with serving(lambda _: answer) as api, pytest.raises(BridgeError, match=said):
        await anext(deltas(api, "m", MESSAGES))


async def test_a_model_that_is_not_there_is_named() -> None:
    with serving(lambda _: as_json({})) as gone:
        pass
    with pytest.raises(BridgeError, match=gone):
        await anext(deltas(gone, "m", MESSAGES))


async def test_the_face_moves_before_the_sentence_is_over() -> None:
    """The model waits in the middle of its sentence until the face has heard the first half."""
    half_heard = threading.Event()

    def parts() -> Iterator[str]:
        whole = list(events("너무 좋아", " 정말이야.", " 그런데 슬프다"))
        yield from whole[:3]
        assert half_heard.wait(10)
        yield from whole[3:]

    heard: list[tuple[str, str]] = []
    partial: list[wire.Emotion] = []

    async def listening(source: AsyncIterator[wire.Emotion]) -> None:
        async for emotion in source:
            if not emotion.final and not half_heard.is_set():
                partial.append(emotion)
                half_heard.set()

    async with running() as server, Target(server.ws, character="haru").open("t") as client:
        with serving(lambda _: streaming(parts())) as api:
            listener = asyncio.create_task(listening(client.emotions_of("haru")))
            text = await stream_line(
                client,
                "haru",
                deltas(api, "m", MESSAGES),
                every=0.0,
                told=lambda said, emotion: heard.append((said, emotion.top)),
            )
            listener.cancel()
    assert text == "너무 좋아 정말이야. 그런데 슬프다"
    assert heard == [("너무 좋아 정말이야.", "joy"), ("그런데 슬프다", "sadness")]
    assert partial[0].top == "joy"


async def test_what_was_said_before_a_failure_is_said_to_its_end() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "너무 좋아. 그리고"
        raise BridgeError("the model is gone")

    heard: list[str] = []
    async with running() as server, Target(server.ws, character="haru").open("t") as client:
        with pytest.raises(BridgeError, match="gone"):
            await stream_line(client, "haru", broken(), told=lambda said, _: heard.append(said))
    assert heard == ["너무 좋아.", "그리고"]
