"""VTube Studio, from a line to its parameters and hotkeys."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.bridges.fake_vts import FakeVts, fake_vts
from tests.integration.talker import Running, running

from emopic_client.aio import Client
from emopic_client.backoff import Backoff
from emopic_client.bridges.target import Target
from emopic_client.bridges.vts import Hotkeys, VtsBridge
from emopic_client.bridges.vts_api import VtsLost, VtsRefused, vts_connection
from emopic_client.bridges.vts_token import Tokens

QUICK = Backoff(first=0.02, most=0.1)


class Bridge:
    """A bridge that runs, what it told, and its own client."""

    def __init__(self, client: Client, studio: FakeVts, tokens: Tokens) -> None:
        self.told: list[str] = []
        self.client = client
        keys = Hotkeys({"joy": "smile", "anger": "Missing"}, cooldown=60)
        bridge = VtsBridge(client, "minji", studio.url, tokens, keys, self.told.append)
        self.task = asyncio.create_task(bridge.run(QUICK))


@contextlib.asynccontextmanager
async def bridged(studio: FakeVts, path: Path) -> AsyncIterator[tuple[Bridge, Running]]:
    async with running() as server:
        target = Target(server.ws, character="minji", builtin="haru")
        async with target.open("test") as client:
            bridge = Bridge(client, studio, Tokens(path / "t.json"))
            try:
                yield bridge, server
            finally:
                bridge.task.cancel()
                await asyncio.wait([bridge.task])


def joy(studio: FakeVts) -> float:
    return studio.injections[-1].values["EmopicJoy"] if studio.injections else 0.0


async def test_a_line_moves_parameters_and_presses_a_hotkey_once(tmp_path: Path) -> None:
    async with fake_vts() as studio, bridged(studio, tmp_path) as (bridge, _):
        await studio.until(lambda: studio.injections)
        names = {
            f"Emopic{n}" for n in ("Joy", "Anger", "Anxiety", "Neutral", "Sadness", "Surprise")
        }
        assert set(studio.parameters) == names
        assert (studio.parameters["EmopicJoy"]["min"], studio.parameters["EmopicJoy"]["max"]) == (
            0,
            1,
        )
        assert "기쁨" in studio.parameters["EmopicJoy"]["explanation"]
        await bridge.client.line("minji", "너무 좋아")
        await studio.until(lambda: joy(studio) > 0.5)
        await studio.until(lambda: studio.pressed == ["Smile"])
        await bridge.client.line("minji", "행복해")
        await studio.until(lambda: studio.requests[-1] == "InjectParameterData")
        assert studio.pressed == ["Smile"], "the cool-down holds"
        assert set(studio.injections[-1].values) == names, "all of them, each time"


async def test_a_resting_face_is_sent_at_least_once_a_second(tmp_path: Path) -> None:
    async with fake_vts() as studio, bridged(studio, tmp_path):
        await studio.until(lambda: len(studio.injections) >= 5)
        times = [injection.at for injection in studio.injections]
        assert max(b - a for a, b in itertools.pairwise(times)) < 1.0


async def test_the_user_is_asked_once_and_the_token_kept(tmp_path: Path) -> None:
    async with fake_vts() as studio:
        async with bridged(studio, tmp_path) as (bridge, _):
            await studio.until(lambda: studio.injections)
            assert any("press Allow" in text for text in bridge.told)
        studio.injections.clear()
        async with bridged(studio, tmp_path) as (bridge, _):
            await studio.until(lambda: studio.injections)
            assert not any("press Allow" in text for text in bridge.told)
        assert studio.asked == 1


async def test_a_user_who_says_no_ends_the_bridge(tmp_path: Path) -> None:
    async with fake_vts(allow=False) as studio, bridged(studio, tmp_path) as (bridge, _):
        await asyncio.wait([bridge.task], timeout=10)
        error = bridge.task.exception()
        assert isinstance(error, VtsRefused)
        assert error.error_id == 50


async def test_an_unknown_hotkey_is_told_and_the_face_goes_on(tmp_path: Path) -> None:
    async with fake_vts() as studio, bridged(studio, tmp_path) as (bridge, _):
        await studio.until(lambda: studio.injections)
        await bridge.client.line("minji", "정말 화나")
        await studio.until(lambda: "HotkeyTrigger" in studio.requests)
        before = len(studio.injections)
        await studio.until(lambda: len(studio.injections) > before + 1)
        assert any("'Missing'" in text and "202" in text for text in bridge.told)


async def test_a_cut_connection_comes_back_without_asking_again(tmp_path: Path) -> None:
    async with fake_vts() as studio, bridged(studio, tmp_path) as (bridge, _):
        await studio.until(lambda: studio.injections)
        studio.cut()
        before = len(studio.injections)
        await studio.until(lambda: len(studio.injections) > before)
        assert studio.asked == 1
        assert any("next attempt" in text for text in bridge.told)


async def test_a_permission_taken_back_is_asked_for_again(tmp_path: Path) -> None:
    async with fake_vts() as studio, bridged(studio, tmp_path) as (_bridge, _):
        await studio.until(lambda: studio.injections)
        studio.revoke()
        await studio.until(lambda: studio.asked == 2)
        before = len(studio.injections)
        await studio.until(lambda: len(studio.injections) > before)


async def test_access_that_is_off_is_waited_for(tmp_path: Path) -> None:
    async with fake_vts(access=False) as studio, bridged(studio, tmp_path) as (bridge, _):
        await studio.until(lambda: len(studio.requests) >= 2)
        assert any("deactivated" in text for text in bridge.told)
        studio.access = True
        await studio.until(lambda: studio.injections)


async def test_no_vtube_studio_says_what_to_do() -> None:
    async with fake_vts() as gone:
        url = gone.url
    with pytest.raises(VtsLost, match="allow plugins"):
        async with vts_connection(url):
            pass


async def test_the_fake_refuses_what_the_real_one_does() -> None:
    async with fake_vts() as studio, vts_connection(studio.url) as vts:
        for request, data, error_id in (
            ("InjectParameterData", {}, 8),
            ("MakeCoffee", {}, 7),
            ("Authentication", {}, 100),
        ):
            with pytest.raises(VtsRefused) as caught:
                await vts.ask(request, **data)
            assert caught.value.error_id == error_id
        assert await vts.authenticate("wrong") is False
        assert await vts.authenticate(await vts.new_token()) is True
        for name, error_id in (("a b", 350), ("x", 350)):
            with pytest.raises(VtsRefused) as caught:
                await vts.ask("ParameterCreation", parameterName=name, min=0, max=1, defaultValue=0)
            assert caught.value.error_id == error_id
