"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A slow machine is no reason to fail: pytest's timeout bounds each test.
settings.register_profile("emopic", deadline=None)
settings.load_profile("emopic")
