"""The frames that wait for one worker: those that a line has just asked for, then the rest."""

from __future__ import annotations

from dataclasses import dataclass

from emopic_server.core.fair_queue import FairQueue
from emopic_server.core.work import CharacterKey, FrameJob


@dataclass(frozen=True, slots=True)
class WaitingFrame:
    """A frame, and since when it waits."""

    job: FrameJob
    since: float


class FrameQueues:
    """See the module. Both share out by owner, and hold one frame of a view."""

    __slots__ = ("later", "urgent")

    def __init__(self) -> None:
        self.urgent: FairQueue[WaitingFrame] = FairQueue()
        self.later: FairQueue[WaitingFrame] = FairQueue()

    def pop(self, owner: str, key: tuple[CharacterKey, int]) -> tuple[bool, bool]:
        """Forget a view's frame: whether there was one, and whether it was urgent."""
        urgent = self.urgent.pop(owner, key) is not None
        return (self.later.pop(owner, key) is not None) or urgent, urgent
