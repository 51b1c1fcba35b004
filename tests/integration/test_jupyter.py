"""A live face in a notebook's cell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from tests.integration.talker import running

import emopic_client
from emopic_client import jupyter


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[list[dict[str, Any]]]:
    """What a notebook's front end would be sent."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell.instance()
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    yield publisher.outputs
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


async def test_the_face_appears_once_and_then_moves(cell: list[dict[str, Any]]) -> None:
    async with running() as server, emopic_client.connect(server.ws) as client:
        await client.put("minji", builtin="haru")
        face = jupyter.show(client, "minji", size=64)
        await client.line("minji", "너무 좋아")
        while face.shown < 3:
            await asyncio.sleep(0)
        assert face.moving
        face.stop()
        await face.finished()
        assert not face.moving
    assert all(output["data"]["image/jpeg"] for output in cell)
    assert [bool(output.get("update")) for output in cell[:3]] == [False, True, True]
    assert len({output["transient"]["display_id"] for output in cell}) == 1
    assert cell[0]["metadata"]["image/jpeg"]["width"] == 64


@pytest.mark.usefixtures("cell")
async def test_a_lost_session_is_raised_where_it_is_waited_for() -> None:
    async with (
        running() as server,
        emopic_client.connect(server.ws, reconnect=None) as client,
    ):
        await client.put("minji", builtin="haru")
        face = jupyter.show(client, "minji", size=64)
        server.server.stop()
        with pytest.raises(emopic_client.ConnectionEnded):
            await asyncio.wait_for(face.finished(), 10)
