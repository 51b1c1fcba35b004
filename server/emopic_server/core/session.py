"""One client's conversation, which may outlive the connection it started on.

    connecting ──identify──▶ identified ──open──▶ ready ◀──resume── (another connection takes over)
        │                        │                │ ▲
       lose                     lose            lose resume
        ▼                        ▼                ▼ │
     expired                  expired           detached ──expire──▶ expired

A connection starts with a session that is `connecting`. When `identify` asks to resume an older
session and may, that older one takes `resume` and the new one `lose`; otherwise the new one takes
`open`. A `detached` session goes on gathering events until it is resumed or its time is up. The
table is all there is: a step that is not in it is a bug of ours and raises `StateError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from emopic_client.wire import Event, GuardMode, HistoryMode, Limits
from emopic_server.core.limits import TokenBucket
from emopic_server.core.mailbox import EventLog
from emopic_server.core.watch import Watch
from emopic_server.core.work import CharacterKey
from emopic_server.errors import StateError


class State(Enum):
    """Where a session stands."""

    CONNECTING = "connecting"
    IDENTIFIED = "identified"
    READY = "ready"
    DETACHED = "detached"
    EXPIRED = "expired"


class Step(Enum):
    """What can happen to a session."""

    IDENTIFY = "identify"
    OPEN = "open"
    LOSE = "lose"
    RESUME = "resume"
    EXPIRE = "expire"


TABLE: Final[Mapping[State, Mapping[Step, State]]] = MappingProxyType(
    {
        State.CONNECTING: {Step.IDENTIFY: State.IDENTIFIED, Step.LOSE: State.EXPIRED},
        State.IDENTIFIED: {Step.OPEN: State.READY, Step.LOSE: State.EXPIRED},
        State.READY: {Step.LOSE: State.DETACHED, Step.RESUME: State.READY},
        State.DETACHED: {Step.RESUME: State.READY, Step.EXPIRE: State.EXPIRED},
        State.EXPIRED: {},
    }
)


class Session:
    """A session's state, its event log and what it owns.

    `group` is what its token lets it share in; only a client of the same group may resume it, and
    a `read_only` one only with a read-only token.
    `guard` is what happens to its profane lines, `history` what it lets the server keep of them.
    `connection` is the connection it is on, None while detached. `watches` are by character id,
    `told` is the generation of each face the client knows to be ready.
    """

    __slots__ = (
        "abuse",
        "bucket",
        "client",
        "connection",
        "group",
        "guard",
        "history",
        "id",
        "log",
        "owned",
        "read_only",
        "state",
        "told",
        "watches",
    )

    def __init__(self, session_id: str, connection: int, limits: Limits) -> None:
        self.id = session_id
        self.connection: int | None = connection
        self.state = State.CONNECTING
        self.group = ""
        self.read_only = False
        self.guard: GuardMode = "off"
        self.history: HistoryMode | None = None
        self.client = ""
        self.log = EventLog(limits.resume_events)
        self.owned: set[CharacterKey] = set()
        self.watches: dict[str, Watch] = {}
        self.told: dict[CharacterKey, int] = {}
        self.bucket = TokenBucket(limits.messages_per_minute, limits.messages_burst)
        # Refused messages have a bucket of their own: who empties it too is not going to stop.
        self.abuse = TokenBucket(limits.messages_per_minute, 3 * limits.messages_burst)

    def step(self, step: Step) -> None:
        """Take a step of the table. Raises `StateError`, the state unchanged."""
        following = TABLE[self.state].get(step)
        if following is None:
            raise StateError(self.state.value, step.value)
        self.state = following

    @property
    def open(self) -> bool:
        """Whether events for it are kept: it is ready or detached."""
        return self.state in (State.READY, State.DETACHED)

    def identify(self, client: str, group: str, *, read_only: bool = False) -> None:
        """The client has said who it is, and its token is right."""
        self.step(Step.IDENTIFY)
        self.client = client
        self.group = group
        self.read_only = read_only

    @property
    def crew(self) -> tuple[str, bool]:
        """Whom its connections are counted with: readers must not crowd the others out."""
        return (self.group, self.read_only)

    def lose(self) -> None:
        """The connection is gone."""
        self.step(Step.LOSE)
        self.connection = None

    def resume(self, connection: int, seq: int) -> list[Event] | None:
        """Continue on `connection`: all events after `seq`; None, and no step, if some are gone.

        The client has missed pictures, so every watch starts with a full one again.
        """
        missed = self.log.since(seq)
        if missed is None:
            return None
        self.step(Step.RESUME)
        self.connection = connection
        for watch in self.watches.values():
            watch.restart()
        return missed
