"""`python -m tests.browser.overlay_cost`: what the overlay costs its computer.

A server with the bundled models, a face that never rests, and Chromium showing the overlay page.
Counted is the processor time of all of Chromium's processes (browser, renderer, GPU process,
network and the others), as the kernel counts it, less that of the same browser with an empty page.
The server's own time is not in it. Chromium composes in software here, as in the tests; OBS does it
on the graphics card unless that is turned off. While it is counted nothing is attached to the
browser: a debugger that listens to the network makes every frame a fifth dearer.

Prints one JSON object. `core_percent` is of one core. `ms_a_frame` is what is left without the idle
browser, and `core_percent_at_fps` that at the frame rate that was asked for: a new direction shows
its first step at once, so a few frames more come. It is processor time and not waiting, but busy
neighbours take caches and memory away and let threads sleep less: `load` says how idle the machine
was. With `--ways "" keep=0 direct=0 --rounds 3` the overlay's options are compared, turn by turn in
one browser; "" are the defaults. With `--among 5` the face walks through more expressions than the
page keeps.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from urllib.request import urlopen

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.serving import REAL, ServerProcess, free_port
from websockets.sync.client import connect

import emopic_client
from emopic_client import sync

CHARACTER = "cost"
SWING_S = 0.2
TRANSITION_MS = 500  # with a new direction every SWING_S, no two frames are the same
WARM_S = 6.0
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
FRAMELESS = 143  # pixels of a headless window's height that are not the page's
COUNT = """import("/emopic.js").then(({FaceCanvas}) => {
  globalThis.drawn = 0;
  const tell = FaceCanvas.prototype.dispatchEvent;
  FaceCanvas.prototype.dispatchEvent = function (event) {
    if (event.type === "paint") globalThis.drawn += 1;
    return tell.call(this, event);
  };
  return new Promise((resolve) => {
    const look = () => (document.querySelector("canvas.shown") ? resolve() : setTimeout(look, 50));
    look();
  });
})"""


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--format", default="webp", choices=["webp", "png", "jpeg"])
    parser.add_argument(
        "--ways", nargs="+", default=[""], help="the overlay's options, each way as in an address"
    )
    parser.add_argument("--among", type=int, default=2, help="emotions to swing between, 2 to 5")
    parser.add_argument("--gpu", action="store_true", help="do not forbid Chromium the GPU")
    options = parser.parse_args()
    print(json.dumps(measure(options), indent=2))  # noqa: T201 - a command's output


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole measurement, from starting the server to the figures."""
    load = os.getloadavg()[0]
    arguments = [one for one in ARGUMENTS if not (options.gpu and one == "--disable-gpu")]
    window = f"--window-size={options.size},{options.size + FRAMELESS}"
    with server() as process, Chromium([*arguments, window]) as chromium:
        with restless(process.url, options.among):
            rounds = [
                watch(chromium, process.url, options, way)
                for _ in range(options.rounds)
                for way in options.ways
            ]
            time.sleep(WARM_S)
            idle = spent(chromium, options.seconds)  # last: a browser that has just started works
        version = chromium.version()
    for one in rounds:
        overlay_ms = 10 * (one["core_percent"]["all"] - percent(idle, options.seconds)["all"])
        one["ms_a_frame"] = round(overlay_ms / one["frames_a_second"], 2)
    frame_ms = medians(rounds)
    return {
        "ms_a_frame": frame_ms,
        "core_percent_at_fps": {
            way: round(ms * options.fps / 10, 1) for way, ms in frame_ms.items()
        },
        "rounds": rounds,
        "idle_core_percent": percent(idle, options.seconds),
        "overlay": {name: vars(options)[name] for name in ("size", "fps", "format", "among")},
        "chromium": version,
        "arguments": arguments,
        "seconds": options.seconds,
        "cores": os.cpu_count(),
        "load": {"before": round(load, 2), "after": round(os.getloadavg()[0], 2)},
    }


