"""The opening: who comes in, to which group, with a new session or the one it had."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from emopic_client import wire
from emopic_server.core.names import group_of
from emopic_server.core.parts import Parts
from emopic_server.core.post import Connection
from emopic_server.core.session import Session, Step
from emopic_server.core.stage import Stage


class Opening:
    """Answers `identify`. `tokens` and `readers` are those of the hub's settings."""

    def __init__(
        self, parts: Parts, stage: Stage, tokens: frozenset[str], readers: Mapping[str, str]
    ) -> None:
        self._limits = parts.limits
        self._post = parts.post
        self._agenda = parts.agenda
        self._metrics = parts.metrics
        self._guarding = parts.guarding
        self._history = parts.history
        self._stage = stage
        self._tokens = tokens
        self._readers = readers

    def identify(self, connection: Connection, message: wire.ClientMessage, now: float) -> None:
        """Take the first message of a connection; one that must not come in is closed."""
        if not isinstance(message, wire.Identify):
            self._post.close(connection, wire.NOT_IDENTIFIED)
            return
        reads_of = self._reads_of(message.token)
        if reads_of is None and not self._authentic(message.token):
            self._post.close(connection, wire.AUTH_FAILED)
            return
        self._agenda.set(("identify", connection.id), None)
        group = group_of(message.token if reads_of is None else reads_of)
        connection.session.identify(message.client, group, read_only=reads_of is not None)
        resumed = message.resume is not None and self._resume(connection, message.resume, now)
        if message.resume is not None:
            self._metrics.count("resumes", "yes" if resumed else "no")
        if not resumed:
            connection.session.guard = self._guarding.mode(message.guard)
            connection.session.history = message.history
            self._open(connection)

    def _authentic(self, token: str | None) -> bool:
        """Compared in constant time, so that a token cannot be guessed byte by byte."""
        given = (token or "").encode()
        matches = [hmac.compare_digest(given, known.encode()) for known in self._tokens]
        return any(matches) or not matches

    def _reads_of(self, token: str | None) -> str | None:
        """The token whose group a read-only token watches; None for every other token."""
        given = (token or "").encode()
        readers = self._readers.items()
        found = [own for known, own in readers if hmac.compare_digest(given, known.encode())]
        return found[0] if found else None

    def _open(self, connection: Connection) -> None:
        if not self._post.join_group(connection):
            self._post.close(connection, wire.TOO_MANY_CONNECTIONS)
            return
        session = connection.session
        session.step(Step.OPEN)
        self._post.sessions[session.id] = session
        self._metrics.count("sessions")
        self._post.reply(connection, self._ready(session, 0, resumed=False))

    def _resume(self, connection: Connection, resume: wire.Resume, now: float) -> bool:
        old = self._post.sessions.get(resume.session)
        if old is None or old.crew != connection.session.crew:
            return False
        before = old.connection
        missed = old.resume(connection.id, resume.seq)
        if missed is None:
            return False
        if before is not None:
            self._post.close(self._post.connections[before], wire.SESSION_TAKEN)
        connection.session.lose()
        connection.session = old
        if not self._post.join_group(connection):
            old.lose()
            self._agenda.set(("session", old.id), now + self._limits.resume_s)
            self._post.close(connection, wire.TOO_MANY_CONNECTIONS)
            return True
        self._agenda.set(("session", old.id), None)
        self._post.reply(connection, self._ready(old, resume.seq, resumed=True))
        for event in missed:
            self._post.queue(connection, event)
        self._stage.refresh(old, now)
        return True

    def _ready(self, session: Session, seq: int, *, resumed: bool) -> wire.Ready:
        return wire.Ready(
            session=session.id,
            seq=seq,
            resumed=resumed,
            read_only=session.read_only,
            guard=session.guard,
            history=self._history.mode(session.history, None),
        )
