"""The views: what watchers see of a character, from expression to picture.

A view is sampled when it is due, when its face is stirred and when somebody sits down. What it
shows is either known at once (blendshapes, pictures in the cache) or asked of the scheduler, and
comes back through `rendered`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from emopic_client import wire
from emopic_engine.emotions import blendshapes
from emopic_server.core.characters import Character, Characters
from emopic_server.core.parts import Parts
from emopic_server.core.watch import Expression, Seat, View, Watch
from emopic_server.core.work import Failed, FrameJob, PictureLike
from emopic_server.errors import Refusal

_RETRY_S = 1.0


class Views:
    """All views by id. What is rendered goes into the atlas and is looked up there first."""

    def __init__(self, parts: Parts, characters: Characters) -> None:
        self._characters = characters
        self._emotions = parts.emotions
        self._atlas = parts.atlas
        self._post = parts.post
        self._scheduler = parts.scheduler
        self._agenda = parts.agenda
        self._metrics = parts.metrics
        self._views: dict[int, View] = {}
        self._count = 0
        self._values = lru_cache(maxsize=4096)(self._blendshapes)

    def seat(self, character: Character, session_id: str, watch: Watch, now: float) -> None:
        """Seat a watcher in the views it wants, made if there are none, and show them to it."""
        for wanted, seat in watch.wanted:
            view = character.views.get(wanted)
            if view is None:
                self._count += 1
                view = View(self._count, character.key, wanted)
                character.views[wanted] = view
                self._views[view.id] = view
            view.seats[session_id] = seat
        self.show_anew(character, now, watch)

    def unseat(self, character: Character, session_id: str, watch: Watch) -> None:
        """A watcher leaves; a view that nobody watches ends."""
        for wanted, _ in watch.wanted:
            view = character.views[wanted]
            del view.seats[session_id]
            if not view.seats:
                self._close(character, view)

    def close_all(self, character: Character) -> None:
        """The character is gone."""
        for view in list(character.views.values()):
            self._close(character, view)

    def show_anew(self, character: Character, now: float, watch: Watch | None = None) -> None:
        """Show the present expression, changed or not, in all views or those of one watch."""
        wanted = None if watch is None else [options for options, _ in watch.wanted]
        for view in list(character.views.values()):
            if wanted is None or view.options in wanted:
                view.force(now)
                self.sample(view.id, now)

    def stir(self, character: Character, now: float) -> None:
        """Something has moved the face: show the first step at once."""
        for view in list(character.views.values()):
            view.hurry(now)
            self.sample(view.id, now)

    def sample(self, view_id: int, now: float) -> None:
        """Look at a view that is due."""
        view = self._views.get(view_id)
        character = None if view is None else self._characters.get(view.character)
        if view is None or character is None or not self._attended(view):
            return
        if character.face is None and not isinstance(view.options, str):
            return
        expression = view.sample(character.animator, now)
        if expression is not None:
            self._give(character, view, expression)
        self._agenda.set(("view", view_id), view.due(character.animator, now))

    def rendered(self, job: FrameJob, result: PictureLike | Failed, now: float) -> None:
        """A frame has come back; one that has been overtaken or whose face is gone is not shown."""
        if not isinstance(result, Failed):
            self._atlas.put(job.atlas_key, result)
        view = self._views.get(job.view)
        character = self._characters.get(job.character)
        if view is None or character is None or character.generation != job.generation:
            return
        if isinstance(result, Failed):
            self._trouble(character, view, result, now)
            return
        view.troubled = False
        self._metrics.count("frames", "rendered")
        self._show_frame(view, job, result)

    # ── within ────────────────────────────────────────────────────────────────────────────────────

    def _close(self, character: Character, view: View) -> None:
        del character.views[view.options]
        del self._views[view.id]
        self._agenda.set(("view", view.id), None)
        self._scheduler.drop_frame(_payer(character), character.key, view.id)

    def _attended(self, view: View) -> bool:
        """Whether one of the watchers is connected; nothing is rendered for the others."""
        sessions = self._post.sessions
        return any(sessions[session_id].connection is not None for session_id in view.seats)

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
        picture = self._atlas.get(job.atlas_key)
        if picture is None:
            self._scheduler.put_frame(job, urgent=view.urgent)
        else:
            self._scheduler.drop_frame(job.owner, job.character, job.view)
            self._metrics.count("frames", "cached")
            self._show_frame(view, job, picture, cached=True)
        view.urgent = False

    def _show_frame(
        self, view: View, job: FrameJob, picture: PictureLike, *, cached: bool = False
    ) -> None:
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
            cached=cached,
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
            expression=values,
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
