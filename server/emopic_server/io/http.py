"""HTTP on the websocket's port: the pages, the JavaScript client, health, readiness and metrics.

Files come from a list made at start from the package's `web` folder, so a request can name
nothing else. The same module decides who may open a websocket: it must come from no web page at
all, from our own pages, or from an origin on the list.
"""

from __future__ import annotations

import http
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from prometheus_client import generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector, CollectorRegistry
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from emopic_client import wire
from emopic_server.config import ServerConfig, is_loopback
from emopic_server.core.metrics import COUNTERS, HISTOGRAMS, Metrics

WEB: Final = Path(__file__).parent.parent / "web"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_PAGES: Final[Mapping[str, str]] = {
    "/": "/index.html",
    "/overlay": "/overlay.html",
    "/dock": "/dock.html",
    "/diary": "/diary.html",
    "/practice": "/practice.html",
}
# A game's page elsewhere may import the client; to connect, its origin has to be allowed.
_PUBLIC: Final = {"Access-Control-Allow-Origin": "*"}
_CSP: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'"
)
_SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": _CSP,
    "Cache-Control": "no-cache",
    "Connection": "close",
}
_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Status:
    """What the server is doing now. `detail` goes to `/healthz`, `gauges` to `/metrics`.

    `trouble` goes to `/readyz`: why the server is not ready; or when it is, that lines are served,
    but something beside them is not.
    """

    ready: bool
    detail: Mapping[str, object]
    gauges: Mapping[str, float]
    metrics: Metrics | None
    trouble: str = ""


class Pages:
    """Answers HTTP requests that are not websockets. Immutable; files are read once."""

    def __init__(self, folder: Path = WEB) -> None:
        self._files = {
            "/" + path.relative_to(folder).as_posix(): (_TYPES[path.suffix], path.read_bytes())
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES
        }

    def answer(self, request: Request, status: Status) -> Response:
        """The response to GET or HEAD; anything else is 405."""
        if request.method not in ("GET", "HEAD"):
            return response(405, b"method not allowed\n", extra={"Allow": "GET, HEAD"})
        found = self._get(urlsplit(request.path).path, status)
        if request.method == "HEAD":
            found.body = b""  # the length in the headers stays that of the whole
        return found

    def _get(self, path: str, status: Status) -> Response:
        match path:
            case "/healthz":
                body = json.dumps(status.detail, ensure_ascii=False, indent=2).encode() + b"\n"
                return response(200, body, "application/json")
            case "/readyz":
                if status.ready:
                    but = f", but {status.trouble}" if status.trouble else ""
                    return response(200, f"ready{but}\n".encode())
                why = f"{status.trouble}\n".encode()
                return response(503, why, extra={"Retry-After": "1"})
            case "/metrics":
                return response(200, exposition(status), _METRICS_TYPE)
            case wire.PATH:
                return response(
                    426, b"a websocket is served here\n", extra={"Upgrade": "websocket"}
                )
        found = self._files.get(_PAGES.get(path, path))
        if found is None:
            return response(404, b"not found\n")
        content_type, body = found
        return response(200, body, content_type, extra=_PUBLIC if path.endswith(".js") else None)


def refuse_websocket(request: Request, config: ServerConfig, *, ready: bool) -> Response | None:
    """Why a websocket may not be opened: 403 for its origin, 503 before the engine is ready."""
    if not origin_allowed(request.headers, config):
        return response(403, b"this origin may not connect; see allow_origins\n")
    if not ready:
        return response(503, b"warming up\n", extra={"Retry-After": "1"})
    return None


def url_of(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens there."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/"


def is_websocket(request: Request) -> bool:
    """Whether a request asks for our websocket."""
    upgrade = ",".join(request.headers.get_all("Upgrade")).lower()
    return urlsplit(request.path).path == wire.PATH and "websocket" in upgrade


def exposition(status: Status) -> bytes:
    """All metrics in the Prometheus text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(status))
    return generate_latest(registry)


class _Snapshot(Collector):
    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        for name, value in self._status.gauges.items():
            yield GaugeMetricFamily(f"emopic_{name}", name.replace("_", " "), value=value)
        if self._status.metrics is not None:
            yield from _counters(self._status.metrics)
            yield from _histograms(self._status.metrics)


def _counters(metrics: Metrics) -> Iterable[Metric]:
    for name, spec in COUNTERS.items():
        labels = [spec.label] if spec.label else []
        family = CounterMetricFamily(f"emopic_{name}", spec.help, labels=labels)
        values = metrics.counters[name]
        for label, value in (values or ({} if labels else {"": 0})).items():
            family.add_metric([label] if labels else [], value)
        yield family


def _histograms(metrics: Metrics) -> Iterable[Metric]:
    for name, spec in HISTOGRAMS.items():
        labels = [spec.label] if spec.label else []
        family = HistogramMetricFamily(f"emopic_{name}", spec.help, labels=labels)
        for label, histogram in metrics.histograms[name].items():
            running, buckets = 0, []
            bounds = [*map(str, histogram.bounds), "+Inf"]
            for bound, count in zip(bounds, histogram.counts, strict=True):
                running += count
                buckets.append((bound, running))
            family.add_metric([label] if labels else [], buckets, sum_value=histogram.total)
        yield family


def origin_allowed(headers: Headers, config: ServerConfig) -> bool:
    """No origin (not a browser), one on the list, or our own.

    A server for this machine only does not take the request's word for what its own name is: a
    page elsewhere could point a name of its own here.
    """
    origins = headers.get_all("Origin")
    if not origins:
        return True
    if len(origins) != 1:
        return False
    if origins[0] in config.allow_origins:
        return True
    own = urlsplit(origins[0])
    hosts = headers.get_all("Host")
    if own.scheme not in ("http", "https") or len(hosts) != 1 or own.netloc != hosts[0]:
        return False
    return not config.loopback or is_loopback(own.hostname or "")


def response(
    status: int,
    body: bytes,
    content_type: str = "text/plain; charset=utf-8",
    *,
    extra: Mapping[str, str] | None = None,
) -> Response:
    """An answer with the headers that all of ours have; `extra` ones come in their place."""
    named = {
        **_SAFE_HEADERS,
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        **(extra or {}),
    }
    headers = Headers(named)
    return Response(status, http.HTTPStatus(status).phrase, headers, body)
