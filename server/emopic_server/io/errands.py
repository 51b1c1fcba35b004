"""Runs the hub's errands on the event loop: what waits is the network or another process, so that
lines go by. Two run at a time; the hub bounds how many may wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from emopic_engine.face.codec import PictureLimits
from emopic_server.config import ServerConfig
from emopic_server.core.errands import Errand, Errands, FaceErrand, FoundFace, Writing
from emopic_server.core.work import Failed
from emopic_server.errors import Refusal
from emopic_server.intake.ocr import Recogniser
from emopic_server.intake.services import load_cutter, load_finder, load_recogniser

if TYPE_CHECKING:
    from emopic_server.intake.capture import Found

log = logging.getLogger(__name__)

_AT_ONCE: Final = 2

Result: TypeAlias = FoundFace | Writing | Failed


class Finder(Protocol):
    """Gets a picture for a face from a web address."""

    async def find(self, address: str) -> Found:
        """Raises `Refusal`."""
        ...


class Cutter(Protocol):
    """Removes the background of a picture."""

    async def cut(self, picture: bytes) -> bytes:
        """The picture with alpha; one that has alpha already comes back as it is.

        Raises `Refusal`.
        """
        ...


def load_runner(config: ServerConfig, on_done: Callable[[Errand, Result], None]) -> ErrandRunner:
    """The runner with the configured services. Raises `ConfigError`."""
    limits = config.limits
    pictures = PictureLimits(limits.face_bytes, limits.face_side, limits.face_pixels)
    finder = load_finder(config.capture, limits.face_bytes)
    cutter = load_cutter(config.cutout, pictures)
    return ErrandRunner(finder, load_recogniser(config.ocr, pictures), on_done, cutter)


class ErrandRunner:
    """`on_done` is called on the event loop with each errand and what came of it."""

    def __init__(
        self,
        finder: Finder,
        recogniser: Recogniser,
        on_done: Callable[[Errand, Result], None],
        cutter: Cutter | None = None,
    ) -> None:
        self._finder = finder
        self._recogniser = recogniser
        self._on_done = on_done
        self._cutter = cutter
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, errands: Errands) -> None:
        """Run what waits."""
        while (errand := errands.take()) is not None:
            task = asyncio.create_task(self._run(errand))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what is running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, errand: Errand) -> None:
        try:
            async with self._slots:
                result = await self._result(errand)
        except Refusal as refusal:
            result = Failed(refusal.code, refusal.message)
        except Exception as error:
            log.exception("an errand ended with a bug")
            result = Failed("service_failed", f"the service failed: {type(error).__name__}")
        self._on_done(errand, result)

    async def _result(self, errand: Errand) -> Result:
        if isinstance(errand, FaceErrand):
            return await self._face(errand)
        reading = await self._recogniser.read(errand.picture)
        return Writing(reading.text, reading.confidence)

    async def _face(self, errand: FaceErrand) -> FoundFace:
        """Found, then cut; what shows a whole page is the engine's to cut."""
        if errand.url is not None:
            found = await self._finder.find(errand.url)
            face = FoundFace(found.data, found.page)
        else:
            face = FoundFace(errand.picture or b"", page=False)
        if errand.cut and not face.page and self._cutter is not None:
            return FoundFace(await self._cutter.cut(face.data), page=False)
        return face
