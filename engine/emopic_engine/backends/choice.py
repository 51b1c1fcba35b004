"""Which backend `auto` means, and why: the first of `ORDER` that can run here.

tensorrt, where Torch-TensorRT is installed and an NVIDIA GPU of compute capability 7.5 or more is
here; else cuda, where such a torch and a GPU are here; else openvino, where it is installed; else
torch. A backend that does not have the precision asked for is passed over. Nothing is loaded to
find out, except torch where there is a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from emopic_engine.backends.base import Precision
from emopic_engine.errors import BackendUnavailable
from emopic_engine.hardware import nvidia_gpus

ORDER: Final = ("tensorrt", "cuda", "openvino", "torch")
PRECISIONS: Final[Mapping[str, tuple[Precision, ...]]] = {
    "tensorrt": ("f16", "bf16", "f32"),
    "cuda": ("f16", "bf16", "f32"),
    "openvino": ("int8", "bf16", "f32"),
    "torch": ("f32", "bf16"),
}
"""What each backend can be asked for, its default first."""
LEAST_CAPABILITY: Final = (7, 5)

Probe = Callable[[], str | None]
"""None where a backend can run, else what it lacks."""


@dataclass(frozen=True)
class Choice:
    """A backend and the reason for it, in words."""

    name: str
    reason: str


def choose(precision: Precision | None = None, probes: Mapping[str, Probe] | None = None) -> Choice:
    """The backend that `auto` means here. Raises `BackendUnavailable` when none can run."""
    probes = probes or PROBES
    passed: list[str] = []
    for name in ORDER:
        lack = _lack(name, precision, probes[name])
        if lack is None:
            because = f" ({'; '.join(passed)})" if passed else ""
            return Choice(name, f"auto: {name} is the first that can run here{because}")
        passed.append(f"{name}: {lack}")
    raise BackendUnavailable(f"no backend can run here: {'; '.join(passed)}")


def _lack(name: str, precision: Precision | None, probe: Probe) -> str | None:
    if precision is not None and precision not in PRECISIONS[name]:
        return f"has no precision {precision}"
    return probe()


def _gpu() -> str | None:
    gpus = nvidia_gpus()
    if not gpus:
        return "no NVIDIA GPU here"
    if gpus[0].capability < LEAST_CAPABILITY:
        return f"{gpus[0].name} is older than compute capability 7.5"
    return None


def _tensorrt() -> str | None:
    if lack := _gpu() or _cuda_torch():
        return lack
    if not any(map(_installed, ("torch-tensorrt", "torch-tensorrt-rtx"))):
        return "neither torch-tensorrt nor torch-tensorrt-rtx is installed"
    return None


def _cuda() -> str | None:
    return _gpu() or _cuda_torch()


def _cuda_torch() -> str | None:
    import torch

    return None if torch.cuda.is_available() else f"torch {torch.__version__} finds no CUDA"


def _openvino() -> str | None:
    return None if _installed("openvino") else "openvino is not installed"


def _torch() -> str | None:
    return None if _installed("torch") else "torch is not installed"


def _installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


PROBES: Final[Mapping[str, Probe]] = {
    "tensorrt": _tensorrt,
    "cuda": _cuda,
    "openvino": _openvino,
    "torch": _torch,
}
