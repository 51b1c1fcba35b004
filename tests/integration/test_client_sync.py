"""The synchronous client, from ordinary threads."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.talker import Running, running

import emopic_client
import emopic_client.sync
from emopic_client import wire


@pytest.fixture
def server() -> Iterator[Running]:
    """A server in a thread of its own."""
    started: list[Running] = []
    ready, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with running() as server:
            started.append(server)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    assert ready.wait(30)
    yield started[0]
    loops[0].call_soon_threadsafe(stop.set)
    thread.join(30)
    assert not thread.is_alive()


def test_everything_once(server: Running) -> None:
    with emopic_client.sync.connect(server.ws) as client:
        events = client.events()
        assert client.emotions[0] == "joy"
        assert client.hello.engine.backend == "fake"
        assert client.put("minji", builtin="haru").width == 256
        assert client.line("minji", "너무 좋아").top == "joy"
        assert client.ping() > 0
        client.partial("minji", "너무", id=client.new_id())
        frames = client.frames("minji", wire.FrameOptions(size=32))
        assert next(frames).rect is None
        client.express("minji", {"joy": 1.0})
        assert next(client.blendshapes("minji", "vrm1")).names is not None
        client.watch("minji")
        client.unwatch("minji")
        client.drop("minji")
        kinds = {type(events.get(timeout=10)) for _ in range(3)}
        assert wire.Emotion in kinds
    assert all(isinstance(frame, wire.Frame) for frame in frames), "and it ends"
    for request in (client.ping, client.new_id):
        with pytest.raises(emopic_client.ConnectionEnded):
            request()


def test_errors_are_those_of_the_asynchronous_client(server: Running) -> None:
    with emopic_client.sync.connect(server.ws) as client:
        with pytest.raises(emopic_client.RequestRefused) as caught:
            client.line("nobody", "좋아")
        assert caught.value.code == "unknown_character"
        with pytest.raises(emopic_client.InvalidRequest):
            client.express("minji", {"joy": 7.0})
        events = client.events()
        with pytest.raises(emopic_client.RequestTimeout):
            events.get(timeout=0.05)


def test_a_reader_is_ended_by_the_close(server: Running) -> None:
    seen: list[object] = []
    with emopic_client.sync.connect(server.ws) as client:
        events = client.events()
        reader = threading.Thread(target=lambda: seen.extend(events))
        reader.start()
        client.put("minji", builtin="haru")
    reader.join(10)
    assert not reader.is_alive()
    assert [type(event) for event in seen] == [wire.CharacterReady]


def test_many_threads_share_one_client(server: Running) -> None:
    tops: list[str] = []
    with emopic_client.sync.connect(server.ws) as client:
        client.put("minji", builtin="haru")

        def speak() -> None:
            tops.extend(client.line("minji", "너무 좋아").top for _ in range(5))

        threads = [threading.Thread(target=speak) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert tops == ["joy"] * 20


def test_no_thread_is_left_behind(server: Running) -> None:
    before = threading.active_count()
    with emopic_client.sync.connect(server.ws):
        assert threading.active_count() > before
    with pytest.raises(emopic_client.ConnectError):  # noqa: SIM117
        with emopic_client.sync.connect("ws://127.0.0.1:9"):
            pass
    assert threading.active_count() == before


def test_the_example_in_the_readme(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    readme = Path(__file__).parents[2] / "clients" / "python" / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    example = next(block for block in blocks if "emopic_client.sync" in block)
    exec(example.replace("ws://127.0.0.1:8765", server.ws), {})
    assert capsys.readouterr().out == "neutral\n", "the small engine does not know the word"
    for block in blocks:
        compile(block, str(readme), "exec")
