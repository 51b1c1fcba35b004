"""What waits, with a lane for each owner, so that one who asks for a lot waits for itself only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container, Hashable, Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Lanes by owner, served in turn; within a lane in order, one item per key.

    An item with the key of a waiting one takes its place in the line.
    """

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, OrderedDict[Hashable, T]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        """All items, lane by lane."""
        for lane in self._lanes.values():
            yield from lane.values()

    @property
    def owners(self) -> int:
        """How many owners have something waiting."""
        return len(self._lanes)

    def waiting_owners(self, busy: Container[str] = ()) -> list[str]:
        """Who has something waiting and is not `busy`."""
        return [owner for owner in self._lanes if owner not in busy]

    def owners_beside(self, busy: Container[str]) -> int:
        """How many owners that are not `busy` have something waiting."""
        return sum(owner not in busy for owner in self._lanes)

    def waiting(self, owner: str) -> int:
        """How much of this owner waits."""
        return len(self._lanes.get(owner, ()))

    def get(self, owner: str, key: Hashable) -> T | None:
        """The waiting item of this key, if any."""
        lane = self._lanes.get(owner)
        return None if lane is None else lane.get(key)

    def put(self, owner: str, key: Hashable, item: T) -> T | None:
        """Queue `item`; returns the one whose place it took."""
        lane = self._lanes.setdefault(owner, OrderedDict())
        replaced = lane.get(key)
        lane[key] = item
        self._size += replaced is None
        return replaced

    def pop(self, owner: str, key: Hashable) -> T | None:
        """Take out one item by its key."""
        lane = self._lanes.get(owner)
        item = None if lane is None else lane.pop(key, None)
        if lane is not None and item is not None:
            self._size -= 1
            if not lane:
                del self._lanes[owner]
        return item

    def take(
        self,
        limit: int,
        busy: Container[str] = (),
        alone: Callable[[T], bool] = lambda _item: False,
        beside: int = 0,
    ) -> list[T]:
        """Up to `limit` items, one from each owner in turn; those of `busy` owners keep waiting.

        An item that has to be `alone` comes alone, and not to `beside` others.
        """
        taken: list[T] = []
        passed: dict[str, None] = {}
        while self._lanes and len(taken) < limit:
            owner, lane = self._lanes.popitem(last=False)
            if owner in busy:
                passed[owner] = None
                self._lanes[owner] = lane
                if len(passed) == len(self._lanes):
                    break
                continue
            single = alone(next(iter(lane.values())))
            if single and (taken or beside):
                self._lanes[owner] = lane
                self._lanes.move_to_end(owner, last=False)
                break
            taken.append(lane.popitem(last=False)[1])
            if lane:
                self._lanes[owner] = lane
            if single:
                break
        for owner in reversed(passed):
            self._lanes.move_to_end(owner, last=False)
        self._size -= len(taken)
        return taken

    def first(self, limit: int) -> list[T]:
        """What `take` would give now, left where it is."""
        found: list[T] = []
        lanes = list(islice(self._lanes.values(), limit))
        depth = 0
        while lanes and len(found) < limit:
            lanes = [lane for lane in lanes if len(lane) > depth]
            found += (next(islice(lane.values(), depth, None)) for lane in lanes)
            depth += 1
        return found[:limit]

    def remove(self, unwanted: Callable[[T], bool]) -> list[T]:
        """Take out everything that is unwanted, in no particular order."""
        gone = [
            (owner, key, item)
            for owner, lane in self._lanes.items()
            for key, item in lane.items()
            if unwanted(item)
        ]
        for owner, key, _ in gone:
            self.pop(owner, key)
        return [item for _, _, item in gone]
