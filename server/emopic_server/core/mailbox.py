"""What waits to be sent to one connection, and what a session keeps for a resume.

Two delivery classes share a connection and are never mixed:

* events wait in order; when `Limits.outbox_events` of them wait, the next one is refused and the
  connection has to be closed with `SLOW_CLIENT`, for an event is never dropped silently;
* states wait in one slot per key, and a newer state takes the place of an older one.

So a connection's memory is bounded by its event limit and by the number of keys it watches.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import msgspec

from emopic_client.wire import Event, Limits, ServerMessage, State

Key: TypeAlias = tuple[str, str]  # (kind of state, character)


class Mailbox:
    """The outbox of one connection. `skipped` counts the states that a newer one replaced."""

    __slots__ = ("_bound", "_events", "_states", "overflowed", "skipped")

    def __init__(self, limits: Limits) -> None:
        self._bound = limits.outbox_events
        self._events: deque[ServerMessage] = deque()
        self._states: dict[Key, State] = {}
        self.skipped = 0
        self.overflowed = False

    def __len__(self) -> int:
        return len(self._events) + len(self._states)

    def put_event(self, message: ServerMessage) -> bool:
        """Queue an event or a reply. False: the outbox is full and the connection must end.

        Once an event was refused every later one is, so that a gap cannot go unseen.
        """
        if self.overflowed or len(self._events) >= self._bound:
            self.overflowed = True
            return False
        self._events.append(message)
        return True

    def put_state(self, key: Key, message: State) -> State | None:
        """Let `message` be the latest state of `key`; returns the unsent one it replaced, if any.

        It inherits the place of the one it replaces, so a busy key never delays a quiet one. A
        caller that gets a full picture back knows that the client has not seen that picture and
        cannot draw a patch over it.
        """
        replaced = self._states.get(key)
        self._states[key] = message
        if replaced is not None:
            self.skipped += 1
        return replaced

    def discard(self, key: Key) -> None:
        """Forget the unsent state of `key`, for a watch that has ended."""
        self._states.pop(key, None)

    def take(self) -> ServerMessage | None:
        """The next message to send: events in order, then the state that has waited longest."""
        if self._events:
            return self._events.popleft()
        if self._states:
            return self._states.pop(next(iter(self._states)))
        return None


class EventLog:
    """The last `capacity` events of a session, numbered 1, 2, 3 …"""

    __slots__ = ("_events", "last")

    def __init__(self, capacity: int) -> None:
        self._events: deque[Event] = deque(maxlen=capacity)
        self.last = 0

    def append(self, event: Event) -> Event:
        """Number `event` (whatever `seq` it had), keep it, and return the numbered copy."""
        self.last += 1
        numbered = msgspec.structs.replace(event, seq=self.last)
        self._events.append(numbered)
        return numbered

    def since(self, seq: int) -> list[Event] | None:
        """Every event after number `seq`, in order; None when one of them is not kept any more.

        None too for a number that was never given out: such a client speaks of another session.
        """
        missed = self.last - seq
        if seq < 0 or not 0 <= missed <= len(self._events):
            return None
        return list(self._events)[len(self._events) - missed :]
