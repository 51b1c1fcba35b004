"""Pages, the Prometheus text, and who may open a websocket."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request

from emopic_server.config import ServerConfig
from emopic_server.core.metrics import Metrics
from emopic_server.io.http import Pages, Status, exposition, is_websocket, refuse_websocket

COLD = Status(ready=False, detail={"status": "warming up"}, gauges={"ready": 0}, metrics=None)
LOCAL = ServerConfig()
PUBLIC = ServerConfig(host="0.0.0.0", token="long enough", allow_origins=("https://a.example",))


def request(path: str = "/v1/stream", method: str = "GET", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(path, Headers(named), method)


@pytest.mark.parametrize(
    ("config", "host", "origin", "allowed"),
    [
        (LOCAL, "127.0.0.1:8765", None, True),
        (LOCAL, "127.0.0.1:8765", "http://127.0.0.1:8765", True),
        (LOCAL, "localhost:8765", "http://localhost:8765", True),
        (LOCAL, "[::1]:8765", "http://[::1]:8765", True),
        (LOCAL, "127.0.0.1:8765", "http://localhost:8765", False),
        (LOCAL, "127.0.0.1:8765", "http://127.0.0.1:9999", False),
        (LOCAL, "evil.example:8765", "http://evil.example:8765", False),
        (LOCAL, "127.0.0.1:8765", "null", False),
        (LOCAL, "127.0.0.1:8765", "file://", False),
        (PUBLIC, "game.example", "https://game.example", True),
        (PUBLIC, "game.example", "https://a.example", True),
        (PUBLIC, "game.example", "https://a.example.evil", False),
        (PUBLIC, "game.example", "https://b.example", False),
        (PUBLIC, "game.example", None, True),
    ],
)
def test_origin(config: ServerConfig, host: str, origin: str | None, allowed: bool) -> None:
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    response = refuse_websocket(request(**headers), config, ready=True)
    assert (response is None) == allowed
    if response is not None:
        assert response.status_code == 403


def test_two_origins_are_none_of_ours() -> None:
    headers = Headers({"Host": "127.0.0.1:8765"})
    headers["Origin"] = "http://127.0.0.1:8765"
    headers["Origin"] = "https://evil.example"
    response = refuse_websocket(Request("/v1/stream", headers), LOCAL, ready=True)
    assert response is not None


def test_a_stranger_learns_nothing_about_readiness() -> None:
    headers = {"Host": "127.0.0.1", "Origin": "https://evil.example"}
    response = refuse_websocket(request(**headers), LOCAL, ready=False)
    assert response is not None
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("path", "upgrade", "expected"),
    [
        ("/v1/stream", "websocket", True),
        ("/v1/stream?x=1", "WebSocket", True),
        ("/v1/stream", "h2c", False),
        ("/v1/stream/", "websocket", False),
        ("/", "websocket", False),
    ],
)
def test_is_websocket(path: str, upgrade: str, expected: bool) -> None:
    assert is_websocket(request(path, Upgrade=upgrade)) == expected


def test_only_listed_files_are_served(tmp_path: Path) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "index.html").write_text("<p>hello", encoding="utf-8")
    (folder / "secret.py").write_text("token = 1", encoding="utf-8")
    (tmp_path / "outside.js").write_text("1", encoding="utf-8")
    pages = Pages(folder)
    found = pages.answer(request("/"), COLD)
    assert (found.status_code, found.body) == (200, b"<p>hello")
    for path in ("/secret.py", "/../outside.js", "/..%2foutside.js", "/web/index.html", ""):
        assert pages.answer(request(path), COLD).status_code == 404


def test_pages_of_other_origins_may_import_the_client_and_nothing_else() -> None:
    pages = Pages()
    for path, public in (("/emopic.js", True), ("/msgpack.js", True), ("/", False)):
        headers = pages.answer(request(path), COLD).headers
        assert headers.get("Access-Control-Allow-Origin") == ("*" if public else None)


@pytest.mark.parametrize("path", ["/", "/overlay", "/dock", "/overlay?character=a"])
def test_pages(path: str) -> None:
    found = Pages().answer(request(path), COLD)
    assert found.status_code == 200
    assert found.headers["Content-Type"].startswith("text/html")


def test_metrics_text() -> None:
    metrics = Metrics()
    metrics.count("errors", 'odd"label')
    metrics.observe("line_seconds", 0.003)
    text = exposition(Status(True, {}, {"ready": 1}, metrics)).decode()
    assert 'emopic_errors_total{code="odd\\"label"} 1.0' in text
    assert 'emopic_line_seconds_bucket{le="0.002"} 0.0' in text
    assert 'emopic_line_seconds_bucket{le="0.005"} 1.0' in text
    assert 'emopic_line_seconds_bucket{le="+Inf"} 1.0' in text
    assert "emopic_line_seconds_sum 0.003" in text
