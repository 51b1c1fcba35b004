"""A face from a web address: a picture there is taken as it is, a page is captured first.

    FaceFinder.find(address) ── Fetcher ──▶ a picture ─────────────▶ its bytes
                                   └──────▶ a page ── Photographer ─▶ a picture of the page

Off unless configured. Everything that is visited goes through the checks of `addresses` and
`dial`; the browser itself can reach nothing but the checking proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.addresses import read
from emopic_server.intake.dial import Dialler
from emopic_server.intake.fetch import Fetcher
from emopic_server.intake.proxy import CheckingProxy

# The screenshot's raw pixels stay below the default `limits.face_bytes`, so its PNG does too.
WIDTH: Final = 1280
HEIGHT: Final = 960
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_SETTLE_MS: Final = 8_000
_END_S: Final = 2.0
_NICE: Final = 10
_FLAGS: Final = (
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--deny-permission-prompts",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-first-run",
    "--no-pings",
    "--password-store=basic",
    # All of its traffic goes through the proxy, this machine's own names included; it resolves
    # no name itself, and speaks no UDP (QUIC, WebRTC), which would go past the proxy.
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    f"--window-size={WIDTH},{HEIGHT}",
    f"--timeout={_SETTLE_MS}",
)


class Photographer(Protocol):
    """Takes a picture of a page."""

    async def capture(self, address: str) -> bytes:
        """A JPEG, PNG or WebP of what the page shows first. Raises `Refusal`."""
        ...


@dataclass(frozen=True)
class Found:
    """A picture from the web. `page`: it shows a whole page, on which a face is to be found."""

    data: bytes
    page: bool


class FaceFinder:
    """See the module. Without a `photographer`, pages are refused."""

    def __init__(self, fetcher: Fetcher, photographer: Photographer | None) -> None:
        self._fetcher = fetcher
        self._photographer = photographer

    async def find(self, address: str) -> Found:
        """The picture for a face. Raises `Refusal`."""
        fetched = await self._fetcher.fetch(address)
        if not fetched.page:
            return Found(fetched.data, page=False)
        if self._photographer is None:
            raise Refusal(
                "unavailable", f"{fetched.address.netloc} is a page; capturing pages is off"
            )
        return Found(await self._photographer.capture(fetched.address.url), page=True)


class ChromiumPhotographer:
    """Headless Chromium in a process of its own for each page, with an empty profile.

    It gets no cookies, no environment but `PATH`, and a folder that is deleted after it. It runs
    at a low priority. Raises `ConfigError` when there is no browser, or when it would have to run
    as root without its sandbox and nobody has agreed to that.
    """

    def __init__(
        self,
        dialler: Dialler,
        *,
        browser: Path | None = None,
        sandbox: bool = True,
        seconds: float = 20.0,
    ) -> None:
        self._dialler = dialler
        self._browser = browser or _installed()
        self._sandbox = sandbox
        self._seconds = seconds
        if sandbox and os.name == "posix" and os.geteuid() == 0:
            raise ConfigError(
                "capture.sandbox", True, "another user than root, or false to do without a sandbox"
            )

    async def capture(self, address: str) -> bytes:
        """See `Photographer`. The page gets eight seconds to settle."""
        where = read(address)
        await self._dialler.locate(where)
        with tempfile.TemporaryDirectory(prefix="emopic-", ignore_cleanup_errors=True) as folder:
            async with CheckingProxy(self._dialler) as proxy:
                await self._run(Path(folder), proxy.port, where.url)
            picture = Path(folder) / "page.png"
            if not picture.is_file():
                raise Refusal("fetch_failed", f"{where.netloc} cannot be captured")
            return picture.read_bytes()

    async def _run(self, folder: Path, port: int, url: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *(str(self._browser), *_FLAGS, *([] if self._sandbox else ["--no-sandbox"])),
            f"--user-data-dir={folder / 'profile'}",
            f"--proxy-server=http://127.0.0.1:{port}",
            f"--screenshot={folder / 'page.png'}",
            url,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"},
            cwd=folder,
            start_new_session=True,
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PGRP, process.pid, _NICE)
        try:
            async with asyncio.timeout(self._seconds):
                await process.wait()
        except TimeoutError as error:
            raise Refusal("fetch_failed", f"a page takes over {self._seconds:g} s") from error
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the browser and all it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_S):
            await process.wait()


def _installed() -> Path:
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise ConfigError(
        "capture.service", "chromium", "Chromium to be installed: apt-get install chromium"
    )
