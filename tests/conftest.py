"""What holds for every test: shared helpers are importable as `tests.…`, wherever pytest starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

_ROOT = str(Path(__file__).parent.parent)
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

# A console that is made while this is set keeps that width for good, whatever a test sets later.
os.environ.pop("COLUMNS", None)

# A slow machine is no reason to fail: pytest's timeout bounds each test.
settings.register_profile("emopic", deadline=None)
settings.load_profile("emopic")
