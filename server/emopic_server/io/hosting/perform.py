"""One piece of work on one engine: what it returns, refuses and fails on, item by item."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from emopic_engine.errors import DeviceLost, EngineError, OutOfMemory
from emopic_server.core.work import Classify, Failed, Register, RegisterJob, Work
from emopic_server.errors import CODES, WorkerDied
from emopic_server.io.hosting.like import EngineLike

log = logging.getLogger(__name__)
T = TypeVar("T")


def perform(engine: EngineLike, work: Work) -> list[object]:
    """One result for each job of `work`. Raises `DeviceLost`; see `attempt`."""
    match work:
        case Classify(jobs=lines):
            return attempt(engine.classify, [job.text for job in lines])
        case Register(job=job):
            return attempt(lambda jobs: [register(engine, one) for one in jobs], [job])
        case _:
            return attempt(engine.render, work.jobs)


def register(engine: EngineLike, job: RegisterJob) -> object:
    """The face of a picture, or the built-in one."""
    if job.builtin is not None:
        return engine.builtin(job.builtin, background=job.background)
    assert job.picture is not None
    return engine.register(job.picture, portrait=job.portrait, background=job.background)


def attempt(call: Callable[[Sequence[T]], Sequence[object]], items: Sequence[T]) -> list[object]:
    """One result for each item; what is raised for a batch fails each of its items.

    A batch that is too large for the memory is halved until what fits has been done. Raises
    `DeviceLost`, for nothing that the engine says afterwards can be believed, and `WorkerDied` when
    the number of results is wrong.
    """
    try:
        results = call(items)
    except DeviceLost:
        raise
    except (OutOfMemory, MemoryError) as error:
        return _halved(call, items, error)
    except EngineError as error:
        results = [error] * len(items)
    except Exception as error:
        log.exception("the engine failed on a batch of %d", len(items))
        results = [EngineError(f"the engine failed: {type(error).__name__}")] * len(items)
    if len(results) != len(items):
        raise WorkerDied(f"{len(results)} results for {len(items)} jobs")
    return [failed(item) if isinstance(item, EngineError) else item for item in results]


def _halved(
    call: Callable[[Sequence[T]], Sequence[object]], items: Sequence[T], error: BaseException
) -> list[object]:
    if len(items) <= 1:
        log.warning("too little memory for one item: %s", error)
        return [Failed("device", "there is too little memory for this")] * len(items)
    middle = len(items) // 2
    return [*attempt(call, items[:middle]), *attempt(call, items[middle:])]


def failed(error: EngineError) -> Failed:
    """The wire's words for an engine error; a code that is not in the table becomes `engine`."""
    if isinstance(error, DeviceLost):
        raise error
    return Failed(error.code if error.code in CODES else "engine", error.message)
