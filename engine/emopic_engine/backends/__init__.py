"""Backends by name. Each is imported only when it is asked for."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from typing import cast, get_args

from emopic_engine.backends.base import Backend, Compiled, Graph, Precision, TensorSpec, Watch
from emopic_engine.backends.choice import ORDER, PRECISIONS, choose
from emopic_engine.errors import BackendUnavailable

__all__ = [
    "AUTO",
    "BACKENDS",
    "PRECISIONS",
    "Backend",
    "Compiled",
    "Graph",
    "Precision",
    "TensorSpec",
    "known_precision",
    "load_backend",
]

log = logging.getLogger(__name__)

AUTO = "auto"
BACKENDS: dict[str, str] = {
    "cuda": "emopic_engine.backends.cuda:CudaBackend",
    "openvino": "emopic_engine.backends.openvino:OpenVinoBackend",
    "tensorrt": "emopic_engine.backends.tensorrt:TensorRtBackend",
    "torch": "emopic_engine.backends.torch:TorchBackend",
}


def load_backend(
    name: str,
    *,
    precision: Precision | None = None,
    threads: int = 0,
    watch: Watch | None = None,
) -> Backend:
    """Make the backend called `name`, or for `auto` the first that can run here.

    `threads` 0 means one per physical core. `precision` None means the backend's own default.
    `watch` is told about engines that are built. Raises `BackendUnavailable`, saying what is
    missing; nothing is ever substituted.
    """
    reason = "asked for"
    if name == AUTO:
        choice = choose(precision)
        name, reason = choice.name, choice.reason
    backend = _factory(name)(precision=precision, threads=threads)
    backend.reason, backend.watch = reason, watch
    log.info("backend %s %s on %s: %s", name, backend.precision, backend.device, reason)
    return backend


def _factory(name: str) -> Callable[..., Backend]:
    try:
        module_name, attribute = BACKENDS[name].split(":")
    except KeyError:
        known = ", ".join((AUTO, *ORDER))
        raise BackendUnavailable(f"there is no backend {name!r}; choose one of: {known}") from None
    try:
        factory = getattr(importlib.import_module(module_name), attribute)
    except ImportError as error:
        raise BackendUnavailable(
            f"backend {name!r} needs a library: {error}; pip install emopic-engine"
        ) from error
    return cast("Callable[..., Backend]", factory)


def known_precision(value: str | None) -> Precision | None:
    """`value` as a precision. Raises `BackendUnavailable` that names the choices."""
    if value is not None and value not in get_args(Precision):
        choices = ", ".join(get_args(Precision))
        raise BackendUnavailable(f"precision {value!r} is unknown; choose one of: {choices}")
    return cast("Precision | None", value)
