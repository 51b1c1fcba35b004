"""The engines that a configuration needs: each graph of its models, compiled, compared again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from emopic_engine.backends import PRECISIONS, Backend, load_backend
from emopic_engine.backends.base import Array, Compiled, Graph, Precision, Watch
from emopic_engine.engine import Engine, EngineConfig
from emopic_engine.engines.parity import Parity, compare, reference
from emopic_engine.errors import BackendUnavailable, ParityError


@dataclass(frozen=True)
class Row:
    """One graph on one backend. `refused` is why its engine cannot be used, else empty."""

    graph: str
    backend: str
    precision: str
    refused: str = ""
    parity: Parity | None = None


@dataclass
class Recording:
    """A backend that remembers what it compiled, and goes on after an engine that is refused."""

    inner: Backend
    compiled: list[tuple[Graph, Compiled | ParityError]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name, self.device = self.inner.name, self.inner.device
        self.precision, self.versions = self.inner.precision, self.inner.versions
        self.reason, self.watch = self.inner.reason, self.inner.watch

    def compile(self, graph: Graph) -> Compiled:
        """As the backend does, but an engine that is refused is noted, and fails when called."""
        try:
            compiled = self.inner.compile(graph)
        except ParityError as error:
            self.compiled.append((graph, error))
            return _Refused(error)
        self.compiled.append((graph, compiled))
        return compiled


class _Refused:
    def __init__(self, error: ParityError) -> None:
        self._error = error

    def __call__(self, *_: Array) -> tuple[Array, ...]:
        raise self._error


def runnable() -> Iterator[tuple[str, Precision]]:
    """Every backend and precision that can run here."""
    for name, precisions in PRECISIONS.items():
        for precision in precisions:
            try:
                load_backend(name, precision=precision)
            except BackendUnavailable:
                continue
            yield name, precision


def compile_all(config: EngineConfig, watch: Watch | None = None) -> Recording:
    """Compile every graph of the configuration's models; out of the cache where they are there."""
    recording = Recording(
        load_backend(
            config.backend, precision=config.precision, threads=config.threads, watch=watch
        )
    )
    _ = Engine(config, recording).matter
    return recording


def built(recording: Recording) -> list[Row]:
    """What `compile_all` came to, a row for each graph."""
    return [
        Row(graph.name, recording.name, recording.precision, _why(compiled))
        for graph, compiled in recording.compiled
    ]


def verified(recording: Recording) -> Iterator[Row]:
    """Compare each compiled graph with the reference again, one after the other."""
    for graph, compiled in recording.compiled:
        name, precision = recording.name, recording.precision
        if isinstance(compiled, ParityError):
            yield Row(graph.name, name, precision, compiled.message)
            continue
        module = graph.module().eval().requires_grad_(False)
        parity = compare(graph, compiled, reference(graph, module), precision)
        refused = "" if parity.passed else f"too far from fp32 ({parity})"
        yield Row(graph.name, name, precision, refused, parity)


def _why(compiled: Compiled | ParityError) -> str:
    return compiled.message if isinstance(compiled, ParityError) else ""
