"""The diary as a PDF: the page itself, printed by a headless Chromium.

    Chromium ── the page and its files ──▶ a small server on this machine, for this report only
             ── /v1/history/… (a secret) ─▶ `Answers` over the database

The secret is made for one report. It is handed over in a file that only this user can read, so it
stands in no process list. A question that is not answered well ends the report with its reason.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from emopic_engine.console import UsageError
from emopic_server.history.answer import ROOT
from emopic_server.history.answers import Answers

WEB: Final = Path(__file__).parent.parent / "web"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_FLAGS: Final = (
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--password-store=basic",
    "--no-pdf-header-footer",
    "--virtual-time-budget=20000",
    "--window-size=1240,1600",
)
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_ASKED: Final = ("mix", "shares", "lines", "streaks")


class ReportError(UsageError):
    """The report cannot be made; the message says why and what helps."""


def write_report(
    answers: Answers,
    owner: str | None,
    asked: Mapping[str, str],
    file: Path,
    *,
    browser: Path | None = None,
    seconds: float = 120.0,
) -> None:
    """Print the diary to a PDF. `asked` are the parameters of `/diary`.

    Raises `ReportError`: no browser, a question without an answer, or no PDF.
    """
    program = browser or installed()
    with _serving(answers, owner) as server:
        query = urlencode(asked)
        page = f"http://127.0.0.1:{server.server_port}/diary?{query}#token={server.secret}"
        with tempfile.TemporaryDirectory(prefix="emopic-", ignore_cleanup_errors=True) as folder:
            printed = _print(program, page, Path(folder), seconds)
            server.check()
            if printed is None:
                raise ReportError(f"{program} has written no PDF; is it a Chromium that works?")
            try:
                file.write_bytes(printed)
            except OSError as error:
                raise ReportError(f"--out {str(file)!r}: {error.strerror}") from error


def installed() -> Path:
    """The browser of this machine. Raises `ReportError`."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise ReportError(
        "Chromium is needed to make a PDF: apt-get install chromium fonts-noto-cjk, "
        "or name one with --browser FILE"
    )


def _print(program: Path, page: str, folder: Path, seconds: float) -> bytes | None:
    start, target = folder / "start.html", folder / "report.pdf"
    start.write_text(f'<!doctype html><script>location.replace("{page}")</script>', "utf-8")
    # Everything it shows is our own page and this user's data, so root may do without the sandbox.
    root = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    command = [
        *(str(program), *_FLAGS, *root),
        *(f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={target}", start.as_uri()),
    ]
    try:
        subprocess.run(command, capture_output=True, timeout=seconds, cwd=folder, check=False)
    except subprocess.TimeoutExpired as error:
        raise ReportError(f"{program} takes over {seconds:g} s") from error
    except OSError as error:
        raise ReportError(f"--browser {str(program)!r}: {error.strerror}") from error
    data = target.read_bytes() if target.is_file() else b""
    return data if data.startswith(b"%PDF") else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: Answers, owner: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secret = secrets.token_urlsafe(24)
        self.answers = answers
        self.owner = owner
        self.failures: list[str] = []
        self.answered: set[str] = set()
        self.files = {
            f"/{path.name}": path for path in WEB.iterdir() if path.suffix in (*_TYPES, ".html")
        }
        self.files["/diary"] = WEB / "diary.html"

    def check(self) -> None:
        """Raise `ReportError` unless the page got all its answers."""
        if self.failures:
            raise ReportError(self.failures[0])
        missing = sorted({f"{ROOT}/{name}" for name in _ASKED} - self.answered)
        if missing:
            raise ReportError(f"the page did not come as far as asking for {', '.join(missing)}")


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """A file of the pages, or an answer for who has the secret."""
        address = urlsplit(self.path)
        if address.path.startswith(f"{ROOT}/"):
            self._history(address.path, address.query)
            return
        file = self.server.files.get(address.path)
        if file is None:
            self._send(404, b"", "text/plain")
            return
        self._send(200, file.read_bytes(), _TYPES.get(file.suffix, "text/html; charset=utf-8"))

    def _history(self, path: str, query: str) -> None:
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.secret}".encode()):
            self._send(401, b"{}", "application/json")
            return
        answer = self.server.answers.answer(path, query, self.server.owner)
        if answer.status == 200:
            self.server.answered.add(path)
        else:
            self.server.failures.append(_reason(answer.body))
        self._send(answer.status, answer.body, answer.content_type)

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # the browser has gone
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing is logged."""


def _reason(body: bytes) -> str:
    told = msgspec.json.decode(body, type=dict[str, dict[str, str]])
    return told["error"]["message"]


@contextlib.contextmanager
def _serving(answers: Answers, owner: str | None) -> Iterator[_Server]:
    with _Server(answers, owner) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
