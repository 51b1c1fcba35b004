"""What the core does by itself, checked in C# (`driver/Checks.*.cs`), one test a check."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unity.building import HERE, marked, outcomes, run_mono


@pytest.fixture(scope="module")
def checked(driver: Path) -> dict[str, str]:
    return outcomes(run_mono(driver, "checks"))


@pytest.mark.parametrize("name", marked(HERE / "driver", "Check"))
def test_check(checked: dict[str, str], name: str) -> None:
    assert checked[name] == "ok"
