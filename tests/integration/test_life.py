"""The server's life: start, readiness, HTTP, drain and end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.fakes import FakeEngine, Gate
from tests.integration.talker import Talker, running
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from emopic_client import wire
from emopic_engine.errors import ModelError
from emopic_server.config import ServerConfig
from emopic_server.errors import ConfigError
from emopic_server.io.app import Server, run_server

ROOT = Path(__file__).parents[2]


async def get(url: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.request(method, url)


async def test_not_ready_before_warm_up() -> None:
    warm = Gate()
    warm.close()
    async with running(FakeEngine(warm=warm), wait=False) as server:
        ready = await get(server.http + "/readyz")
        assert ready.status_code == 503
        assert "Retry-After" in ready.headers
        health = await get(server.http + "/healthz")
        assert (health.status_code, health.json()["status"]) == (200, "warming up")
        assert "emopic_ready 0.0" in (await get(server.http + "/metrics")).text
        with pytest.raises(InvalidStatus) as caught:
            async with server.connect():
                pass
        assert caught.value.response.status_code == 503
        assert caught.value.response.headers["Retry-After"] == "1"
        warm.open()
        async with asyncio.timeout(10):
            while (await get(server.http + "/readyz")).status_code != 200:
                await asyncio.sleep(0.01)
        async with server.session() as talker:
            await talker.alive()


async def test_health_says_what_really_runs() -> None:
    async with running() as server, server.session() as talker:
        await talker.put()
        health = (await get(server.http + "/healthz")).json()
        assert health["status"] == "ok"
        assert health["engine"]["backend"] == "fake"
        assert health["engine"]["versions"] == {"fake": "1"}
        (hello,) = (message for message in talker.seen if isinstance(message, wire.Hello))
        assert health["engine"]["reason"] == hello.engine.reason == "a test"
        assert (health["connections_open"], health["characters"]) == (1, 1)


async def test_metrics_count() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.say("기쁘다")
        await talker.expect(wire.Emotion)
        await talker.say("")
        await talker.refused("line_empty")
        text = (await get(server.http + "/metrics")).text
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["emopic_ready",] == 1
    assert samples["emopic_connections_total",] == 1
    assert samples["emopic_lines_total", "final"] == 1
    assert samples["emopic_errors_total", "line_empty"] == 1
    assert samples["emopic_messages_total", "line"] == 2
    assert samples["emopic_line_seconds_count",] == 1
    assert samples["emopic_engine_seconds_bucket", "classify", "+Inf"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/", 200, "text/html"),
        ("HEAD", "/", 200, "text/html"),
        ("GET", "/overlay?character=a", 200, "text/html"),
        ("GET", "/emopic.js", 200, "text/javascript"),
        ("GET", "/favicon.svg", 200, "image/svg+xml"),
        ("HEAD", "/readyz", 200, "text/plain"),
        ("GET", "/nothing", 404, "text/plain"),
        ("GET", "/../config.py", 404, "text/plain"),
        ("GET", "/%2e%2e/config.py", 404, "text/plain"),
        ("GET", "//etc/passwd", 404, "text/plain"),
        ("DELETE", "/", 405, "text/plain"),
        ("OPTIONS", "/v1/stream", 405, "text/plain"),
        ("GET", "/v1/stream", 426, "text/plain"),
    ],
)
async def test_http(method: str, path: str, status: int, kind: str) -> None:
    async with running() as server:
        response = await get(server.http + path, method)
        assert response.status_code == status
        assert response.headers["Content-Type"].startswith(kind)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        if method == "HEAD":
            assert response.content == b""
            assert int(response.headers["Content-Length"]) > 0


async def test_the_wrong_path_is_no_websocket() -> None:
    async with running() as server:
        with pytest.raises(InvalidStatus) as caught:
            async with connect(server.ws.replace("/v1/", "/v2/")):
                pass
        assert caught.value.response.status_code == 404


async def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=str(port)):
            await Server(ServerConfig(port=port), FakeEngine).run()


async def test_an_engine_that_cannot_be_loaded_ends_the_server() -> None:
    def load() -> FakeEngine:
        raise ModelError("there is no model directory /nowhere")

    with pytest.raises(ModelError, match="/nowhere"):
        await Server(ServerConfig(port=0), load).run()


class Broken(FakeEngine):
    def classify(self, _lines: object) -> list[object]:  # type: ignore[override]
        raise SystemError("illegal access")

    def render(self, _jobs: object) -> list[object]:  # type: ignore[override]
        return []


async def test_a_worker_that_breaks_its_promise_ends_the_server() -> None:
    async with running(Broken()) as server, server.session() as talker:
        await talker.put()
        await talker.say("기쁘다")
        await talker.refused("engine")
        await talker.send(wire.Watch(character="a", frames=wire.FrameOptions()))
        assert (await talker.closed()).code == wire.SERVER_FAULT.code
        with pytest.raises(Exception, match="0 results for 1 jobs"):
            await server.task


async def test_stopping_answers_what_waits_and_says_bye() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        server.engine.classifying.close()
        await talker.say("기쁘다", "1")
        await asyncio.to_thread(server.engine.classifying.waiting.wait, 5)
        await talker.say("슬프다", "2")
        await talker.alive()
        server.server.stop()
        await talker.say("놀라", "3")
        assert (await talker.refused("closing")).ref == "3"
        server.engine.classifying.open()
        assert [(await talker.expect(wire.Emotion)).line for _ in "12"] == ["1", "2"]
        bye = await talker.closed()
        assert (bye.code, bye.reconnect) == (1001, True)
        await server.task


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
async def test_sigterm() -> None:
    """A real process: bye to everyone, then a clean end."""
    command = [sys.executable, "-m", "tests.fake_server", "--port", "0"]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().split()[1]
        async with connect(url.replace("http", "ws").rstrip("/") + wire.PATH) as ws:
            talker = Talker(ws, "msgpack")
            await talker.open()
            process.send_signal(signal.SIGTERM)
            assert (await talker.closed()).code == 1001
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_run_server_reports_a_bad_address() -> None:
    with pytest.raises(ConfigError, match="port"):
        run_server(ServerConfig(host="203.0.113.7", token="long enough"), FakeEngine)


async def test_health_is_json_with_text_as_it_is() -> None:
    async with running() as server:
        body = (await get(server.http + "/healthz")).content
        assert json.loads(body)["version"]
