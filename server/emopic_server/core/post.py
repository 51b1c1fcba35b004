"""Connections and sessions, and the way of a message from the core to a client.

Events go into the session's log and, if it is on a connection, into that one's mailbox. States go
into the mailbox only. `take` hands a connection's messages out one by one, and what the client
can rely on from then on (a full picture, the names of blendshapes) is noted at that moment and
not earlier: a state may be replaced as long as it waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import msgspec

from emopic_client import wire
from emopic_engine import emotions
from emopic_server.core.mailbox import Mailbox
from emopic_server.core.metrics import Metrics
from emopic_server.core.session import Session
from emopic_server.errors import Refusal

_ABRUPT = (wire.SLOW_CLIENT, wire.SESSION_TAKEN)


@dataclass(slots=True)
class Connection:
    """One websocket. `replies` are hello, ready and errors before it: they go out first."""

    id: int
    encoding: wire.Encoding
    session: Session
    mailbox: Mailbox
    replies: deque[wire.ServerMessage] = field(default_factory=deque)
    named: set[str] = field(default_factory=set)
    closing: wire.CloseCode | None = None
    parted: bool = False


class Post:
    """Who is connected, and what waits for whom. `dirty` holds connections with mail."""

    def __init__(self, limits: wire.Limits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self.connections: dict[int, Connection] = {}
        self.sessions: dict[str, Session] = {}
        self.groups: dict[tuple[str, bool], set[int]] = {}
        self.dirty: set[int] = set()

    def connect(self, connection_id: int, encoding: wire.Encoding, session: Session) -> Connection:
        """A websocket is open."""
        connection = Connection(connection_id, encoding, session, Mailbox(self._limits))
        self.connections[connection_id] = connection
        self._metrics.count("connections")
        return connection

    def disconnect(self, connection_id: int) -> Connection | None:
        """A websocket is gone; its mail with it."""
        connection = self.connections.pop(connection_id, None)
        if connection is not None:
            self._leave_group(connection)
        self.dirty.discard(connection_id)
        return connection

    def join_group(self, connection: Connection) -> bool:
        """Count the connection for its session's group; False when the group is full."""
        members = self.groups.setdefault(connection.session.crew, set())
        if len(members) >= self._limits.connections_per_token:
            return False
        members.add(connection.id)
        return True

    def reply(self, connection: Connection, message: wire.ServerMessage) -> None:
        """Answer on this connection, outside the session's events."""
        connection.replies.append(message)
        self.dirty.add(connection.id)

    def answer(self, connection: Connection, pong: wire.Pong) -> None:
        """Answer a ping, behind all events that were there before it."""
        self.queue(connection, pong)

    def event(self, session: Session, event: wire.Event) -> None:
        """Number an event, keep it for a resume and queue it."""
        numbered = session.log.append(event)
        if session.connection is not None:
            self.queue(self.connections[session.connection], numbered)

    def queue(self, connection: Connection, event: wire.Event | wire.Pong) -> None:
        """Queue a numbered event or a pong; a client that has let too many wait is closed."""
        if connection.closing is None and not connection.mailbox.put_event(event):
            self.close(connection, wire.SLOW_CLIENT)
        self.dirty.add(connection.id)

    def state(self, session: Session, message: wire.State) -> bool:
        """Let `message` be the latest of its kind and character; False if nobody is there."""
        connection = self.connections.get(-1 if session.connection is None else session.connection)
        if connection is None or connection.closing is not None:
            return False
        kind = "frame" if isinstance(message, wire.Frame) else "blendshapes"
        if connection.mailbox.put_state((kind, message.character), message) is not None:
            self._metrics.count("frames_skipped", "mailbox")
        self.dirty.add(connection.id)
        return True

    def discard(self, session: Session, character: str) -> None:
        """Forget unsent states of a character the session does not watch any more."""
        if session.connection is not None:
            mailbox = self.connections[session.connection].mailbox
            mailbox.discard(("frame", character))
            mailbox.discard(("blendshapes", character))

    def refuse(self, connection: Connection, refusal: Refusal) -> None:
        """Tell the client that its message was refused."""
        self._metrics.count("errors", refusal.code)
        if connection.session.open:
            self.event(connection.session, _error(refusal))
        else:
            self.reply(connection, _error(refusal))

    def refuse_later(self, session: Session, refusal: Refusal) -> None:
        """Tell a session, connected or not, that something it asked for has failed."""
        self._metrics.count("errors", refusal.code)
        self.event(session, _error(refusal))

    def close(self, connection: Connection, code: wire.CloseCode) -> None:
        """Say bye and close, after what already waits (a slow or replaced client gets only bye)."""
        if connection.closing is not None:
            return
        connection.closing = code
        self._leave_group(connection)
        if code in _ABRUPT:
            connection.mailbox = Mailbox(self._limits)
        self._metrics.count("closes", str(code.code))
        self.dirty.add(connection.id)

    def take(self, connection_id: int) -> wire.ServerMessage | None:
        """The next message for this connection; after a `bye` it is to be closed."""
        connection = self.connections.get(connection_id)
        if connection is None or connection.parted:
            return None
        if connection.replies:
            return connection.replies.popleft()
        message = connection.mailbox.take()
        if message is None:
            return self._part(connection)
        if isinstance(message, wire.Blendshapes):
            return self._named(connection, message)
        if isinstance(message, wire.Frame):
            return self._framed(connection, message)
        return message

    def _part(self, connection: Connection) -> wire.Bye | None:
        code = connection.closing
        if code is None:
            return None
        connection.parted = True
        return wire.Bye(code=code.code, reason=code.reason, reconnect=code.reconnect)

    def _framed(self, connection: Connection, frame: wire.Frame) -> wire.Frame:
        """Note what the watcher holds from now on, and leave out a picture that it keeps."""
        watch = connection.session.watches.get(frame.character)
        if watch is None:
            return frame
        seat = watch.frame_seat
        if frame.rect is None:
            seat.whole = seat.queued
        if seat.shelf.places == 0:
            self._metrics.count("frames_sent", "whole")
            return frame
        slot, known = seat.shelf.put(frame.data)
        self._metrics.count("frames_sent", "kept" if known else "whole")
        return msgspec.structs.replace(frame, slot=slot, data=b"" if known else frame.data)

    def _named(self, connection: Connection, message: wire.Blendshapes) -> wire.Blendshapes:
        if message.names_id in connection.named:
            return message
        connection.named.add(message.names_id)
        return msgspec.structs.replace(message, names=emotions.NAMES[message.names_id])

    def _leave_group(self, connection: Connection) -> None:
        members = self.groups.get(connection.session.crew)
        if members is not None:
            members.discard(connection.id)
            if not members:
                del self.groups[connection.session.crew]


def _error(refusal: Refusal) -> wire.Error:
    return wire.Error(
        code=refusal.code,
        message=refusal.message,
        fault=refusal.fault,
        ref=refusal.ref,
        retry_ms=refusal.retry_ms,
    )
