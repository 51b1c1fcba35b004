"""The history over HTTP: who may read, and reading in a thread, never on the event loop.

    tokens      who has the server's token reads what its group has said. Without tokens (on this
                machine only) everybody reads the group of the token they bring, or of none.
    read-only   may watch faces, and not read what was said: it is handed out in overlay addresses.
    pages       our own, and origins on the list; for a server on this machine, only by its own
                name, so that a page elsewhere that points a name of its own here reads nothing.
                Browsers ask before they send a token from elsewhere (OPTIONS); who is on the list
                is told that they may.

One question is answered at a time, a few wait, more are refused. Tokens are in the `Authorization`
header only, and nothing of a request is logged.
"""

from __future__ import annotations

import asyncio
import hmac
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from emopic_server.config import ServerConfig, is_loopback
from emopic_server.core.names import group_of
from emopic_server.errors import ReadRefusal
from emopic_server.history.answer import ROOT, Answer, refused
from emopic_server.io.http import origin_allowed, response

if TYPE_CHECKING:  # SQLAlchemy takes its time to import
    from emopic_server.history.answers import Answers
    from emopic_server.history.database import Database

CLOSE_S: Final = 8.0
"""How long a client may take to receive an answer."""
_ANSWER_S: Final = 8.0  # the socket library ends a request after ten
_WAITING: Final = 8
_METHODS: Final = "GET, HEAD, OPTIONS"
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Authorization",
    "Access-Control-Max-Age": "600",
}
HOW_TO_SWITCH_ON: Final = (
    "this server keeps no history: start it with --history history.db, "
    'or put url = "history.db" under [history] in its configuration, '
    "and let sessions say `history: scores` or `text` in `identify` (docs/history.md)"
)


def asks_history(request: Request) -> bool:
    """Whether a request is for the history."""
    path = urlsplit(request.path).path
    return path == ROOT or path.startswith(f"{ROOT}/")


class HistoryReader:
    """Answers HTTP requests for the history, once it is open."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._answers: Answers | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="emopic-history")
        self._waiting = 0

    def open(self, database: Database) -> None:
        """From now on there is this history to read."""
        from emopic_server.history.answers import Answers

        self._answers = Answers(database, self._config.history.keep)

    def close(self) -> None:
        """Answer nothing more; what is being read is given up within its time."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def answer(self, request: Request) -> Response:
        """The response to a request for the history."""
        try:
            if request.method == "OPTIONS":
                answer = self._preflight(request)
            else:
                answer = await self._ask(request, self._admit(request))
        except ReadRefusal as refusal:
            answer = refused(refusal)
        return self._response(request, answer)

    def _preflight(self, request: Request) -> Answer:
        """What a browser asks before it sends a token. Raises `ReadRefusal`."""
        if not self._from_our_pages(request.headers):
            raise _origin_refused()
        return Answer(200, b"", headers={"Allow": _METHODS, **_PREFLIGHT})

    # ── who may read ──────────────────────────────────────────────────────────────────────────────

    def _admit(self, request: Request) -> str:
        """The group whose history may be read. Raises `ReadRefusal`."""
        if request.method not in ("GET", "HEAD"):
            raise ReadRefusal(405, "method_not_allowed", "use GET")
        if not self._from_our_pages(request.headers):
            raise _origin_refused()
        if self._config.history.url is None:
            raise ReadRefusal(404, "history_off", HOW_TO_SWITCH_ON)
        return self._group(_token(request.headers))

    def _from_our_pages(self, headers: Headers) -> bool:
        """A page's own GET has no origin, so the name the server is called by counts too."""
        if not origin_allowed(headers, self._config):
            return False
        if headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            return "Origin" in headers  # one on the list
        hosts = headers.get_all("Host")
        name = urlsplit(f"//{hosts[0]}").hostname if len(hosts) == 1 else None
        return not self._config.loopback or is_loopback(name or "")

    def _group(self, token: str | None) -> str:
        known, reads = self._config.token, self._config.read_only_token
        if known is None:
            return group_of(token)
        if token is None:
            raise ReadRefusal(401, "token_required", "send the header Authorization: Bearer TOKEN")
        if hmac.compare_digest(token.encode(), known.encode()):
            return group_of(token)
        if reads is not None and hmac.compare_digest(token.encode(), reads.encode()):
            raise ReadRefusal(403, "read_only", "this token may watch faces, not read the history")
        raise ReadRefusal(401, "auth_failed", "the token is not right")

    # ── reading ───────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, request: Request, owner: str) -> Answer:
        if self._answers is None:
            raise ReadRefusal(503, "history_failed", "the history is not open yet")
        if self._waiting >= _WAITING:
            raise ReadRefusal(503, "busy", "the history is being read by others; ask again soon")
        address = urlsplit(request.path)
        read = partial(self._answers.answer, address.path, address.query, owner)
        self._waiting += 1
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await asyncio.get_running_loop().run_in_executor(self._thread, read)
        except TimeoutError as error:
            message = "the history could not be read in time; ask again, or about a shorter time"
            raise ReadRefusal(503, "too_slow", message) from error
        finally:
            self._waiting -= 1

    def _response(self, request: Request, answer: Answer) -> Response:
        extra = {"Cache-Control": "no-store", "Vary": "Origin", **answer.headers}
        if answer.status == 401:
            extra["WWW-Authenticate"] = "Bearer"
        if answer.status == 503:
            extra["Retry-After"] = "5"
        if answer.status == 405:
            extra["Allow"] = _METHODS
        origin = request.headers.get_all("Origin")
        if len(origin) == 1 and origin[0] in self._config.allow_origins:
            extra["Access-Control-Allow-Origin"] = origin[0]
        found = response(answer.status, answer.body, answer.content_type, extra=extra)
        if request.method == "HEAD":
            found.body = b""
        return found


def _origin_refused() -> ReadRefusal:
    return ReadRefusal(403, "origin_refused", "this page may not read; see allow_origins")


def _token(headers: Headers) -> str | None:
    """The token of `Authorization: Bearer …`. Raises `ReadRefusal` for another kind."""
    given = headers.get_all("Authorization")
    if not given:
        return None
    kind, _, token = given[0].partition(" ")
    if len(given) != 1 or kind.lower() != "bearer" or not token.strip():
        raise ReadRefusal(401, "auth_failed", "use the header Authorization: Bearer TOKEN, once")
    try:  # header values come as ISO-8859-1; clients write UTF-8
        return token.strip().encode("latin-1").decode()
    except UnicodeError:
        return token.strip()
