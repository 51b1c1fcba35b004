"""From a graph to a compiled engine: out of the store, or built, compared and put there."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from emopic_engine import __version__
from emopic_engine.backends.base import Compiled, Graph, Precision, Watch
from emopic_engine.engines import parity
from emopic_engine.engines.key import EngineKey
from emopic_engine.engines.store import Built, Damaged, EngineStore, Entry, Files
from emopic_engine.errors import ModelError, ParityError

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)


class Builder(Protocol):
    """What a backend does for its engines; `obtain` does the rest."""

    name: str
    device: str
    precision: Precision
    versions: dict[str, str]
    capability: str
    options: dict[str, Any]
    watch: Watch | None

    def build(self, graph: Graph, module: nn.Module) -> Files:
        """The files of a compiled engine, none where there is nothing to keep.

        The module is the builder's own from now on. Raises `ModelError`.
        """
        ...

    def load(self, graph: Graph, files: Files) -> Compiled:
        """Make an engine's files run. Raises `ModelError` for files it cannot use."""
        ...


def obtain(builder: Builder, graph: Graph, store: EngineStore | None = None) -> Compiled:
    """The engine of `graph`: read back where its key is known, else built under a lock.

    Raises `ParityError` for an engine that does not answer as the reference does, now and at
    every later start until its model, backend or precision is another one.
    """
    store = store or EngineStore()
    key = EngineKey.of(builder, graph)
    compiled = _kept(builder, graph, store, key)
    if compiled is not None:
        return compiled
    with store.lock(key, lambda: _tell(builder, graph, "waiting for another process")):
        # Whoever held the lock before us may have built just this engine.
        return _kept(builder, graph, store, key) or _built(builder, graph, store, key)


def rebuild(builder: Builder, graph: Graph, store: EngineStore | None = None) -> Compiled:
    """Build the engine of `graph` even if there is one. Raises like `obtain`."""
    store = store or EngineStore()
    key = EngineKey.of(builder, graph)
    with store.lock(key, lambda: _tell(builder, graph, "waiting for another process")):
        return _built(builder, graph, store, key)


def _kept(builder: Builder, graph: Graph, store: EngineStore, key: EngineKey) -> Compiled | None:
    try:
        engine = store.read(key)
        if engine is None:
            return None
        _check(engine, key)
        return builder.load(graph, engine.files)
    except Damaged as damage:
        log.warning("the engine %s is built again: %s", key.name, damage)
    except ModelError as error:
        log.warning("the engine %s is built again: %s", key.name, error.message)
    return None


def _built(builder: Builder, graph: Graph, store: EngineStore, key: EngineKey) -> Compiled:
    began = time.monotonic()
    _tell(builder, graph, "building")
    module = graph.module().eval().requires_grad_(False)
    expected = parity.reference(graph, module)
    files = builder.build(graph, module)
    compiled = builder.load(graph, files)
    _tell(builder, graph, "comparing with fp32")
    found = parity.compare(graph, compiled, expected, builder.precision)
    seconds = round(time.monotonic() - began, 2)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    engine = store.write(key, files, found, Built(at, seconds, __version__))
    _tell(builder, graph, f"done in {seconds:.1f} s: {found}")
    _check(engine, key)
    return compiled


def _check(engine: Entry, key: EngineKey) -> None:
    if not engine.parity.passed:
        raise ParityError(
            f"{key.graph} on {key.backend} {key.precision} does not answer as fp32 does "
            f"({engine.parity}); use another --precision or --backend"
        )


def _tell(builder: Builder, graph: Graph, stage: str) -> None:
    log.info("%s for %s %s: %s", graph.name, builder.name, builder.precision, stage)
    if builder.watch is not None:
        builder.watch(graph.name, stage)
