"""The seam to the engine: nothing else in the server knows where it runs.

A host runs one engine for each worker: in a thread of our own process, where nothing needs to be
started, or in processes that are watched and started again, where nothing can take the server down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from emopic_server.core.supervision import Patience
from emopic_server.io.hosting.like import (
    AboutEngine,
    EngineHost,
    EngineLike,
    Listener,
    WorkerStatus,
)
from emopic_server.io.hosting.perform import perform
from emopic_server.io.hosting.process import ProcessHost
from emopic_server.io.hosting.source import EngineSource, WorkerSource, engine_source
from emopic_server.io.hosting.thread import ThreadHost

__all__ = [
    "AboutEngine",
    "EngineHost",
    "EngineLike",
    "EngineMaker",
    "EngineSource",
    "Listener",
    "ProcessHost",
    "ThreadHost",
    "WorkerSource",
    "WorkerStatus",
    "engine_source",
    "open_host",
    "perform",
]

EngineMaker: TypeAlias = Callable[[], EngineLike] | EngineSource
"""A function is called in a thread of ours; a source is for processes."""


def open_host(maker: EngineMaker, patience: Patience, listener: Listener) -> EngineHost:
    """The host for an engine that is made in this way; nothing runs before its `start`."""
    if isinstance(maker, EngineSource):
        return ProcessHost(maker, patience, listener)
    return ThreadHost(maker, listener)
