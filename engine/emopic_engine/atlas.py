"""Rendered expressions by what made them, in a byte-bounded, least-recently-used cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded frame. `width`, `height` are of the full frame; `rect` is x, y, w, h or None."""

    data: bytes
    format: str
    width: int
    height: int
    rect: tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class AtlasStats:
    """Counts since start; `bytes` is held now."""

    hits: int
    misses: int
    evictions: int
    bytes: int


class Atlas:
    """Pictures by key. Thread-safe; a look-up takes microseconds and touches no device."""

    # What a small entry costs beside its bytes: key tuple, picture object, dictionary slot.
    _OVERHEAD = 400

    def __init__(self, max_bytes: int = 256 * 1024 * 1024) -> None:
        self._max_bytes = max_bytes
        self._pictures: OrderedDict[Hashable, Picture] = OrderedDict()
        self._bytes = self._hits = self._misses = self._evictions = 0
        self._lock = Lock()

    def get(self, key: Hashable) -> Picture | None:
        """The picture under `key`, counted as hit or miss."""
        with self._lock:
            picture = self._pictures.get(key)
            if picture is None:
                self._misses += 1
                return None
            self._hits += 1
            self._pictures.move_to_end(key)
            return picture

    def put(self, key: Hashable, picture: Picture) -> None:
        """Keep `picture`, dropping the least recently used ones until it fits."""
        cost = len(picture.data) + self._OVERHEAD
        if cost > self._max_bytes:
            return
        with self._lock:
            self._drop(key)
            while self._bytes + cost > self._max_bytes:
                self._drop(next(iter(self._pictures)))
                self._evictions += 1
            self._pictures[key] = picture
            self._bytes += cost

    def stats(self) -> AtlasStats:
        """What happened so far."""
        with self._lock:
            return AtlasStats(self._hits, self._misses, self._evictions, self._bytes)

    def _drop(self, key: Hashable) -> None:
        picture = self._pictures.pop(key, None)
        if picture is not None:
            self._bytes -= len(picture.data) + self._OVERHEAD
