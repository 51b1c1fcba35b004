"""What this machine is, and where its caches go."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path


@cache
def cpu_name() -> str:
    """The processor's marketing name where the system tells it, else its architecture."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def physical_cores() -> int:
    """How many processors this process may use (hyper-threads count; containers are respected)."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def cache_dir() -> Path:
    """Where compiled engines are kept: `$EMOPIC_CACHE`, else the user's cache folder."""
    override = os.environ.get("EMOPIC_CACHE")
    return Path(override) if override else user_cache_path("emopic", appauthor=False)
