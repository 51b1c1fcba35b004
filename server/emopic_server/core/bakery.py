"""Rendering ahead of need: the frames that a view's transitions will walk through.

A line that shows one emotion takes the face from neutral to it and back, in steps of 1/16. With
`bake`, all these ways are rendered as soon as somebody watches, so that even the first line of each
emotion finds its frames in the atlas. Mixed expressions are rendered when they are shown.

A bake is what the engine does when nothing else waits: it has no place in the scheduler's queues,
one frame of it is done at a time, and it ends with its view. It takes no more than half of the
atlas, and never makes it forget what has been shown.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from emopic_engine.atlas import Atlas
from emopic_server.core.metrics import Metrics
from emopic_server.core.movement import STEPS
from emopic_server.core.work import FrameJob, PictureLike, Render

SHARE: Final = 0.5  # of the atlas
BAKES: Final = 64  # views that may wait for theirs
NOWHERE: Final = 0
"""The `n` of a frame that is shown to nobody; those of a character count from 1."""
_QUARTERS: Final = 4


@dataclass(slots=True)
class Bake:
    """The frames of one view that are still to be rendered; `flying` of them are at the engine."""

    pattern: tuple[object, ...]
    jobs: deque[FrameJob]
    total: int
    done: int = 0
    flying: int = 0
    told: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return not self.jobs and not self.flying

    @property
    def quarter(self) -> int:
        """How far it has come, 0 … 4."""
        return _QUARTERS * self.done // self.total


@dataclass(frozen=True, slots=True)
class News:
    """A bake has come a quarter further, or is `over`: full atlases end it early."""

    view: int
    done: int
    total: int
    over: bool


class Bakery:
    """See the module. A bake is known by its view. `news` belongs to the caller, who empties it."""

    def __init__(self, atlas: Atlas[PictureLike], metrics: Metrics) -> None:
        self.news: list[News] = []
        self._atlas = atlas
        self._metrics = metrics
        self._bakes: OrderedDict[int, Bake] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many frames are still to be rendered."""
        return sum(len(bake.jobs) for bake in self._bakes.values())

    def put(self, pattern: FrameJob, neutral: int | None) -> News | None:
        """Bake the view of `pattern`, whose expression has a weight for each emotion.

        The same bake goes on, another one of this view ends. Returns news, and keeps none, when it
        is over at once: nothing is missing, or too many views wait already.
        """
        bake = self._bakes.get(pattern.view)
        if bake is not None and bake.pattern == pattern.atlas_key:
            return None
        self.drop(pattern.view)
        ways = list(_ways(pattern, neutral))
        jobs = deque(job for job in ways if job.atlas_key not in self._atlas)
        if jobs and len(self._bakes) < BAKES:
            self._bakes[pattern.view] = Bake(pattern.atlas_key, jobs, len(jobs))
            return None
        if jobs:
            self._metrics.count("bakes", "refused")
        return News(pattern.view, len(ways) - len(jobs), len(ways), True)

    def take(self, mine: Callable[[FrameJob], bool] = lambda _job: True) -> Render | None:
        """One frame to render, the views in turn; None when there is none or no room for it.

        Only faces that are `mine`: others have their features elsewhere.
        """
        for view in list(self._bakes):
            bake = self._bakes[view]
            if bake.jobs and not mine(bake.jobs[0]):
                continue
            while bake.jobs and bake.jobs[0].atlas_key in self._atlas:
                bake.jobs.popleft()  # shown meanwhile, or of another character with this face
                bake.done += 1
            if bake.jobs and self._atlas.room(SHARE) > 0:
                self._bakes.move_to_end(view)
                bake.flying += 1
                return Render((bake.jobs.popleft(),))
            if bake.jobs:
                bake.jobs.clear()
            self._tell(view, bake)
        return None

    def rendered(self, job: FrameJob) -> None:
        """A frame has come back, rendered or failed."""
        bake = self._bakes.get(job.view)
        if bake is not None and job.n == NOWHERE:
            bake.flying -= 1
            bake.done += 1
            self._tell(job.view, bake)

    def drop(self, view: int) -> None:
        """End the bake of a view that is not watched any more, or has another face."""
        if self._bakes.pop(view, None) is not None:
            self._metrics.count("bakes", "dropped")

    def _tell(self, view: int, bake: Bake) -> None:
        if bake.over:
            del self._bakes[view]
            self._metrics.count("bakes", "finished" if bake.done == bake.total else "full")
        elif bake.quarter == bake.told:
            return
        bake.told = bake.quarter
        self.news.append(News(view, bake.done, bake.total, bake.over))


def _ways(pattern: FrameJob, neutral: int | None) -> Iterator[FrameJob]:
    """The way to every emotion, all of them a step at a time, after the neutral face."""
    emotions = len(pattern.expression)
    rest = [0.0] * emotions
    if neutral is not None:
        rest[neutral] = 1.0
    yield replace(pattern, expression=tuple(rest), patch=False)
    for step in range(1, STEPS + 1):
        for emotion in range(emotions):
            if emotion != neutral:
                row = [(1 - step / STEPS) * weight for weight in rest]
                row[emotion] = step / STEPS
                yield replace(pattern, expression=tuple(row))
