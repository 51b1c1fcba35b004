"""The parts that the hub's rooms share."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from emopic_client.wire import Limits, MarkMode
from emopic_engine.atlas import Atlas
from emopic_engine.emotions import Emotions
from emopic_server.core.agenda import Agenda
from emopic_server.core.bakery import Bakery
from emopic_server.core.errands import Errands
from emopic_server.core.guarding import Guarding
from emopic_server.core.history import HistoryPolicy
from emopic_server.core.metrics import Metrics
from emopic_server.core.post import Post
from emopic_server.core.scheduler import Scheduler
from emopic_server.core.spans import Spans
from emopic_server.core.work import PictureLike


@dataclass(frozen=True)
class Parts:
    """One of each, made by the hub. Keys of the agenda are (kind, subject). `mark` is the least
    that is done to mark frames. With `cutting`, a service cuts people out instead of the engine."""

    emotions: Emotions
    limits: Limits
    post: Post
    scheduler: Scheduler
    agenda: Agenda[Hashable]
    metrics: Metrics
    guarding: Guarding
    history: HistoryPolicy
    errands: Errands
    atlas: Atlas[PictureLike]
    bakery: Bakery
    spans: Spans
    mark: MarkMode = "off"
    cutting: bool = False