def medians(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """Milliseconds a frame, the median over the rounds, for each way."""
    ways = dict.fromkeys(one["way"] for one in rounds)
    return {
        way: round(statistics.median(one["ms_a_frame"] for one in rounds if one["way"] == way), 2)
        for way in ways
    }


class Chromium:
    """A browser with one page and, but for moments, nobody attached to it."""

    def __init__(self, arguments: list[str]) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        own = [f"--user-data-dir={self._profile.name}", "--remote-debugging-port=0", "about:blank"]
        self._process = subprocess.Popen(
            [str(CHROMIUM), *arguments, *own], stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._profile.cleanup()

    def _address(self) -> str:
        told = Path(self._profile.name, "DevToolsActivePort")
        while not told.exists():
            assert self._process.poll() is None, "Chromium has ended"
            time.sleep(0.05)
        return f"http://127.0.0.1:{told.read_text().split()[0]}"

    def version(self) -> str:
        """What Chromium calls itself."""
        with urlopen(f"{self._address()}/json/version") as answer:
            return str(json.load(answer)["Browser"])

    def ask(self, method: str, **parameters: object) -> Any:
        """One command to the page, over a connection that is closed again."""
        with urlopen(f"{self._address()}/json/list") as answer:
            (page,) = [one for one in json.load(answer) if one["type"] == "page"]
        with connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
            socket.send(json.dumps({"id": 1, "method": method, "params": parameters}))
            while (reply := json.loads(socket.recv())).get("id") != 1:
                pass
        assert "exceptionDetails" not in reply.get("result", {"exceptionDetails": reply}), reply
        return reply["result"]

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page, awaited."""
        done = self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        return done["result"].get("value")

    def times(self) -> dict[tuple[str, int], float]:
        """Processor seconds since their start, by kind and number of process."""
        times = {}
        for pid in family(self._process.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                times[kind_of(pid), pid] = seconds_of(pid)
        return times


def family(pid: int) -> list[int]:
    """A process and all that it has started, directly or not."""
    found = [pid]
    for told in Path("/proc", str(pid), "task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += [one for child in told.read_text().split() for one in family(int(child))]
    return found


def kind_of(pid: int) -> str:
    """What Chromium calls this kind of process."""
    words = Path("/proc", str(pid), "cmdline").read_text().replace("\0", " ").split()
    told = dict(word.split("=", 1) for word in words if "=" in word)
    return told.get("--utility-sub-type") or told.get("--type") or "browser"


def seconds_of(pid: int) -> float:
    """Processor seconds of a process, in user and kernel mode."""
    fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    return TICK_S * (int(fields[11]) + int(fields[12]))


def watch(chromium: Chromium, url: str, options: argparse.Namespace, way: str) -> dict[str, Any]:
    """What all processes use while the page shows the face."""
    chromium.ask("Page.navigate", url=address(url, options, way))
    while not chromium.evaluate("location.pathname === '/overlay' && document.body !== null"):
        time.sleep(0.05)
    chromium.evaluate(COUNT)
    time.sleep(WARM_S)
    drawn, start = chromium.evaluate("drawn"), time.monotonic()
    processes = spent(chromium, options.seconds)
    frames, end = chromium.evaluate("drawn") - drawn, time.monotonic()
    page = chromium.evaluate("[innerWidth, innerHeight, devicePixelRatio]")
    chromium.ask("Page.navigate", url="about:blank")
    return {
        "way": way,
        "core_percent": percent(processes, options.seconds),
        "frames_a_second": round(frames / (end - start), 1),
        "page": page,
    }


def spent(chromium: Chromium, seconds: float) -> dict[str, float]:
    """Processor seconds that each kind of Chromium process uses while `seconds` go by."""
    before = chromium.times()
    time.sleep(seconds)
    used: dict[str, float] = {}
    for (kind, pid), since_start in chromium.times().items():
        used[kind] = used.get(kind, 0.0) + since_start - before.get((kind, pid), 0.0)
    return used


def percent(processes: dict[str, float], seconds: float) -> dict[str, float]:
    """Shares of one core, and their sum."""
    shares = {kind: round(100 * time_ / seconds, 2) for kind, time_ in sorted(processes.items())}
    return {**shares, "all": round(100 * sum(processes.values()) / seconds, 2)}


def address(url: str, options: argparse.Namespace, way: str) -> str:
    """The overlay's address."""
    query = {"character": CHARACTER, "size": options.size, "fps": options.fps}
    more = dict(parse_qsl(way, strict_parsing=True)) if way else {}
    return f"{url}/overlay?{urlencode({**query, 'format': options.format, **more})}"


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
