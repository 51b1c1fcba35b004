"""The views: what watchers see of a character, from expression to picture.

A view is sampled when it is due, when its face is stirred and when somebody sits down. What it
shows is either known at once (blendshapes, pictures in the cache) or asked of the scheduler, and
comes back through `rendered`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from emopic_client import wire
from emopic_engine.emotions import EXTRA_CHANNELS, blendshapes
from emopic_server.core.animator import Seen
from emopic_server.core.backgrounds import hidden
from emopic_server.core.bakery import NOWHERE, News
from emopic_server.core.characters import Character, Characters
from emopic_server.core.parts import Parts
from emopic_server.core.quarantine import refusal
from emopic_server.core.watch import Expression, Seat, View, Watch
from emopic_server.core.work import MARKS, Failed, FrameJob, PictureLike
from emopic_server.errors import CODES, Refusal

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
        self._mark = parts.mark
        self._spans = parts.spans
        self._bakery = parts.bakery
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
                self._bake(character, view, watch)

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
        face = _seen(character, view)
        expression = view.sample(face, now)
        if expression is not None:
            self._give(character, view, expression, now)
        self._agenda.set(("view", view_id), view.due(face, now))

    def renew(self, job: FrameJob, now: float) -> None:
        """A frame has waited too long to be rendered: what the face shows now takes its place."""
        self._metrics.count("frames_skipped", "late")
        view = self._views.get(job.view)
        if view is not None:
            view.forced = True
            view.slot = now
            self.sample(view.id, now)
        if view is None or view.forced:  # nobody is there to see it
            self._scheduler.drop_frame(job.owner, job.character, job.view)

    def rendered(self, job: FrameJob, result: PictureLike | Failed, now: float) -> None:
        """A frame has come back; one that has been overtaken or whose face is gone is not shown."""
        if not isinstance(result, Failed):
            self._atlas.put(job.atlas_key, result)
        if job.n == NOWHERE:
            self._bakery.rendered(job)
            return
        view = self._views.get(job.view)
        character = self._characters.get(job.character)
        if view is None or character is None or character.generation != job.generation:
            return
        if isinstance(result, Failed):
            self._trouble(character, view, result, now)
            return
        view.troubled = ""
        self._metrics.count("frames", "rendered")
        self._show_frame(view, job, result)

    def awaits(self, job: FrameJob) -> bool:
        """Whether this is the first frame that a line moves; an earlier one may have been it."""
        view = self._views.get(job.view)
        return job.stirred is not None and view is not None and view.stirred == job.stirred

    def tell_baked(self) -> None:
        """Tell watchers how far rendering ahead has come."""
        for news in self._bakery.news:
            view = self._views.get(news.view)
            if view is not None:
                for session_id in view.seats:
                    self._notice_baked(session_id, view.character[1], news)
        self._bakery.news.clear()

    # ── within ────────────────────────────────────────────────────────────────────────────────────

    def _bake(self, character: Character, view: View, watch: Watch | None) -> None:
        """Render the view's transitions ahead of need, if the character is to be baked."""
        options = view.options
        if isinstance(options, str) or not character.animator.knobs.bake or not character.face:
            return
        pattern = self._job(character, view, (0.0,) * len(self._emotions), options.patches)
        news = self._bakery.put(pattern, self._emotions.neutral)
        if news is None:
            return
        for session_id, seat in view.seats.items():
            if watch is None or seat is watch.frame_seat:
                self._notice_baked(session_id, character.id, news)

    def _notice_baked(self, session_id: str, name: str, news: News) -> None:
        text = f"{news.done} of {news.total} frames of transitions are ready"
        code = "baked" if news.over else "baking"
        notice = wire.Notice(seq=0, code=code, text=text, character=name)
        self._post.event(self._post.sessions[session_id], notice)

    def _close(self, character: Character, view: View) -> None:
        del character.views[view.options]
        del self._views[view.id]
        self._agenda.set(("view", view.id), None)
        self._bakery.drop(view.id)
        self._scheduler.drop_frame(_payer(character), character.key, view.id)

    def _attended(self, view: View) -> bool:
        """Whether one of the watchers is connected; nothing is rendered for the others."""
        sessions = self._post.sessions
        return any(sessions[session_id].connection is not None for session_id in view.seats)

    def _give(self, character: Character, view: View, expression: Expression, now: float) -> None:
        options = view.options
        if isinstance(options, str):
            self._show_blendshapes(character, view, options, expression)
            return
        sessions = self._post.sessions
        absent = {name for name in view.seats if sessions[name].connection is None}
        unseen = hidden(character, options.format)
        if unseen is not None:
            self._trouble(character, view, Failed(unseen.code, unseen.message), now)
            return
        patch = view.wants_patch(character.generation, absent)
        job = self._job(character, view, expression, patch, character.number(), now)
        picture = self._atlas.get(job.atlas_key)
        if picture is None and self._scheduler.quarantine.holds(job, now):
            self._trouble(character, view, refusal(job), now)
        elif picture is None:
            self._scheduler.put_frame(job, urgent=view.urgent, now=now)
        else:
            self._scheduler.drop_frame(job.owner, job.character, job.view)
            self._metrics.count("frames", "cached")
            if job.stirred is not None:
                self._spans.found(job)
            self._show_frame(view, job, picture, cached=True)
        view.urgent = False

    def _job(
        self,
        character: Character,
        view: View,
        expression: Expression,
        patch: bool,
        n: int = NOWHERE,
        now: float = 0.0,
    ) -> FrameJob:
        options = view.options
        assert character.face is not None
        assert not isinstance(options, str)
        line = character.animator.line
        return FrameJob(
            face=character.face,
            expression=expression,
            size=options.size,
            format=options.format,
            quality=options.quality,
            patch=patch,
            character=character.key,
            view=view.id,
            generation=character.generation,
            n=n,
            line=line,
            owner=_payer(character),
            mark=max(self._mark, character.animator.knobs.mark, key=MARKS.index),
            asked=now,
            stirred=None if line is None or n == NOWHERE else view.stirred,
        )

    def _show_frame(
        self, view: View, job: FrameJob, picture: PictureLike, *, cached: bool = False
    ) -> None:
        if job.n < view.shown:
            self._metrics.count("frames_skipped", "overtaken")
            return
        view.shown = job.n
        if view.stirred == job.stirred:
            view.stirred = None
        blink, mouth_open = self._extras(job.expression)
        frame = wire.Frame(
            character=job.character[1],
            n=job.n,
            expression=job.expression[: len(self._emotions)],
            format=job.format,
            width=picture.width,
            height=picture.height,
            data=picture.data,
            rect=picture.rect,
            line=job.line,
            cached=cached,
            blink=blink,
            mouth_open=mouth_open,
        )
        for session_id, seat in view.seats.items():
            self._hand_frame(session_id, seat, frame, job)

    def _extras(self, expression: Expression) -> tuple[float, float]:
        """Blink and mouth, behind the emotions where one of them is not 0."""
        blink, mouth_open = expression[len(self._emotions) :] or (0.0, 0.0)
        return blink, mouth_open

    def _hand_frame(self, session_id: str, seat: Seat, frame: wire.Frame, job: FrameJob) -> None:
        holds = seat.whole == job.generation
        if (frame.rect is not None and not holds) or (holds and seat.shown == job.expression):
            return
        if self._post.state(self._post.sessions[session_id], frame):
            seat.shown = job.expression
            if frame.rect is None:
                seat.queued = job.generation

    def _show_blendshapes(
        self, character: Character, view: View, names_id: wire.BlendshapeSet, values: Expression
    ) -> None:
        blink, mouth_open = self._extras(values)
        message = wire.Blendshapes(
            character=character.id,
            n=character.number(),
            names_id=names_id,
            values=self._values(names_id, values),
            line=character.animator.line,
            expression=values[: len(self._emotions)],
            blink=blink,
            mouth_open=mouth_open,
        )
        for session_id, seat in view.seats.items():
            if seat.shown != values and self._post.state(self._post.sessions[session_id], message):
                seat.shown = values

    def _blendshapes(self, names_id: str, expression: Expression) -> tuple[float, ...]:
        _, values = blendshapes(self._emotions, expression, names_id)
        return tuple(np.round(values.astype(np.float64), 4).tolist())

    def _trouble(self, character: Character, view: View, failed: Failed, now: float) -> None:
        view.retry(now + _RETRY_S)
        self._agenda.set(("view", view.id), view.due(_seen(character, view), now))
        if view.troubled == failed.code:
            return  # said once, until a frame comes through
        view.troubled = failed.code
        for session_id in view.seats:
            retry_ms = round(_RETRY_S * 1000) if CODES[failed.code].retry else None
            said = Refusal(failed.code, failed.message, ref=character.id, retry_ms=retry_ms)
            self._post.refuse_later(self._post.sessions[session_id], said)


def _seen(character: Character, view: View) -> Seen:
    """The face as this view can show it: a head can do all, pictures what their model can."""
    channels = EXTRA_CHANNELS
    if not isinstance(view.options, str):
        channels = () if character.face is None else character.face.channels
    return character.animator.seen(channels, alive=view.lively)


def _payer(character: Character) -> str:
    """Whose turn a character's frames take: its owner's."""
    owner, name = character.key
    return name if character.shared else owner
