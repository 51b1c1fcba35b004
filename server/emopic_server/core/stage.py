"""The stage: which characters there are, who owns them, who watches, and what moves them.

Faces come and go with `put`, `registered`, `drop` and `leave`; `watch` and `unwatch` seat sessions
in the views of a character; `follow` and `express` move a face.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from emopic_client import wire
from emopic_server.core.animator import Heard
from emopic_server.core.backgrounds import (
    asked_background,
    hidden,
    kept_background,
)
from emopic_server.core.characters import (
    Character,
    Characters,
    check_range,
    knobs,
    uploaded,
    weights,
)
from emopic_server.core.errands import FaceErrand, FoundFace
from emopic_server.core.parts import Parts
from emopic_server.core.session import Session
from emopic_server.core.views import Views
from emopic_server.core.watch import Watch
from emopic_server.core.work import (
    KINDS,
    SOURCES,
    Change,
    CharacterKey,
    FaceLike,
    Failed,
    Forgotten,
    Kept,
    LineJob,
    RegisterJob,
)
from emopic_server.errors import NOTICES, Refusal

_SMALLEST_SIDE = 16


class Stage:
    """See the module.

    With `keeping`, shared characters stay until they are dropped, and `changes` gathers what a
    store has to write; whoever writes it empties the list.
    """

    def __init__(self, parts: Parts, builtins: frozenset[str], *, keeping: bool) -> None:
        self.characters = Characters(parts.emotions)
        self.views = Views(parts, self.characters)
        self._emotions = parts.emotions
        self._builtins = builtins
        self._limits = parts.limits
        self._post = parts.post
        self._scheduler = parts.scheduler
        self._agenda = parts.agenda
        self._metrics = parts.metrics
        self._errands = parts.errands
        self._cutting = parts.cutting
        self.changes: list[Change] = []
        self._keeping = keeping
        self._generations = 0
        self._builtin_faces: dict[str, FaceLike] = {}

    # ── faces ────────────────────────────────────────────────────────────────────────────────────

    def put(self, session: Session, message: wire.CharacterPut, now: float) -> None:
        """Begin to register or replace a character. Raises `Refusal`."""
        self._check_put(session, message)
        settings = knobs(message.options)
        picture = uploaded(message, self._limits)
        key = (session.group if message.shared else session.id, message.character)
        behind = asked_background(message)
        generation = self._next_generation()
        face = None if behind else self._builtin_faces.get(message.builtin or "")
        cut = self._cutting and behind is not None
        if message.url is not None or (cut and picture is not None):
            self._errands.put(FaceErrand(session.id, key, generation, message.url, picture, cut))
        elif face is None:
            whole = RegisterJob(session.id, key, generation, picture, message.builtin)
            self._scheduler.put_register(replace(whole, background=behind), now=now)
        character = self.characters.add(key)
        character.wanted = generation
        character.next_knobs = settings
        character.history = message.history
        character.background = behind
        character.origin = self._origin(key, message, picture)
        character.owners.add(session.id)
        session.owned.add(key)
        self._agenda.set(("character", key), None)
        self._rehome(session, character, now)
        if face is not None:
            self._set_face(character, face, session, now)

    def fetched(self, errand: FaceErrand, result: FoundFace | Failed, now: float) -> None:
        """A face has come from the web, or not; it is registered like an upload."""
        character = self.characters.get(errand.character)
        if character is None or character.wanted != errand.generation:
            return
        key, generation = errand.character, errand.generation
        data = None if isinstance(result, Failed) else result.data
        page = not isinstance(result, Failed) and result.page
        behind = character.background
        job = RegisterJob(errand.session, key, generation, data, None, page, behind)
        if isinstance(result, Failed):
            self.registered(job, result, now)
            return
        if character.origin is not None:
            character.origin = replace(character.origin, face=data)
        try:
            self._scheduler.put_register(job, now=now)
        except Refusal as refusal:
            self.registered(job, Failed(refusal.code, refusal.message), now)

    def registered(self, job: RegisterJob, result: FaceLike | Failed, now: float) -> None:
        """The engine has registered a face, or refused it."""
        if not isinstance(result, Failed) and job.builtin is not None and not job.background:
            self._builtin_faces[job.builtin] = result
        character = self.characters.get(job.character)
        if character is None or character.wanted != job.generation:
            return
        putter = self._post.sessions.get(job.session)
        if not isinstance(result, Failed):
            if character.origin is not None and result.portrait is not None:
                character.origin = replace(character.origin, face=result.portrait)
            self._set_face(character, result, putter, now)
            return
        if putter is not None:
            refusal = Refusal(result.code, result.message, ref=character.id)
            self._post.refuse_later(putter, refusal)
        character.wanted = character.generation
        character.origin = None
        if character.face is None:
            self._remove(character, "dropped", tell=character.watchers)

    def restore(self, kept: Iterable[Kept]) -> None:
        """Bring back what a store has kept; it is there when its faces are registered."""
        for item in kept:
            key = (item.group, item.character)
            generation = self._next_generation()
            behind = kept_background(item.options, item.backdrop)
            job = RegisterJob("", key, generation, item.face, item.builtin, background=behind)
            self._scheduler.put_register(job, bounded=False)
            character = self.characters.add(key)
            character.background = behind
            character.wanted = generation
            character.next_knobs = knobs(item.options)
            character.history = item.history

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
            if refusal := hidden(character, message.frames.format):
                raise refusal
        known = message.character in session.watches
        if not known and len(session.watches) >= self._limits.characters_per_session:
            raise self._too_many(message.character)
        told = session.told.get(character.key)
        if known:
            self._unseat(session, message.character, now)
            if told is not None:  # the face is no news to it
                session.told[character.key] = told
        watch = Watch(character.key, message.frames, message.blendshapes, message.text)
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
                self.views.show_anew(character, now, watch)

    # ── expressions ──────────────────────────────────────────────────────────────────────────────

    def follow(self, character: Character, lines: Sequence[Heard], now: float) -> None:
        """Let the face follow lines that came together, and show the first step of it at once."""
        if character.animator.follow(lines, now):
            self.views.stir(character, now)

    def express(self, session: Session, message: wire.Express, now: float) -> None:
        """Let a client drive the face. Raises `Refusal`."""
        character = self.characters.find(session, message.character)
        shown = weights(self._emotions, message)
        character.animator.express(shown, now, hold_ms=message.hold_ms, lock=message.lock)
        self.views.stir(character, now)

    # ── within ───────────────────────────────────────────────────────────────────────────────────

    def _check_put(self, session: Session, message: wire.CharacterPut) -> None:
        ways = (message.face, message.builtin, message.url, message.sprites)
        if sum(way is not None for way in ways) != 1:
            text = "give one of face, builtin, url and sprites"
            raise Refusal("bad_field", text, ref=message.character)
        if message.builtin is not None and message.builtin not in self._builtins:
            known = ", ".join(sorted(self._builtins))
            raise Refusal(
                "unknown_builtin",
                f"there is no built-in face {message.builtin!r}: use {known}",
                ref=message.character,
            )
        key = (session.group if message.shared else session.id, message.character)
        if key not in session.owned and len(session.owned) >= self._limits.characters_per_session:
            raise self._too_many(message.character)

        new = message.shared and self.characters.get(key) is None
        bound = self._limits.characters_per_session * self._limits.connections_per_token
        if self._keeping and new and self.characters.count(session.group) >= bound:
            message_text = f"all sessions together may share {bound} characters"
            raise Refusal("too_many_characters", message_text, ref=message.character)

    def _next_generation(self) -> int:
        """Never given twice, so that what comes late cannot be taken for something newer."""
        self._generations += 1
        return self._generations

    def _origin(
        self, key: CharacterKey, message: wire.CharacterPut, picture: bytes | None
    ) -> Kept | None:
        if not (self._keeping and message.shared):
            return None
        kept = Kept(*key, message.builtin, picture, message.options, message.history)
        return replace(kept, backdrop=message.backdrop)

    def _too_many(self, name: str) -> Refusal:
        limit = self._limits.characters_per_session
        return Refusal("too_many_characters", f"a session may have {limit} characters", ref=name)

    def _check_frames(self, options: wire.FrameOptions) -> None:
        check_range("frames.fps", options.fps, 1, self._limits.fps)
        if options.size != 0:
            check_range("frames.size", options.size, _SMALLEST_SIDE, self._limits.frame_side)

    def _set_face(
        self, character: Character, face: FaceLike, putter: Session | None, now: float
    ) -> None:
        character.face = face
        character.generation = character.wanted
        character.animator.knobs = character.next_knobs
        if character.origin is not None:
            self.changes.append(character.origin)
            character.origin = None
        self._scheduler.drop_frames(character.key)
        for session_id in character.watchers | ({putter.id} if putter else set()):
            session = self._post.sessions.get(session_id)
            if session is not None:
                self._tell_ready(session, character)
        if putter is not None and face.source == "centred":
            self._notice(putter, character, "face_centred")
        if putter is not None and face.faces > 1:
            self._notice(putter, character, "several_faces")
        self.views.show_anew(character, now)

    def _notice(self, session: Session, character: Character, code: str) -> None:
        text = NOTICES[code]
        self._post.event(session, wire.Notice(seq=0, code=code, text=text, character=character.id))

    def _rehome(self, session: Session, character: Character, now: float) -> None:
        """A name means one character to a session: the one it has put last."""
        private = self.characters.get((session.id, character.id))
        if character.shared and private is not None:
            self._remove(private, "replaced", tell=(session.id,))
        watch = session.watches.get(character.id)
        if watch is not None and watch.key != character.key:
            self._unseat(session, character.id, now)
            fresh = Watch(character.key, watch.frames, watch.blendshapes, watch.text)
            self._seat(session, character, fresh, now)

    def _tell_ready(self, session: Session, character: Character) -> None:
        face = character.face
        if face is None or session.told.get(character.key) == character.generation:
            return
        session.told[character.key] = character.generation
        source = next(known for known in SOURCES if known == face.source)
        kind = next(known for known in KINDS if known == face.kind)
        self._post.event(
            session,
            wire.CharacterReady(
                seq=0,
                character=character.id,
                width=face.width,
                height=face.height,
                source=source,
                kind=kind,
                channels=face.channels,
                pictures=dict(face.pictures),
            ),
        )

    def _remove(self, character: Character, reason: str, *, tell: Collection[str]) -> None:
        self.characters.remove(character.key)
        if self._keeping and character.shared and character.face is not None:
            self.changes.append(Forgotten(*character.key))
        self._agenda.set(("character", character.key), None)
        self.views.close_all(character)
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
        alone = not character.owners and not character.watchers
        if character.shared and alone and not self._keeping:
            self._agenda.set(("character", character.key), now + self._limits.resume_s)

    def _seat(self, session: Session, character: Character, watch: Watch, now: float) -> None:
        session.watches[character.id] = watch
        character.watchers.add(session.id)
        self._agenda.set(("character", character.key), None)
        self._tell_ready(session, character)
        self.views.seat(character, session.id, watch, now)

    def _unseat(self, session: Session, name: str, now: float) -> None:
        watch = session.watches.pop(name)
        self._post.discard(session, name)
        character = self.characters.get(watch.key)
        if character is None:
            return
        character.watchers.discard(session.id)
        if character.key not in session.owned:
            session.told.pop(character.key, None)
        self.views.unseat(character, session.id, watch)
        self._expire_later(character, now)
