"""Shared characters survive a restart of a server that has a store."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes import FakeEngine
from tests.integration.talker import running
from tests.integration.test_bad_input import picture

from emopic_client import wire
from emopic_server.config import ServerConfig
from emopic_server.errors import StoreError
from emopic_server.io.app import Server

SMALL = wire.FrameOptions(size=64)


async def test_shared_characters_come_back(tmp_path: Path) -> None:
    where = str(tmp_path / "emopic.db")
    async with running(store=where) as server, server.session() as talker:
        await talker.put("built in", builtin="mina", shared=True)
        options = wire.CharacterOptions(transition_ms=0)
        await talker.put("uploaded", face=picture(64), shared=True, options=options)
        await talker.put("private")
        await talker.put("dropped", shared=True)
        await talker.send(wire.CharacterDrop(character="dropped"))
        await talker.expect(wire.CharacterDropped)
    async with running(store=where) as server, server.session() as talker:
        for name, width in (("built in", 256), ("uploaded", 64)):
            await talker.send(wire.Watch(character=name, frames=SMALL))
            assert (await talker.expect(wire.CharacterReady, character=name)).width == width
            await talker.expect(wire.Frame, character=name)
        for name in ("private", "dropped"):
            await talker.send(wire.Watch(character=name))
            await talker.refused("unknown_character")
        await talker.send(wire.Express(character="uploaded", expression={"joy": 1.0}))
        frame = await talker.expect(wire.Frame, character="uploaded")
        assert frame.expression[0] == 1.0, "its options came back too"


async def test_another_group_does_not_get_them(tmp_path: Path) -> None:
    where = str(tmp_path / "emopic.db")
    async with running(store=where) as server, server.session(token="group-one") as talker:
        await talker.put("a", shared=True)
    async with running(store=where) as server, server.session(token="group-two") as talker:
        await talker.send(wire.Watch(character="a"))
        await talker.refused("unknown_character")


async def test_a_store_is_bounded(tmp_path: Path) -> None:
    limits = {"characters_per_session": 2, "connections_per_token": 2}
    async with running(store=str(tmp_path / "emopic.db"), limits=limits) as server:
        for number in range(2):
            async with server.session() as talker:
                for name in "ab":
                    await talker.put(f"{name}{number}", shared=True)
        async with server.session() as talker:
            await talker.send(wire.CharacterPut(character="x", builtin="haru", shared=True))
            await talker.refused("too_many_characters")
            await talker.put("a0", shared=True)


async def test_a_store_that_cannot_be_opened_ends_the_start() -> None:
    config = ServerConfig(port=0, store="/nowhere/at/all.db")
    with pytest.raises(StoreError, match="cannot be opened"):
        await Server(config, FakeEngine).run()
