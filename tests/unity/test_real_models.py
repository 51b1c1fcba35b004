"""The whole way with the bundled models: a line said in C# moves a real face."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser.serving import REAL, ServerProcess, free_port
from tests.unity.talking import playing

pytestmark = pytest.mark.models


async def test_korean_lines_move_a_real_face(driver: Path) -> None:
    with ServerProcess(free_port(), command=REAL) as server:
        url = server.url.replace("http://", "ws://")
        async with playing(driver, url) as game:
            await game.until("opened")
            await game.put("minji", "minji")
            game.do("watch", "minji", "frames", "arkit")
            full = await game.until("frame")
            assert not full["patch"]
            for line, text, top in (
                ("1", "오늘 진짜 최고야! 너무 행복해", "joy"),
                ("2", "헐 대박 이게 진짜라고?? 깜짝 놀랐어!", "surprise"),
            ):
                assert (await game.say(line, text))["top"] == top
                frame = await game.until("frame", line=line)
                assert frame["begin"] == "ffd8"
