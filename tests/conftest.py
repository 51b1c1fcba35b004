"""What holds for every test: shared helpers are importable as `tests.…`, wherever pytest starts."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

_ROOT = str(Path(__file__).parent.parent)
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

# A slow machine is no reason to fail: pytest's timeout bounds each test.
settings.register_profile("emopic", deadline=None)
settings.load_profile("emopic")
