"""The pictures that a watcher keeps, so that none has to travel twice.

A watch with `frames.keep` lends the server that many numbered places. The server alone decides what
lies where; a frame says its place, and comes without data when its picture lies there already.
"""

from __future__ import annotations


class Shelf:
    """Which picture lies in which of `places` places; the one shown longest ago makes room.

    A picture is known by its length and Python's hash of its bytes: 64 bits with a key that is
    drawn when the process starts, computed once for every picture, however many watch.
    """

    __slots__ = ("_slots", "places")

    def __init__(self, places: int) -> None:
        self.places = places
        self._slots: dict[tuple[int, int], int] = {}  # the last shown at the end

    def put(self, data: bytes) -> tuple[int, bool]:
        """A picture is being sent: its slot, and whether it lies there already."""
        key = (len(data), hash(data))
        slot = self._slots.pop(key, None)
        known = slot is not None
        if slot is None:
            slot = self._free()
        self._slots[key] = slot
        return slot, known

    def _free(self) -> int:
        if len(self._slots) < self.places:
            return len(self._slots)
        return self._slots.pop(next(iter(self._slots)))

    def clear(self) -> None:
        """The watcher has lost what it kept."""
        self._slots.clear()
