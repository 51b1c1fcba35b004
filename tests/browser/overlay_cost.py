"""`python -m tests.browser.overlay_cost`: what the overlay costs its computer.

A server with the bundled models, a face that never rests, and Chromium showing the overlay page.
Counted is the processor time of all of Chromium's processes, as Chromium itself reports it, less
that of the same browser with an empty page. The server's own time is not in it. Chromium composes
in software here, as in the tests; OBS does it on the graphics card unless that is turned off.

Prints one JSON object. `core_percent` is of one core. `ms_a_frame` is what is left without the idle
browser, and `core_percent_at_fps` that at the frame rate that was asked for: a new direction shows
its first step at once, so a few frames more come. It is processor time and not waiting, but busy
neighbours take caches and memory away, which costs it up to twice as much: `load` says how idle the
machine was. With `--among 5` the face walks through more expressions than the page keeps decoded.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.serving import REAL, ServerProcess, free_port

import emopic_client
from emopic_client import sync

CHARACTER = "cost"
SWING_S = 0.2
TRANSITION_MS = 500  # with a new direction every SWING_S, no two frames are the same
WARM_S = 6.0
COUNTER = """(() => {
  globalThis.drawn = 0;
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...args) {
    globalThis.drawn += 1;
    return draw.apply(this, args);
  };
})()"""


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--format", default="webp", choices=["webp", "png", "jpeg"])
    parser.add_argument("--among", type=int, default=2, help="emotions to swing between, 2 to 5")
    parser.add_argument("--gpu", action="store_true", help="do not forbid Chromium the GPU")
    options = parser.parse_args()
    print(json.dumps(measure(options), indent=2))  # noqa: T201 - a command's output


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole measurement, from starting the server to the figures."""
    with server() as process, sync_playwright() as playwright:
        allowed = ("--disable-gpu",) if options.gpu else ()
        arguments = [one for one in ARGUMENTS if one not in allowed]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        load = os.getloadavg()[0]
        with restless(process.url, options.among):
            page = browser.new_page(viewport={"width": options.size, "height": options.size})
            idle = spent(browser, options.seconds)
            page.add_init_script(COUNTER)
            page.goto(address(process.url, options))
            page.wait_for_selector("canvas.shown")
            page.wait_for_timeout(WARM_S * 1000)
            figures = watch(browser, page, options.seconds)
        version = browser.version
        browser.close()
    idle_ms = 1000 * sum(idle.values()) / options.seconds
    frame_ms = (10 * figures["core_percent"]["all"] - idle_ms) / figures["frames_a_second"]
    return {
        **figures,
        "ms_a_frame": round(frame_ms, 2),
        "core_percent_at_fps": round(frame_ms * options.fps / 10, 1),
        "idle_core_percent": percent(idle, options.seconds),
        "overlay": {
            "size": options.size,
            "fps": options.fps,
            "format": options.format,
            "among": options.among,
        },
        "chromium": version,
        "arguments": arguments,
        "seconds": options.seconds,
        "cores": os.cpu_count(),
        "load": {"before": round(load, 2), "after": round(os.getloadavg()[0], 2)},
    }


def watch(browser: Browser, page: Page, seconds: float) -> dict[str, Any]:
    """Figures of a page that shows the face, over `seconds`."""
    thread = page.context.new_cdp_session(page)
    thread.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, drawn = main_thread(thread), page.evaluate("drawn")
    processes = spent(browser, seconds)
    after = main_thread(thread)
    return {
        "core_percent": percent(processes, seconds),
        "main_thread_core_percent": {
            name: round(100 * (after[name] - before[name]) / seconds, 2) for name in after
        },
        "frames_a_second": round((page.evaluate("drawn") - drawn) / seconds, 1),
    }


def main_thread(session: CDPSession) -> dict[str, float]:
    """Processor seconds of the page's main thread: all tasks, and scripts among them."""
    metrics = {
        one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]
    }
    return {"tasks": metrics["TaskDuration"], "scripts": metrics["ScriptDuration"]}


def spent(browser: Browser, seconds: float) -> dict[str, float]:
    """Processor seconds that each kind of Chromium process uses while `seconds` go by."""
    session = browser.new_browser_cdp_session()
    before = processor_times(session)
    time.sleep(seconds)
    after = processor_times(session)
    session.detach()
    return {kind: after[kind] - before.get(kind, 0.0) for kind in after}


def processor_times(session: CDPSession) -> dict[str, float]:
    """Processor seconds since their start, by kind of process."""
    times: dict[str, float] = {}
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        times[process["type"]] = times.get(process["type"], 0.0) + process["cpuTime"]
    return times


def percent(processes: dict[str, float], seconds: float) -> dict[str, float]:
    """Shares of one core, and their sum."""
    shares = {kind: round(100 * time_ / seconds, 2) for kind, time_ in sorted(processes.items())}
    return {**shares, "all": round(100 * sum(processes.values()) / seconds, 2)}


def address(url: str, options: argparse.Namespace) -> str:
    """The overlay's address."""
    query = {"character": CHARACTER, "size": options.size, "fps": options.fps}
    return f"{url}/overlay?{urlencode({**query, 'format': options.format})}"


@contextlib.contextmanager
def server() -> Iterator[ServerProcess]:
    """The bundled models, with a rate limit that lets the face be driven."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "emopic.toml")
        config.write_text("[limits]\nmessages_per_minute = 6000\n", encoding="utf-8")
        with ServerProcess(free_port(), "--config", str(config), command=REAL) as process:
            yield process


@contextlib.contextmanager
def restless(url: str, among: int = 2) -> Iterator[None]:
    """A shared character whose face swings between emotions as long as the block lasts."""
    with sync.connect(url) as client:
        options = emopic_client.wire.CharacterOptions(transition_ms=TRANSITION_MS)
        builtin = client.hello.builtins[0].id
        client.put(CHARACTER, builtin=builtin, options=options, shared=True)
        ended = threading.Event()
        swinging = threading.Thread(target=swing, args=(client, ended, among))
        swinging.start()
        try:
            yield
        finally:
            ended.set()
            swinging.join()


def swing(client: sync.Client, ended: threading.Event, among: int) -> None:
    """Send the face another way every `SWING_S`, in the same order every time."""
    emotions = [name for name in client.emotions if name != "neutral"][:among]
    order = random.Random(0)
    now = emotions[0]
    while not ended.wait(SWING_S):
        now = order.choice([name for name in emotions if name != now])
        client.express(CHARACTER, {now: 1.0})


if __name__ == "__main__":
    main()
