"""What this machine is, and where its caches go."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA device and its compute capability, as (9, 0) for an H200."""

    name: str
    capability: tuple[int, int]


def nvidia_gpus() -> list[Gpu]:
    """The NVIDIA devices this process sees, asked of the driver itself: torch is not imported.

    Empty where there is no driver or no device.
    """
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return []
    count = ctypes.c_int()
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return []
    return [_gpu(driver, number) for number in range(count.value)]


_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*


def _gpu(driver: ctypes.CDLL, number: int) -> Gpu:
    device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    driver.cuDeviceGet(ctypes.byref(device), number)
    driver.cuDeviceGetName(name, len(name), device)
    parts = []
    for attribute in (_MAJOR, _MINOR):
        value = ctypes.c_int()
        driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        parts.append(value.value)
    return Gpu(name.value.decode(errors="replace"), (parts[0], parts[1]))
