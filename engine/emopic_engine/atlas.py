"""Rendered expressions by what made them, in a byte-bounded, least-recently-used cache.

It holds encoded pictures and knows no device, so it lives where pictures are handed out (on the
server's event loop), not where they are made.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Encoded(Protocol):
    """Anything that is made of encoded bytes."""

    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded frame. `width`, `height` are of the full frame; `rect` is x, y, w, h or None.

    `encode_s` is what composing and encoding it took, in seconds.
    """

    data: bytes
    format: str
    width: int
    height: int
    rect: tuple[int, int, int, int] | None
    encode_s: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class AtlasStats:
    """Counts since start; `bytes` and `pictures` are held now."""

    hits: int
    misses: int
    evictions: int
    bytes: int
    pictures: int


P = TypeVar("P", bound=Encoded)


class Atlas(Generic[P]):
    """Pictures by key. A look-up takes microseconds. Not thread-safe: it belongs to one thread."""

    # What a small entry costs beside its bytes: key tuple, picture object, dictionary slot.
    OVERHEAD = 400

    def __init__(self, max_bytes: int = 256 * 1024 * 1024) -> None:
        self._max_bytes = max_bytes
        self._pictures: OrderedDict[Hashable, P] = OrderedDict()
        self._bytes = self._hits = self._misses = self._evictions = 0

    def __contains__(self, key: Hashable) -> bool:
        """Whether a picture is there; counts as no look-up and keeps nothing alive."""
        return key in self._pictures

    def get(self, key: Hashable) -> P | None:
        """The picture under `key`, counted as hit or miss."""
        picture = self._pictures.get(key)
        if picture is None:
            self._misses += 1
            return None
        self._hits += 1
        self._pictures.move_to_end(key)
        return picture

    def put(self, key: Hashable, picture: P) -> None:
        """Keep `picture`, dropping the least recently used ones until it fits."""
        cost = len(picture.data) + self.OVERHEAD
        if cost > self._max_bytes:
            return
        self._drop(key)
        while self._bytes + cost > self._max_bytes:
            self._drop(next(iter(self._pictures)))
            self._evictions += 1
        self._pictures[key] = picture
        self._bytes += cost

    def room(self, share: float = 1.0) -> int:
        """Bytes that are still free below `share` of the bound; never negative."""
        return max(0, int(self._max_bytes * share) - self._bytes)

    def stats(self) -> AtlasStats:
        """What happened so far."""
        return AtlasStats(
            self._hits, self._misses, self._evictions, self._bytes, len(self._pictures)
        )

    def _drop(self, key: Hashable) -> None:
        picture = self._pictures.pop(key, None)
        if picture is not None:
            self._bytes -= len(picture.data) + self.OVERHEAD
