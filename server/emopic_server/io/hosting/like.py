"""What the server needs of an engine, and what a host needs of the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from emopic_engine.emotions import Emotions
from emopic_server.core.work import Background, Done, FaceLike, Work


class InfoLike(Protocol):
    """What really runs, as `emopic_engine.engine.EngineInfo` says it."""

    @property
    def backend(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def text_model(self) -> str: ...
    @property
    def face_model(self) -> str: ...
    @property
    def versions(self) -> dict[str, str]: ...
    @property
    def face_channels(self) -> tuple[str, ...]: ...
    @property
    def reason(self) -> str: ...


class BuiltinLike(Protocol):
    """A face that ships with the engine."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def ko(self) -> str: ...
    @property
    def kind(self) -> str: ...


class AboutEngine(Protocol):
    """What an engine says about itself once it is loaded."""

    @property
    def emotions(self) -> Emotions: ...
    @property
    def info(self) -> InfoLike: ...
    @property
    def builtins(self) -> Sequence[BuiltinLike]: ...


class EngineLike(AboutEngine, Protocol):
    """What the server asks of an engine; `emopic_engine.engine.Engine` is one.

    All calls come from one thread. Render jobs have the fields of the engine's own `RenderJob`.
    What was rendered is kept by the hub, not here.
    """

    def warm_up(self) -> None: ...
    def classify(self, lines: Sequence[str]) -> Sequence[object]: ...
    def register(
        self, picture: bytes, *, portrait: bool = False, background: Background | None = None
    ) -> FaceLike: ...
    def builtin(self, name: str, *, background: Background | None = None) -> FaceLike: ...
    def render(self, jobs: Sequence[Any]) -> Sequence[object]: ...


@dataclass(frozen=True)
class Listener:
    """What a host tells, on the event loop. `worker` counts from 0.

    `ready` comes once, when every worker can work. `away` says that a worker has ended: a reason
    for the metrics and a sentence that is safe to show; what it was working on has been answered
    by `done` before, as failed. `back` follows when it can work again. After `death` nothing
    follows: the engine cannot be loaded, or not any more.
    """

    ready: Callable[[AboutEngine], None]
    done: Callable[[int, Done], None]
    away: Callable[[int, str, str], None]
    back: Callable[[int], None]
    death: Callable[[BaseException], None]


@dataclass(frozen=True)
class WorkerStatus:
    """One worker for `/healthz`. `pid` and `memory` (resident bytes) are None in our own process.

    `trouble` says why it is away, and is empty while it can work.
    """

    device: str
    trouble: str = ""
    restarts: int = 0
    pid: int | None = None
    memory: int | None = None


class EngineHost(Protocol):
    """Runs one engine for each worker. To be used on the event loop, `join` excepted."""

    def start(self) -> None:
        """Load and warm up; `ready` or `death` follows."""

    def free(self) -> Sequence[int]:
        """The workers that can take work now."""

    def submit(self, worker: int, work: Work) -> None:
        """Hand work to a free worker; `done` follows."""

    @property
    def busy(self) -> bool:
        """Whether a `done` is owed."""

    def status(self) -> Sequence[WorkerStatus]:
        """How the workers are."""

    async def close(self) -> None:
        """Let the engines end; processes have ended then, a thread goes on with what it does."""

    def join(self, timeout: float) -> bool:
        """Wait after `close`, `timeout` seconds at most; whether all have ended. Blocks."""
