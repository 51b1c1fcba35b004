"""The C# client passes the conformance kit, every scenario."""

from __future__ import annotations

from pathlib import Path

from tests.unity.building import MONO

from emopic_client.conformance.run import play


async def test_every_scenario_passes(driver: Path) -> None:
    command = f"{MONO} --debug {driver} adapter"
    verdicts = [verdict async for verdict in play(command, [], patience=30.0, quiet=0.6)]
    assert len(verdicts) > 20
    assert {v.scenario: v.broken for v in verdicts if v.broken} == {}
