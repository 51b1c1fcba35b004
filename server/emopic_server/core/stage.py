"""The stage: characters with their faces, and what their watchers see.

Faces come and go with `put`, `registered`, `drop` and `leave`; `watch` and `unwatch` seat sessions
in views; `feel` and `express` move a face; `sample` looks at a view when it is due and either
shows its expression at once (blendshapes, cached pictures) or asks the scheduler for a frame,
which comes back through `rendered`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from functools import lru_cache

import numpy as np

from emopic_client import wire
from emopic_engine.emotions import Emotions, blendshapes
from emopic_server.core.agenda import Agenda
from emopic_server.core.characters import Character, Characters, check_id, check_range, knobs
from emopic_server.core.metrics import Metrics
from emopic_server.core.post import Post
from emopic_server.core.scheduler import Scheduler
from emopic_server.core.session import Session
from emopic_server.core.watch import Expression, Seat, View, Watch
from emopic_server.core.work import (
    SOURCES,
    CharacterKey,
    FaceLike,
    Failed,
    FrameJob,
    LineJob,
    PictureLike,
    RegisterJob,
)
from emopic_server.errors import NOTICES, Refusal

Lookup = Callable[[FrameJob], PictureLike | None]
_RETRY_S = 1.0
_SMALLEST_SIDE = 16


class Stage:
    """See the module. `cached` looks a frame up without touching the device."""

    def __init__(
        self,
        *,
        emotions: Emotions,
        builtins: frozenset[str],
        limits: wire.Limits,
        cached: Lookup,
        post: Post,
        scheduler: Scheduler,
        agenda: Agenda[Hashable],
        metrics: Metrics,
    ) -> None:
        self.characters = Characters(len(emotions), emotions.neutral)
        self._emotions = emotions
        self._builtins = builtins
        self._limits = limits
        self._cached = cached
        self._post = post
        self._scheduler = scheduler
        self._agenda = agenda
        self._metrics = metrics
        self._views: dict[int, View] = {}
        self._view_count = 0
        self._builtin_faces: dict[str, FaceLike] = {}
        self._values = lru_cache(maxsize=4096)(self._blendshapes)

    # ── faces ────────────────────────────────────────────────────────────────────────────────────

    def put(self, session: Session, message: wire.CharacterPut, now: float) -> None:
        """Begin to register or replace a character. Raises `Refusal`."""
        self._check_put(session, message)
        settings = knobs(message.options)
        key = (session.group if message.shared else session.id, message.character)
        generation = 1
        known = self.characters.get(key)
        if known is not None:
            generation = known.wanted + 1
        face = self._builtin_faces.get(message.builtin or "")
        if face is None:
            job = RegisterJob(session.id, key, generation, message.face, message.builtin)
            self._scheduler.put_register(job)
        character = self.characters.add(key)
        character.wanted = generation
        character.next_knobs = settings
        character.owners.add(session.id)
        session.owned.add(key)
        self._agenda.set(("character", key), None)
        self._rehome(session, character, now)
        if face is not None:
            self._set_face(character, face, session, now)

    def registered(self, job: RegisterJob, result: FaceLike | Failed, now: float) -> None:
        """The engine has registered a face, or refused it."""
        if not isinstance(result, Failed) and job.builtin is not None:
            self._builtin_faces[job.builtin] = result
        character = self.characters.get(job.character)
        if character is None or character.wanted != job.generation:
            return
        putter = self._post.sessions.get(job.session)
        if not isinstance(result, Failed):
            self._set_face(character, result, putter, now)
            return
        if putter is not None:
            refusal = Refusal(result.code, result.message, ref=character.id)
            self._post.refuse_later(putter, refusal)
        character.wanted = character.generation
        if character.face is None:
            self._remove(character, "dropped", tell=character.watchers)

    def drop(self, session: Session, name: str) -> None:
        """Forget a character; all who watch or own it are told. Raises `Refusal`."""
        character = self.characters.find(session, name)
        tell = character.watchers | character.owners | {session.id}
        self._remove(character, "dropped", tell=tell)

    def leave(self, session: Session, now: float) -> None:
        """A session has ended: its private characters go, shared ones wait for another owner."""
        for name in list(session.watches):
            self._unseat(session, name, now)
        for key in list(session.owned):
            character = self.characters.get(key)
            if character is None:
                continue
            character.owners.discard(session.id)
            if character.shared:
                self._expire_later(character, now)
            else:
                self._remove(character, "expired", tell=())
        session.owned.clear()

    def expire(self, key: CharacterKey) -> None:
        """The time of a shared character without owners and watchers is up."""
        character = self.characters.get(key)
        if character is not None and not character.owners and not character.watchers:
            self._remove(character, "expired", tell=())

    # ── watchers ─────────────────────────────────────────────────────────────────────────────────

    def watch(self, session: Session, message: wire.Watch, now: float) -> None:
        """Seat a session, instead of how it watched this character before. Raises `Refusal`."""
        character = self.characters.find(session, message.character)
        if message.frames is not None:
            self._check_frames(message.frames)
        known = message.character in session.watches
        if not known and len(session.watches) >= self._limits.characters_per_session:
            raise self._too_many(message.character)
        if known:
            self._unseat(session, message.character, now)
        watch = Watch(character.key, message.frames, message.blendshapes)
        self._seat(session, character, watch, now)

    def unwatch(self, session: Session, name: str, now: float) -> None:
        """Send nothing more of a character. Raises `Refusal` when it is not watched."""
        if name not in session.watches:
            self.characters.find(session, name)  # the better message when it does not exist
            raise Refusal("unknown_character", f"{name!r} is not watched", ref=name)
        self._unseat(session, name, now)

    def refresh(self, session: Session, now: float) -> None:
        """A session is back: show it everything anew."""
        for watch in session.watches.values():
            character = self.characters.get(watch.key)
            if character is not None:
                self._show_anew(character, watch, now)

    # ── expressions ──────────────────────────────────────────────────────────────────────────────

    def feel(self, character: Character, scores: Sequence[float], line: str, now: float) -> None:
        """Let the face follow a line, and show the first step of it at once."""
        character.animator.feel(scores, now, line=line)
        self._stir(character, now)

    def express(self, session: Session, message: wire.Express, now: float) -> None:
        """Let a client drive the face. Raises `Refusal`."""
        character = self.characters.find(session, message.character)
        weights = [0.0] * len(self._emotions)
        for name, weight in message.expression.items():
            if name not in self._emotions.names:
                known = ", ".join(self._emotions.names)
                raise Refusal("unknown_emotion", f"there is no emotion {name[:64]!r}: use {known}")
            check_range(f"expression.{name}", weight, 0, 1)
            weights[self._emotions.names.index(name)] = weight
        if message.hold_ms is not None:
            check_range("hold_ms", message.hold_ms, 0, 3_600_000)
        character.animator.express(weights, now, hold_ms=message.hold_ms)
        self._stir(character, now)

    def sample(self, view_id: int, now: float) -> None:
        """Look at a view that is due."""
        view = self._views.get(view_id)
        character = None if view is None else self.characters.get(view.character)
        if view is None or character is None or not self._attended(view):
            return
        if character.face is None and not isinstance(view.options, str):
            return
        expression = view.sample(character.animator, now)
        if expression is not None:
            self._give(character, view, expression)
        self._agenda.set(("view", view_id), view.due(character.animator, now))

    def rendered(self, job: FrameJob, result: PictureLike | Failed, now: float) -> None:
        """A frame has come back; one that has been overtaken or whose face is gone is dropped."""
        view = self._views.get(job.view)
        character = self.characters.get(job.character)
        if view is None or character is None or character.generation != job.generation:
            return
        if isinstance(result, Failed):
            self._trouble(character, view, result, now)
            return
        view.troubled = False
        self._metrics.count("frames", "rendered")
        self._show_frame(view, job, result)

    # ── within ───────────────────────────────────────────────────────────────────────────────────

    def _check_put(self, session: Session, message: wire.CharacterPut) -> None:
        check_id("character", message.character)
        if (message.face is None) == (message.builtin is None):
            raise Refusal("bad_field", "give either face or builtin", ref=message.character)
        if message.builtin is not None and message.builtin not in self._builtins:
            known = ", ".join(sorted(self._builtins))
            raise Refusal(
                "unknown_builtin",
                f"there is no built-in face {message.builtin[:64]!r}: use {known}",
                ref=message.character,
            )
        if message.face is not None and len(message.face) > self._limits.face_bytes:
            raise Refusal(
                "picture_too_large",
                f"a face may have {self._limits.face_bytes} bytes, got {len(message.face)}",
                ref=message.character,
            )
        key = (session.group if message.shared else session.id, message.character)
        if key not in session.owned and len(session.owned) >= self._limits.characters_per_session:
            raise self._too_many(message.character)

    def _too_many(self, name: str) -> Refusal:
        limit = self._limits.characters_per_session
        return Refusal("too_many_characters", f"a session may have {limit} characters", ref=name)

    def _check_frames(self, options: wire.FrameOptions) -> None:
        check_range("frames.fps", options.fps, 1, self._limits.fps)
        check_range("frames.quality", options.quality, 1, 100)
        if options.size != 0:
            check_range("frames.size", options.size, _SMALLEST_SIDE, self._limits.frame_side)

    def _set_face(
        self, character: Character, face: FaceLike, putter: Session | None, now: float
    ) -> None:
        character.face = face
        character.generation = character.wanted
        character.animator.knobs = character.next_knobs
        self._scheduler.drop_frames(character.key)
        for session_id in character.watchers | ({putter.id} if putter else set()):
            session = self._post.sessions.get(session_id)
            if session is not None:
                self._tell_ready(session, character)
        if putter is not None and face.source == "centred":
            self._post.event(
                putter,
                wire.Notice(
                    seq=0,
                    code="face_centred",
                    text=NOTICES["face_centred"],
                    character=character.id,
                ),
            )
        for view in list(character.views.values()):
            view.force(now)
            self.sample(view.id, now)

    def _rehome(self, session: Session, character: Character, now: float) -> None:
        """A name means one character to a session: the one it has put last."""
        private = self.characters.get((session.id, character.id))
        if character.shared and private is not None:
            self._remove(private, "replaced", tell=(session.id,))
        watch = session.watches.get(character.id)
        if watch is not None and watch.key != character.key:
            self._unseat(session, character.id, now)
            fresh = Watch(character.key, watch.frames, watch.blendshapes)
            self._seat(session, character, fresh, now)

    def _tell_ready(self, session: Session, character: Character) -> None:
        face = character.face
        if face is None or session.told.get(character.key) == character.generation:
            return
        session.told[character.key] = character.generation
        source = next(known for known in SOURCES if known == face.source)
        self._post.event(
            session,
            wire.CharacterReady(
                seq=0,
                character=character.id,
                width=face.width,
                height=face.height,
                source=source,
            ),
        )

    def _remove(self, character: Character, reason: str, *, tell: Collection[str]) -> None:
        self.characters.remove(character.key)
        self._agenda.set(("character", character.key), None)
        for view in character.views.values():
            self._agenda.set(("view", view.id), None)
            del self._views[view.id]
        self._refuse_lines(self._scheduler.drop_character(character.key), character.id)
        for session_id in character.watchers | character.owners | set(tell):
            session = self._post.sessions.get(session_id)
            if session is None:
                continue
            session.owned.discard(character.key)
            session.told.pop(character.key, None)
            watch = session.watches.get(character.id)
            if watch is not None and watch.key == character.key:
                del session.watches[character.id]
                self._post.discard(session, character.id)
            if session_id in tell:
                gone = wire.CharacterDropped(seq=0, character=character.id, reason=reason)
                self._post.event(session, gone)

    def _refuse_lines(self, jobs: list[LineJob], name: str) -> None:
        for job in jobs:
            self._metrics.count("lines_dropped", "character")
            session = self._post.sessions.get(job.session)
            if session is not None and not job.partial:
                message = f"the character {name!r} was dropped before this line was classified"
                self._post.refuse_later(
                    session, Refusal("unknown_character", message, ref=job.line)
                )

    def _expire_later(self, character: Character, now: float) -> None:
        if character.shared and not character.owners and not character.watchers:
            self._agenda.set(("character", character.key), now + self._limits.resume_s)

    def _seat(self, session: Session, character: Character, watch: Watch, now: float) -> None:
        session.watches[character.id] = watch
        character.watchers.add(session.id)
        self._agenda.set(("character", character.key), None)
        self._tell_ready(session, character)
        self._show_anew(character, watch, now, session)

    def _show_anew(
        self, character: Character, watch: Watch, now: float, session: Session | None = None
    ) -> None:
        for wanted, seat in watch.wanted:
            view = character.views.get(wanted)
            if view is None:
                self._view_count += 1
                view = View(self._view_count, character.key, wanted)
                character.views[wanted] = view
                self._views[view.id] = view
            if session is not None:
                view.seats[session.id] = seat
            view.force(now)
            self.sample(view.id, now)

    def _unseat(self, session: Session, name: str, now: float) -> None:
        watch = session.watches.pop(name)
        self._post.discard(session, name)
        character = self.characters.get(watch.key)
        if character is None:
            return
        character.watchers.discard(session.id)
        for wanted, _ in watch.wanted:
            view = character.views[wanted]
            del view.seats[session.id]
            if not view.seats:
                self._close_view(character, view)
        self._expire_later(character, now)

    def _close_view(self, character: Character, view: View) -> None:
        del character.views[view.options]
        del self._views[view.id]
        self._agenda.set(("view", view.id), None)
        self._scheduler.drop_frame(_payer(character), character.key, view.id)

    def _attended(self, view: View) -> bool:
        """Whether one of the watchers is connected; nothing is rendered for the others."""
        sessions = self._post.sessions
        return any(sessions[session_id].connection is not None for session_id in view.seats)

    def _stir(self, character: Character, now: float) -> None:
        for view in list(character.views.values()):
            view.hurry(now)
            self.sample(view.id, now)

    def _give(self, character: Character, view: View, expression: Expression) -> None:
        options = view.options
        if isinstance(options, str):
            self._show_blendshapes(character, view, options, expression)
            return
        assert character.face is not None
        job = FrameJob(
            face=character.face,
            expression=expression,
            size=options.size,
            format=options.format,
            quality=options.quality,
            patch=view.wants_patch(character.generation),
            character=character.key,
            view=view.id,
            generation=character.generation,
            n=character.number(),
            line=character.animator.line,
            owner=_payer(character),
        )
        picture = self._cached(job)
        if picture is None:
            self._scheduler.put_frame(job, urgent=view.urgent)
        else:
            self._scheduler.drop_frame(job.owner, job.character, job.view)
            self._metrics.count("frames", "cached")
            self._show_frame(view, job, picture)
        view.urgent = False

    def _show_frame(self, view: View, job: FrameJob, picture: PictureLike) -> None:
        if job.n < view.shown:
            self._metrics.count("frames_skipped", "overtaken")
            return
        view.shown = job.n
        frame = wire.Frame(
            character=job.character[1],
            n=job.n,
            expression=job.expression,
            format=job.format,
            width=picture.width,
            height=picture.height,
            data=picture.data,
            rect=picture.rect,
            line=job.line,
        )
        for session_id, seat in view.seats.items():
            self._hand_frame(session_id, seat, frame, job.generation)

    def _hand_frame(self, session_id: str, seat: Seat, frame: wire.Frame, generation: int) -> None:
        holds = seat.whole == generation
        if (frame.rect is not None and not holds) or (holds and seat.shown == frame.expression):
            return
        if self._post.state(self._post.sessions[session_id], frame):
            seat.shown = frame.expression
            if frame.rect is None:
                seat.queued = generation

    def _show_blendshapes(
        self, character: Character, view: View, names_id: wire.BlendshapeSet, values: Expression
    ) -> None:
        message = wire.Blendshapes(
            character=character.id,
            n=character.number(),
            names_id=names_id,
            values=self._values(names_id, values),
            line=character.animator.line,
        )
        for session_id, seat in view.seats.items():
            if seat.shown != values and self._post.state(self._post.sessions[session_id], message):
                seat.shown = values

    def _blendshapes(self, names_id: str, expression: Expression) -> tuple[float, ...]:
        _, values = blendshapes(self._emotions, expression, names_id)
        return tuple(np.round(values.astype(np.float64), 4).tolist())

    def _trouble(self, character: Character, view: View, failed: Failed, now: float) -> None:
        view.retry(now + _RETRY_S)
        self._agenda.set(("view", view.id), view.due(character.animator, now))
        if view.troubled:
            return  # said once, until a frame comes through
        view.troubled = True
        for session_id in view.seats:
            retry_ms = round(_RETRY_S * 1000)
            refusal = Refusal(failed.code, failed.message, ref=character.id, retry_ms=retry_ms)
            self._post.refuse_later(self._post.sessions[session_id], refusal)


def _payer(character: Character) -> str:
    """Whose turn a character's frames take: its owner's."""
    owner, name = character.key
    return name if character.shared else owner
