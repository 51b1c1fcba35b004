"""What is counted, as plain numbers; `io.http` gives them the Prometheus text form."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
FINE: Final = (0.00002, 0.00005, 0.0001, 0.0002, 0.0005, *BUCKETS)


@dataclass(frozen=True)
class Spec:
    """A metric's help text, the name of its one label, if it has one, and a histogram's bounds."""

    help: str
    label: str | None = None
    bounds: tuple[float, ...] = BUCKETS


COUNTERS: Final[Mapping[str, Spec]] = MappingProxyType(
    {
        "connections": Spec("Connections opened"),
        "sessions": Spec("Sessions opened"),
        "resumes": Spec("Attempts to resume a session", "resumed"),
        "closes": Spec("Connections closed by the server", "code"),
        "messages": Spec("Messages received", "type"),
        "errors": Spec("Error events sent", "code"),
        "lines": Spec("Lines answered with an emotion", "kind"),
        "lines_dropped": Spec("Lines not classified", "reason"),
        "lines_profane": Spec("Lines the guard found profane", "mode"),
        "history_events": Spec("Events of the history", "outcome"),
        "frames": Spec("Frames rendered or taken from the cache", "source"),
        "frames_sent": Spec("Frames sent, whole or as a picture that the client keeps", "picture"),
        "frames_skipped": Spec("Frames that were not sent because a newer one came", "where"),
        "bakes": Spec("Views whose transitions were rendered ahead", "outcome"),
        "batches": Spec("Batches the engine worked on", "kind"),
        "traces_dropped": Spec("Traces that came faster than they could be made"),
        "quarantined": Spec("Lines and faces that are refused because they ended the engine"),
        "worker_restarts": Spec("Engine processes that ended and were started again", "reason"),
    }
)
HISTOGRAMS: Final[Mapping[str, Spec]] = MappingProxyType(
    {
        "line_seconds": Spec("From a line's arrival to its emotion event"),
        "queue_seconds": Spec("What a line waited for the engine"),
        "engine_seconds": Spec("What the engine took for a batch", "kind"),
        "stage_seconds": Spec("A line, and the first frame it moves, by stage", "stage", FINE),
    }
)


class Histogram:
    """Counts by bucket (upper `bounds`, then infinity) and the sum of all values."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...] = BUCKETS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Metrics:
    """All counters and histograms, by name and label value ("" where there is no label)."""

    def __init__(self) -> None:
        self.counters: dict[str, dict[str, int]] = {name: defaultdict(int) for name in COUNTERS}
        self.histograms: dict[str, dict[str, Histogram]] = {
            name: defaultdict(partial(Histogram, spec.bounds)) for name, spec in HISTOGRAMS.items()
        }

    def count(self, name: str, label: str = "", by: int = 1) -> None:
        """Add to a counter of `COUNTERS`."""
        self.counters[name][label] += by

    def observe(self, name: str, seconds: float, label: str = "") -> None:
        """Add a value to a histogram of `HISTOGRAMS`."""
        self.histograms[name][label].observe(seconds)
