"""The hub: everything the server knows, driven from outside.

Feed in: `connect`, `receive`, `disconnect`, `done` (what came of the engine's work), `tick`, each
with the present time. Drain out: `dirty` connections and `take` for their messages, `work` for
the engine, `deadline` for the time of the next tick. `turn` is the time of the last message, result
or tick. Nothing here blocks, and nothing calls out but for a new session id. Rendered pictures are
kept here, in the atlas: whoever renders, in whichever process, need not be asked for a picture that
has been there before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from emopic_client import wire
from emopic_engine.atlas import Atlas
from emopic_engine.emotions import Emotions
from emopic_server.core.agenda import Agenda
from emopic_server.core.bakery import Bakery
from emopic_server.core.decoding import decoded
from emopic_server.core.errands import Errand, Errands, FoundFace, ReadErrand, Writing
from emopic_server.core.guarding import Censor, Guarding
from emopic_server.core.history import HistoryPolicy, Moment
from emopic_server.core.lines import Lines
from emopic_server.core.metrics import Metrics
from emopic_server.core.names import kind_of, ref_of
from emopic_server.core.opening import Opening
from emopic_server.core.parts import Parts
from emopic_server.core.post import Connection, Post
from emopic_server.core.quarantine import Quarantine, Rule, jobs_of, refusal
from emopic_server.core.scheduler import Bounds, Scheduler
from emopic_server.core.session import Session, Step
from emopic_server.core.spans import Spans, Tracer
from emopic_server.core.stage import Stage
from emopic_server.core.work import (
    Classify,
    Done,
    FaceLike,
    Failed,
    PictureLike,
    Register,
    Render,
    Work,
)
from emopic_server.errors import NOTICES, Refusal

_READING = wire.Identify | wire.Watch | wire.Unwatch | wire.Ping
GOING_AWAY = wire.CloseCode(1001, "the server is shutting down", True)


@dataclass(frozen=True)
class Settings:
    """What the hub has to know. Without `tokens` everybody is let in.

    `readers` are read-only tokens, each with the token whose group it may watch. `keeping` says
    that a store keeps shared characters: see `Stage`. `guard` is the least every session has,
    `history` says what is kept of lines. `atlas_bytes` bounds the rendered pictures that are kept.
    `workers` is how many engines there are, `quarantine` what becomes of what ends them. `mark` is
    the least that frames are marked. With `cutting`, people are cut out by a service, as errands.
    With `tracing`, traces of lines gather in `spans`.
    """

    server: str
    emotions: Emotions
    engine: wire.EngineInfo
    builtins: tuple[wire.Builtin, ...]
    limits: wire.Limits = field(default_factory=wire.Limits)
    tokens: frozenset[str] = frozenset()
    readers: Mapping[str, str] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds)
    keeping: bool = False
    guard: wire.GuardMode = "off"
    history: HistoryPolicy = field(default_factory=HistoryPolicy)
    atlas_bytes: int = 256 * 1024 * 1024
    workers: int = 1
    quarantine: Rule = field(default_factory=Rule)
    mark: wire.MarkMode = "off"
    cutting: bool = False
    tracing: bool = False


class Hub:
    """See the module. `new_id` must give unguessable ids."""

    def __init__(
        self,
        settings: Settings,
        *,
        new_id: Callable[[], str],
        censor: Censor,
    ) -> None:
        self.metrics = Metrics()
        self.post = Post(settings.limits, self.metrics)
        self.quarantine = Quarantine(settings.quarantine)
        self.scheduler = Scheduler(settings.bounds, settings.workers, self.quarantine)
        self.errands = Errands()
        self.atlas: Atlas[PictureLike] = Atlas(settings.atlas_bytes)
        self.bakery = Bakery(self.atlas, self.metrics)
        self.spans = Spans(self.metrics, Tracer() if settings.tracing else None)
        self.emotions = settings.emotions
        self._settings = settings
        self._limits = settings.limits
        self._new_id = new_id
        self._agenda: Agenda[Hashable] = Agenda()
        self._closing = False
        self._deaf = False
        self._connections = 0
        self.turn = 0.0
        self._guarding = Guarding(censor, settings.guard)
        parts = Parts(
            emotions=settings.emotions,
            limits=settings.limits,
            post=self.post,
            scheduler=self.scheduler,
            agenda=self._agenda,
            metrics=self.metrics,
            guarding=self._guarding,
            history=settings.history,
            errands=self.errands,
            atlas=self.atlas,
            bakery=self.bakery,
            spans=self.spans,
            mark=settings.mark,
            cutting=settings.cutting,
        )
        builtins = frozenset(item.id for item in settings.builtins)
        self.stage = Stage(parts, builtins, keeping=settings.keeping)
        self._lines = Lines(parts, self.stage)
        self._opening = Opening(parts, self.stage, settings.tokens, settings.readers)
        labels = zip(settings.emotions.names, settings.emotions.korean, strict=True)
        self._hello = wire.Hello(
            server=settings.server,
            emotions=tuple(wire.EmotionLabel(id=name, ko=ko) for name, ko in labels),
            engine=settings.engine,
            builtins=settings.builtins,
            limits=settings.limits,
            auth=bool(settings.tokens),
        )

    # ── feed in ──────────────────────────────────────────────────────────────────────────────────

    def connect(self, encoding: wire.Encoding, now: float) -> int:
        """A websocket is open: greet it. Returns the connection's id."""
        self._connections += 1
        session = Session(self._new_id(), self._connections, self._limits)
        connection = self.post.connect(self._connections, encoding, session)
        self.post.reply(connection, self._hello)
        self._agenda.set(("identify", connection.id), now + self._limits.identify_s)
        return connection.id

    def receive(
        self, connection_id: int, data: bytes | str, now: float, arrived: float | None = None
    ) -> None:
        """A message has come, at `arrived` if that was earlier. Never raises for what is in it."""
        self.turn = now
        connection = self.post.connections.get(connection_id)
        if connection is None or connection.closing is not None:
            return
        try:
            message = decoded(data, connection.encoding, self._limits.message_bytes)
            self.metrics.count("messages", kind_of(message))
            if not connection.session.open:
                self._opening.identify(connection, message, now)
            else:
                self._check_rate(connection, message, now)
                self._dispatch(connection, message, now if arrived is None else arrived, now)
        except Refusal as refusal:
            self._refuse(connection, refusal, now)

    def disconnect(self, connection_id: int, now: float) -> None:
        """A websocket is gone. Its session stays for `limits.resume_s`."""
        connection = self.post.disconnect(connection_id)
        self._agenda.set(("identify", connection_id), None)
        if connection is None or connection.session.connection != connection_id:
            return
        session = connection.session
        session.lose()
        self.scheduler.part(session.id)
        if session.open:
            self._agenda.set(("session", session.id), now + self._limits.resume_s)

    def done(self, done: Done, now: float, worker: int = 0) -> None:
        """A worker has finished a piece of work, or ended over it: `finish` and `hand_out`."""
        self.finish(done, now, worker)
        self.hand_out(done, now)

    def finish(self, done: Done, now: float, worker: int = 0) -> bool:
        """Reckon with what the work took, and let faces follow its lines. `hand_out` is owed, and
        may wait until the worker has its next work, if it returns True: there is some, and nothing
        that goes before it can come of the results any more.
        """
        self.turn = now
        seconds = done.finished - done.started
        self.scheduler.spent(done.work, seconds, worker, now)
        self.quarantine.finished(done, worker)
        kind = type(done.work).__name__.lower()
        self.metrics.count("batches", kind)
        self.metrics.observe("engine_seconds", seconds, kind)
        if isinstance(done.work, Classify):
            self._lines.move(done, now)
        return not isinstance(done.work, Register) and self.scheduler.waits(worker)

    def hand_out(self, done: Done, now: float) -> None:
        """Give what came of work to those who wait for it."""
        match done.work:
            case Classify():
                self._lines.tell(done, now)
            case Register(job=job):
                self.stage.registered(job, cast("FaceLike | Failed", done.results[0]), now)
            case Render(jobs=jobs):
                for frame, result in zip(jobs, done.results, strict=True):
                    if self.stage.views.awaits(frame) and not isinstance(result, Failed):
                        self.spans.rendered(frame, cast(PictureLike, result), done, now)
                    self.stage.views.rendered(frame, cast("PictureLike | Failed", result), now)

    def ran(self, errand: Errand, result: FoundFace | Writing | Failed, now: float) -> None:
        """A service has finished an errand."""
        self.errands.done(errand)
        if isinstance(errand, ReadErrand):
            self._lines.read(errand, cast("Writing | Failed", result))
        else:
            self.stage.fetched(errand, cast("FoundFace | Failed", result), now)

    def away(self, worker: int, reason: str, now: float) -> None:
        """A worker has ended, or failed to start; `reason` is one word for the metrics."""
        self.metrics.count("worker_restarts", reason)
        self.scheduler.away(worker, now)
        held = self.quarantine.judge(worker, reason, now)
        self.metrics.count("quarantined", by=held)
        for work in self.scheduler.withdraw(now) if held else ():
            self.hand_out(Done(work, tuple(map(refusal, jobs_of(work))), now, now), now)
        if not self._deaf and not self.scheduler.placement.up:
            self._deaf = True
            self._announce("engine_away")

    def back(self, worker: int, now: float) -> None:
        """A worker that was away can work again."""
        self.scheduler.back(worker, now)
        if self._deaf:
            self._deaf = False
            self._announce("engine_back")

    def tick(self, now: float) -> None:
        """Do all that is due."""
        self.turn = now
        while (due := self._agenda.pop(now)) is not None:
            kind, subject = cast("tuple[str, Any]", due)
            match kind:
                case "view":
                    self.stage.views.sample(subject, now)
                case "identify":
                    self.post.close(self.post.connections[subject], wire.IDENTIFY_TIMEOUT)
                case "session":
                    self._end(self.post.sessions[subject], now)
                case "character":
                    self.stage.expire(subject)
                case "lines":
                    self._lines.expire(now)

    def shut_down(self, code: wire.CloseCode = GOING_AWAY) -> None:
        """Say bye to everyone; nobody gets in any more."""
        self._closing = True
        self._lines.give_up()
        for connection in list(self.post.connections.values()):
            self.post.close(connection, code)

    def stop_intake(self) -> None:
        """Refuse new work, so that what waits can be finished before `shut_down`."""
        self._closing = True

    # ── drain out ────────────────────────────────────────────────────────────────────────────────

    @property
    def dirty(self) -> set[int]:
        """Connections that may have messages to take. Belongs to the caller, who empties it."""
        return self.post.dirty

    def take(self, connection_id: int) -> wire.ServerMessage | None:
        """The next message for a connection. After `bye`, close it with the code in it."""
        return self.post.take(connection_id)

    def sent(
        self, connection_id: int, message: wire.ServerMessage, since: float, now: float
    ) -> None:
        """A message has been written; what led to it began at `since`."""
        connection = self.post.connections.get(connection_id)
        if connection is None:
            return
        session = connection.session
        match message:
            case wire.Emotion(character=name, line=line):
                self.spans.sent_line((session.id, name, line), since, now)
            case wire.Frame(character=name, n=n) if name in session.watches:
                self.spans.sent_frame((session.watches[name].key, n), since, now)

    def work(self, now: float = 0.0, worker: int = 0) -> Work | None:
        """The next work for a worker that is free; its `done` is owed."""
        while late := self.scheduler.late_frames(now, worker):
            for job in late:
                self.stage.views.renew(job, now)
        work = self.scheduler.take(worker, now)
        if work is None and not self._closing:
            work = self.bakery.take(lambda job: self.scheduler.ahead(job, worker, now))
            self.stage.views.tell_baked()
        return work

    @property
    def moments(self) -> list[Moment]:
        """What is to be kept for the history. Belongs to the caller, who empties it."""
        return self._lines.moments

    def deadline(self) -> float | None:
        """When to tick next."""
        return self._agenda.next()

    # ── within ───────────────────────────────────────────────────────────────────────────────────

    def _announce(self, code: str) -> None:
        """Tell every session."""
        for session in self.post.sessions.values():
            self.post.event(session, wire.Notice(seq=0, code=code, text=NOTICES[code]))

    def _refuse(self, connection: Connection, refusal: Refusal, now: float) -> None:
        session = connection.session
        if not session.open:
            self.post.close(connection, wire.BAD_MESSAGE)
            return
        if refusal.code in ("bad_message", "unknown_type", "bad_field", "message_too_large"):
            session.bucket.take(now)  # what cannot be read counts as a message too
        if session.abuse.take(now) > 0.0:
            self.post.close(connection, wire.RATE_LIMITED)
        else:
            self.post.refuse(connection, refusal)

    def _check_rate(self, connection: Connection, message: wire.ClientMessage, now: float) -> None:
        wait = connection.session.bucket.take(now)
        if wait > 0.0:
            limits = self._limits
            raise Refusal(
                "rate_limited",
                f"at most {limits.messages_per_minute} messages a minute, "
                f"{limits.messages_burst} at once",
                ref=ref_of(message),
                retry_ms=int(wait * 1000) + 1,
            )

    def _dispatch(
        self, connection: Connection, message: wire.ClientMessage, arrived: float, now: float
    ) -> None:
        session = connection.session
        try:
            if session.read_only and not isinstance(message, _READING):
                raise Refusal("read_only", "this token may only watch: use the server's own token")
            match message:
                case wire.Line():
                    self._check_intake()
                    self._lines.put(session, message, arrived, now)
                case wire.Ping(token=token):
                    self.post.answer(connection, wire.Pong(token=token))
                case wire.CharacterPut():
                    self._check_intake()
                    self.stage.put(session, message, now)
                case wire.Read():
                    self._check_intake()
                    self._lines.put_picture(session, message)
                case wire.CharacterDrop(character=name):
                    self.stage.drop(session, name)
                case wire.Express():
                    self.stage.express(session, message, now)
                case wire.Watch():
                    self.stage.watch(session, message, now)
                case wire.Unwatch(character=name):
                    self.stage.unwatch(session, name, now)
                case wire.Identify():
                    raise Refusal("already_identified", "this session is open already")
        except Refusal as refusal:
            refusal.ref = refusal.ref or ref_of(message)
            raise

    def _check_intake(self) -> None:
        if self._closing:
            raise Refusal("closing", "the server is shutting down", retry_ms=5000)

    def _end(self, session: Session, now: float) -> None:
        session.step(Step.EXPIRE)
        del self.post.sessions[session.id]
        dropped = self.scheduler.drop_session(session.id)
        self.metrics.count("lines_dropped", "session", dropped)
        self.stage.leave(session, now)
