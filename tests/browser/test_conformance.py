"""emopic.js passes the conformance kit, scenario by scenario, in a real Chromium."""

from __future__ import annotations

import sys

import pytest
from tests.browser.conftest import need_chromium

from emopic_client.conformance.run import play
from emopic_client.conformance.scenarios import SCENARIOS

ADAPTER = f"{sys.executable} -m tests.browser.conformance_adapter"


@pytest.mark.timeout(300)
async def test_the_javascript_client_passes() -> None:
    need_chromium()
    verdicts = [v async for v in play(ADAPTER, [], patience=30.0, quiet=0.6)]
    assert [v.scenario for v in verdicts] == list(SCENARIOS)
    assert {v.scenario: v.broken for v in verdicts if v.broken} == {}
