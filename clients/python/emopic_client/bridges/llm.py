"""In: what a language model says, while it says it.

`stream_line` turns pieces of text, from wherever they come, into partial and finished lines.
`deltas` gets such pieces from any server with OpenAI's chat completions over server-sent events:
OpenAI, vLLM, llama.cpp, Ollama, LM Studio and others.
Source: https://platform.openai.com/docs/api-reference/chat-streaming.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import msgspec

from emopic_client import wire
from emopic_client.aio import Client
from emopic_client.bridges.errors import BridgeError, MissingExtra
from emopic_client.bridges.growing import Growing, Said
from emopic_client.errors import EmopicError, RequestError, RequestTimeout

try:
    import httpx2
except ModuleNotFoundError as error:
    raise MissingExtra("httpx2") from error

EVERY_S: Final = 0.5  # between partial lines; servers count messages
_CONNECT_S: Final = 10.0
_PIECE_S: Final = 120.0  # a model may think before it speaks
_DONE: Final = "[DONE]"


async def stream_line(
    client: Client,
    character: str,
    pieces: AsyncIterator[str],
    *,
    every: float = EVERY_S,
    told: Callable[[str, wire.Emotion], None] = lambda _text, _emotion: None,
) -> str:
    """Say what is being generated, sentence by sentence, and return all of it.

    The growing sentence is said as a partial line at most every `every` seconds. `told` hears
    what each finished sentence means, in order. Sentences the server refuses or is too busy for
    are passed over. Raises what `pieces` raises, and the client's error when its session ends.
    """
    speaker = _Speaker(client, character, every, told)
    growing = Growing(client.hello.limits.line_chars)
    text = ""
    try:
        async for piece in pieces:
            text += piece
            speaker.say(growing.feed(piece))
    finally:
        speaker.say(growing.finish())
        await speaker.settle()
    return text


class _Speaker:
    """Says lines without making the model wait for their meaning."""

    def __init__(
        self,
        client: Client,
        character: str,
        every: float,
        told: Callable[[str, wire.Emotion], None],
    ) -> None:
        self._client = client
        self._character = character
        self._every = every
        self._told = told
        self._ids: dict[int, str] = {}
        self._due = 0.0
        self._last: asyncio.Task[None] | None = None

    def say(self, lines: Sequence[Said]) -> None:
        now = asyncio.get_running_loop().time()
        for said in lines:
            name = self._ids.setdefault(said.number, self._client.new_id())
            if said.final:
                self._last = asyncio.create_task(self._finish(name, said.text, self._last))
            elif now >= self._due:
                self._due = now + self._every
                self._client.partial(self._character, said.text, id=name)

    async def settle(self) -> None:
        """Wait for the last answers; raises what ended the session."""
        if self._last is not None:
            await self._last

    async def _finish(self, name: str, text: str, before: asyncio.Task[None] | None) -> None:
        emotion: wire.Emotion | None = None
        failed: EmopicError | None = None
        try:
            emotion = await self._client.line(self._character, text, id=name, cut=True)
        except (RequestError, RequestTimeout):
            pass
        except EmopicError as error:
            failed = error
        if before is not None:
            await before
        if failed is not None:
            raise failed
        if emotion is not None:
            self._told(text, emotion)


async def deltas(
    url: str, model: str, messages: Sequence[dict[str, str]], key: str | None = None
) -> AsyncIterator[str]:
    """The pieces of a chat completion as they come.

    `url` is the whole address, such as `https://api.openai.com/v1/chat/completions`. Raises
    `BridgeError` with the server's own words when it refuses or breaks off.
    """
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    body = {"model": model, "messages": list(messages), "stream": True}
    timeout = httpx2.Timeout(_CONNECT_S, read=_PIECE_S)
    try:
        async with (
            httpx2.AsyncClient(timeout=timeout) as web,
            web.stream("POST", url, json=body, headers=headers) as response,
        ):
            if not response.is_success:
                raise BridgeError(await _refusal(response))
            async for event in httpx2.EventSource(response):
                if event.data == _DONE:
                    return
                if piece := _content(event.data):
                    yield piece
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        text = str(error) or type(error).__name__
        raise BridgeError(f"the language model at {url} cannot be read: {text}") from error


def _content(data: str) -> str:
    """The text in one event; an error that the server streams is raised."""
    try:
        event: Any = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise BridgeError(f"the language model sent no JSON: {data[:80]!r}") from error
    if not isinstance(event, dict):
        raise BridgeError(f"the language model sent no object: {data[:80]!r}")
    if event.get("error"):
        raise BridgeError(f"the language model failed: {_words(event['error'])}")
    choices = event.get("choices") or [{}]
    return (choices[0].get("delta") or {}).get("content") or ""


async def _refusal(response: httpx2.Response) -> str:
    text = (await response.aread()).decode(errors="replace")
    try:
        text = _words(msgspec.json.decode(text)["error"])
    except (msgspec.DecodeError, KeyError, TypeError):
        text = text.strip()[:200]
    return f"the language model answered HTTP {response.status_code}: {text}"


def _words(error: Any) -> str:
    return str(error.get("message", error) if isinstance(error, dict) else error)[:200]
