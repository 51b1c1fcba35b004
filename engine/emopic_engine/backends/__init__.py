"""Backends by name. Each is imported only when it is asked for."""

from __future__ import annotations

import importlib
from typing import cast, get_args

from emopic_engine.backends.base import Backend, Compiled, Graph, Precision, TensorSpec
from emopic_engine.errors import BackendUnavailable

__all__ = [
    "BACKENDS",
    "Backend",
    "Compiled",
    "Graph",
    "Precision",
    "TensorSpec",
    "known_precision",
    "load_backend",
]

BACKENDS: dict[str, str] = {
    "openvino": "emopic_engine.backends.openvino:OpenVinoBackend",
    "torch": "emopic_engine.backends.torch:TorchBackend",
}


def load_backend(name: str, *, precision: Precision | None = None, threads: int = 0) -> Backend:
    """Make the backend called `name`.

    `threads` 0 means one per physical core. `precision` None means the backend's own default.
    Raises `BackendUnavailable`, saying what is missing; nothing is ever substituted.
    """
    try:
        target = BACKENDS[name]
    except KeyError:
        known = ", ".join(sorted(BACKENDS))
        raise BackendUnavailable(f"there is no backend {name!r}; choose one of: {known}") from None
    module_name, attribute = target.split(":")
    try:
        factory = getattr(importlib.import_module(module_name), attribute)
    except ImportError as error:
        raise BackendUnavailable(f"backend {name!r} needs a library: {error}") from error
    return cast(Backend, factory(precision=precision, threads=threads))


def known_precision(value: str | None) -> Precision | None:
    """`value` as a precision. Raises `BackendUnavailable` that names the choices."""
    if value is not None and value not in get_args(Precision):
        choices = ", ".join(get_args(Precision))
        raise BackendUnavailable(f"precision {value!r} is unknown; choose one of: {choices}")
    return cast("Precision | None", value)
