"""`python scripts/client_pictures.py --url ws://127.0.0.1:8765`: the pictures of docs/clients.

From a server that runs the bundled models. Needs what the tests need: Chromium, matplotlib. The
weights on the charts are those that a receiver on this machine got.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

import matplotlib.pyplot as plt
from playwright.async_api import async_playwright
from rich.console import Console
from rich.text import Text

import emopic_client
from emopic_client.aio import Client
from emopic_client.bridges.ticking import tick
from emopic_client.bridges.vts import parameter_name
from emopic_client.pictures import pictures
from emopic_client.terminal import TerminalPicture

OUT = Path("docs/images/clients")
CHROMIUM = "/usr/bin/chromium"
LINES = ("드디어 합격했다! 너무 행복해!", "왜 자꾸 무시하는 거야, 짜증나!", "깜짝이야! 이게 뭐야?!")
CHAT = (
    '{"speaker": "민지", "text": "드디어 이겼다!! 너무 좋아"}',
    '{"speaker": "junho", "text": "gg wp"}',
    '{"speaker": "준호", "text": "왜 나만 안 껴줘... 서운해"}',
    '{"speaker": "하늘", "text": "헐 방금 뭐야 깜짝 놀랐잖아"}',
    '{"speaker": "streambot", "text": "팔로우 감사합니다"}',
    '{"speaker": "서연", "text": "다음 판 질까 봐 너무 떨린다"}',
)
Series = dict[str, list[tuple[float, float]]]


class Recorder:
    """A sender that keeps what it is given."""

    def __init__(self) -> None:
        self.series: Series = defaultdict(list)

    def send(self, values: dict[str, float], seconds: float) -> None:
        for name, value in values.items():
            self.series[name].append((seconds, value))

    def close(self) -> None:
        pass


async def talk(client: Client, begin: float) -> list[tuple[float, str]]:
    """Say the lines; when each was said."""
    said: list[tuple[float, str]] = []
    for text in LINES:
        await asyncio.sleep(1.0 if not said else 4.5)
        said.append((time.monotonic() - begin, text))
        await client.line("streamer", text)
    await asyncio.sleep(4.5)
    return said


async def record_vmc(client: Client) -> tuple[Series, list[tuple[float, str]]]:
    recorder = Recorder()
    begin = time.monotonic()
    task = asyncio.create_task(tick(client, "streamer", "vrm0", recorder, fps=30))
    said = await talk(client, begin)
    task.cancel()
    await asyncio.wait([task])
    return recorder.series, said


async def record_vts(client: Client) -> tuple[Series, list[tuple[float, str]]]:
    series: Series = defaultdict(list)
    begin = time.monotonic()

    async def follow() -> None:
        async for shapes in client.blendshapes("streamer", "vrm1"):
            for place, weight in enumerate(shapes.expression or ()):
                name = parameter_name(client.emotions[place], place)
                series[name].append((time.monotonic() - begin, weight))

    task = asyncio.create_task(follow())
    said = await talk(client, begin)
    task.cancel()
    await asyncio.wait([task])
    return series, said


def chart(series: Series, said: list[tuple[float, str]], path: Path, title: str) -> None:
    """Weights over time, and the lines where they were said."""
    plt.rcParams["font.family"] = ["Noto Sans CJK KR"]
    figure, axes = plt.subplots(figsize=(9.6, 3.8), dpi=100)
    moving = {n: points for n, points in series.items() if max(v for _, v in points) > 0.02}
    for name, points in moving.items():
        times, values = zip(*points, strict=True)
        axes.step(times, values, where="post", label=name, linewidth=2)
    for at, text in said:
        axes.axvline(at, color="#999999", linewidth=1, linestyle=":")
        axes.text(at + 0.08, 1.04, text, fontsize=10)
    axes.set(ylim=(-0.02, 1.14), xlabel="seconds", ylabel="weight", title=title)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path)


async def terminal(path: Path, draw: Callable[[Console], Awaitable[None]]) -> None:
    """A picture of what a terminal of 84 columns would show."""
    console = Console(
        record=True, width=84, force_terminal=True, file=io.StringIO(), height=40, highlight=False
    )
    await draw(console)
    style = (
        "display:inline-block;margin:0;padding:16px 20px;background:#16161e;color:#d8d8e0;"
        "font:15px/17px 'NanumGothicCoding','DejaVu Sans Mono',monospace;border-radius:8px"
    )
    code = console.export_html(
        inline_styles=True, code_format=f'<pre style="{style}">{{code}}</pre>'
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1000, "height": 900})
        await page.set_content(f"<body style='margin:0;background:transparent'>{code}</body>")
        await page.locator("pre").screenshot(path=path, omit_background=True)
        await browser.close()


def shown(url: str) -> Callable[[Console], Awaitable[None]]:
    """`emopic say --show`, at the height of an emotion."""

    async def draw(console: Console) -> None:
        text = LINES[0]
        console.print(f"[bold green]$[/] emopic say --show '{text}'")
        async with emopic_client.connect(url) as client:
            await client.put("say", builtin=client.hello.builtins[0].id)
            options = emopic_client.FrameOptions(format="png", size=96, patches=False)
            faces = pictures(client.frames("say", options))
            await anext(faces)
            begin = time.perf_counter()
            emotion = await client.line("say", text)
            took = (time.perf_counter() - begin) * 1e3
            place = client.emotions.index(emotion.top)
            korean = client.hello.emotions[place].ko
            console.print(
                f"[bold]{korean}[/bold] {emotion.top} {emotion.scores[place]:.2f} "
                f"[cyan]{took:.1f} ms[/cyan]  {text}"
            )
            best = await anext(faces)
            async for face in faces:
                if face.frame.expression[place] <= best.frame.expression[place]:
                    break
                best = face
            console.print(TerminalPicture(best.image))

    return draw


def chatted(url: str) -> Callable[[Console], Awaitable[None]]:
    """The lines of a chat, as the bridge tells them."""

    async def draw(console: Console) -> None:
        options = ["--language", "ko", "--ignore", "streambot", "--character", "docs"]
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "emopic_client", "bridge", "jsonl", "--url", url, *options],
            input="\n".join(CHAT),
            capture_output=True,
            text=True,
            check=True,
            env={"FORCE_COLOR": "1", "COLUMNS": "84", "PATH": "/usr/bin"},
        )
        command = "emopic bridge twitch haru --language ko --ignore streambot"
        console.print(f"[bold green]$[/] {command}")
        console.print(Text.from_ansi(done.stdout + done.stderr))

    return draw


async def main(url: str) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    plt.switch_backend("agg")
    async with emopic_client.connect(url) as client:
        face = client.hello.builtins[0].id
        await client.put("streamer", builtin=face)
        title = "What a VRM avatar is told: /VMC/Ext/Blend/Val"
        chart(*await record_vmc(client), OUT / "vmc.png", title)
        await client.put("streamer", builtin=face)
        title = "What VTube Studio is told: custom parameters"
        chart(*await record_vts(client), OUT / "vts.png", title)
    await terminal(OUT / "say-show.png", shown(url))
    await terminal(OUT / "chat.png", chatted(url))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="ws://127.0.0.1:8765")
    asyncio.run(main(parser.parse_args().url))
