"""`emopic bridge …`: one command a bridge."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from emopic_client import wire
from emopic_client.aio import Client
from emopic_client.bridges.chat import Source, persistent, speak
from emopic_client.bridges.errors import BridgeError
from emopic_client.bridges.gate import ChatLine, Gate
from emopic_client.bridges.options import ChatOptions, TargetOptions, spread
from emopic_client.bridges.shapes import ShapeNames
from emopic_client.bridges.ticking import Sender, tick
from emopic_client.console import err, out

Fps = Annotated[float, typer.Option(min=1, max=120, help="Ticks a second.")]
_SYSTEM: Final = "너는 게임 속 인물이다. 짧고 감정이 드러나는 말로 대답한다."

app = typer.Typer(
    help="Connect chats, language models and avatar programs to a character.",
    no_args_is_help=True,
)


# ── faces out ────────────────────────────────────────────────────────────────────────────────────


@app.command()
@spread
def vmc(
    options: TargetOptions,
    host: Annotated[str, typer.Option(help="Where the avatar program is.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="39539 or 39540, mostly.")] = 39540,
    names: Annotated[ShapeNames, typer.Option(help="Names the avatar has.")] = "vrm0",
    fps: Fps = 30.0,
) -> None:
    """Move a VRM avatar by VMC Protocol: VSeeFace, Warudo, VNyan, Unity, Unreal."""
    from emopic_client.bridges.vmc import VmcSender

    sender = VmcSender(host, port)
    err.print(f"sending {names} expressions of {options.character!r} to {host}:{port}")
    _run(_heads(options, names, sender, fps))


@app.command()
@spread
def ifacialmocap(
    options: TargetOptions,
    host: Annotated[str, typer.Option(help="Where the avatar program is.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 49983,
    fps: Fps = 60.0,
) -> None:
    """Move an ARKit head in programs that receive the iFacialMocap app over UDP."""
    from emopic_client.bridges.ifacialmocap import IFacialMocapSender

    sender = IFacialMocapSender(host, port)
    err.print(f"sending ARKit shapes of {options.character!r} to {host}:{port}")
    _run(_heads(options, "arkit", sender, fps))


async def _heads(options: TargetOptions, names: ShapeNames, sender: Sender, fps: float) -> None:
    async with options.target().open("emopic-bridge") as client:
        await tick(client, options.character, names, sender, fps)


@app.command()
@spread
def vts(
    options: TargetOptions,
    studio: Annotated[
        str, typer.Option(help="VTube Studio's plugin address.")
    ] = "ws://127.0.0.1:8001",
    hotkey: Annotated[
        list[str] | None, typer.Option(help="EMOTION=HOTKEY, by name or id; repeatable.")
    ] = None,
    cooldown: Annotated[float, typer.Option(min=0, help="Seconds between two of a hotkey.")] = 5.0,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Least score for one.")] = 0.5,
) -> None:
    """Move a Live2D model in VTube Studio: custom parameters, and hotkeys by emotion."""
    from emopic_client.bridges.vts import Hotkeys, VtsBridge
    from emopic_client.bridges.vts_token import Tokens

    keys = _pairs(hotkey or [])

    async def serve() -> None:
        async with options.target().open("emopic-bridge") as client:
            _known_emotions(client, keys)
            hotkeys = Hotkeys(keys, cooldown, threshold)
            await VtsBridge(client, options.character, studio, Tokens(), hotkeys, _note).run()

    _run(serve())


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for text, (emotion, _, name) in zip(texts, pairs, strict=True):
        if not emotion or not name:
            raise BridgeError(f"--hotkey is EMOTION=HOTKEY, not {text!r}")
    return {emotion.strip(): name.strip() for emotion, _, name in pairs}


def _known_emotions(client: Client, keys: dict[str, str]) -> None:
    for emotion in keys:
        if emotion not in client.emotions:
            known = ", ".join(client.emotions)
            raise BridgeError(f"the server knows no emotion {emotion!r}: use {known}")


# ── lines in ─────────────────────────────────────────────────────────────────────────────────────


@app.command()
@spread
def twitch(
    channel: Annotated[str, typer.Argument(help="The channel's name or address.")],
    options: ChatOptions,
    server: Annotated[
        str, typer.Option(help="Twitch's chat.", hidden=True)
    ] = "wss://irc-ws.chat.twitch.tv:443",
) -> None:
    """Say what is written in a Twitch channel. Needs no account."""
    from emopic_client.bridges.twitch import channel_name
    from emopic_client.bridges.twitch import twitch as lines

    channel = channel_name(channel)
    _run(_chat(options, lambda: lines(channel, server)))


@app.command()
@spread
def youtube(
    video: Annotated[str, typer.Argument(help="The live stream's address or id.")],
    options: ChatOptions,
    key: Annotated[str, typer.Option(envvar="YOUTUBE_API_KEY", help="A key of your own.")],
    every: Annotated[float, typer.Option(min=1, help="Seconds between looks.")] = 5.0,
    api: Annotated[
        str, typer.Option(help="YouTube's Data API.", hidden=True)
    ] = "https://www.googleapis.com/youtube/v3",
) -> None:
    """Say what is written in a YouTube live chat, by the official Data API."""
    from emopic_client.bridges.youtube import video_id
    from emopic_client.bridges.youtube import youtube as lines

    video = video_id(video)
    _run(_chat(options, lambda: lines(video, key, every, api)))


@app.command()
@spread
def chzzk(
    channel: Annotated[str, typer.Argument(help="The channel's address or id.")],
    options: ChatOptions,
) -> None:
    """Say what is written in a CHZZK channel. Needs no account, and emopic-client[chzzk]."""
    from emopic_client.bridges.chzzk import channel_id
    from emopic_client.bridges.chzzk import chzzk as lines

    channel = channel_id(channel)
    _run(_chat(options, lambda: lines(channel)))


@app.command()
@spread
def stdin(options: ChatOptions) -> None:
    """Say each line of standard input."""
    from emopic_client.bridges.files import text_lines

    _run(_chat(options, lambda: text_lines(sys.stdin)))


@app.command()
@spread
def jsonl(
    options: ChatOptions,
    file: Annotated[Path | None, typer.Argument(help="Default: standard input.")] = None,
) -> None:
    """Say each {"text": …, "speaker": …} of a file or of standard input."""
    from emopic_client.bridges.files import json_lines

    try:
        stream = sys.stdin if file is None else file.open(encoding="utf-8")
    except OSError as error:
        raise BridgeError(f"cannot read {file}: {error}") from error
    with stream:
        _run(_chat(options, lambda: json_lines(stream), once=True))


async def _chat(options: ChatOptions, source: Source, *, once: bool = False) -> None:
    gate = Gate(options.rules())
    lines = source() if once else persistent(source, _lost)
    try:
        async with options.target().open("emopic-bridge") as client:
            await speak(client, options.character, lines, gate, _say(client))
    finally:
        if gate.dropped:
            counts = ", ".join(f"{count} {reason}" for reason, count in gate.dropped.most_common())
            err.print(f"not said: {counts}", markup=False)


def _say(client: Client) -> Callable[[ChatLine, wire.Emotion], None]:
    korean = {label.id: label.ko for label in client.hello.emotions}

    def say(line: ChatLine, emotion: wire.Emotion) -> None:
        name = korean.get(emotion.top, emotion.top)
        speaker = f"[cyan]{escape(line.speaker)}[/cyan]: " if line.speaker else ""
        text = f"[bold]{name}[/bold] {max(emotion.scores):.2f}  {speaker}{escape(line.text)}"
        out.print(text, soft_wrap=True)

    return say


def _lost(error: BridgeError, seconds: float) -> None:
    _note(f"{error}; next attempt in {seconds:.0f} s")


@app.command()
@spread
def llm(
    options: TargetOptions,
    api: Annotated[str, typer.Option(help="…/v1/chat/completions of any server.")],
    model: Annotated[str, typer.Option(help="The model's name there.")],
    prompt: Annotated[list[str] | None, typer.Argument(help="None: talk, line by line.")] = None,
    key: Annotated[
        str | None, typer.Option(envvar="OPENAI_API_KEY", help="If it needs one.")
    ] = None,
    system: Annotated[str, typer.Option(help="Who the character is.")] = _SYSTEM,
) -> None:
    """Let a language model speak: the face follows the words as they are generated."""
    _run(_talk(options, api, model, prompt or [], key, system))


async def _talk(
    options: TargetOptions, api: str, model: str, prompts: list[str], key: str | None, system: str
) -> None:
    from emopic_client.bridges.files import text_lines
    from emopic_client.bridges.llm import deltas, stream_line

    history = [{"role": "system", "content": system}]
    async with options.target().open("emopic-bridge") as client:
        say = _say(client)

        async def turn(text: str) -> None:
            history.append({"role": "user", "content": text})
            answer = await stream_line(
                client,
                options.character,
                deltas(api, model, history, key),
                told=lambda sentence, emotion: say(ChatLine(sentence), emotion),
            )
            history.append({"role": "assistant", "content": answer})

        for text in prompts:
            await turn(text)
        if not prompts:
            async for line in text_lines(sys.stdin):
                await turn(line.text)


# ── running ──────────────────────────────────────────────────────────────────────────────────────


def _note(text: str) -> None:
    err.print(text, markup=False, soft_wrap=True)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run until the end or Ctrl-C, which is how a bridge is stopped."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(work)
