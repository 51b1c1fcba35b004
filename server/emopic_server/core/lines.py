"""The way of a line through the core: checked, queued, and answered to all who follow it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from msgspec import structs

from emopic_client import wire
from emopic_engine.text.typed import Typed
from emopic_server.core.animator import Heard, intensity
from emopic_server.core.characters import Character
from emopic_server.core.errands import ReadErrand, Writing
from emopic_server.core.history import Moment, Record
from emopic_server.core.parts import Parts
from emopic_server.core.session import Session
from emopic_server.core.stage import Stage
from emopic_server.core.work import CharacterKey, Classify, Done, Failed, LineJob, ScoresLike
from emopic_server.errors import CODES, NOTICES, Refusal

_RETRY_MS = 1000


class Lines:
    """Takes lines in and gives emotions out."""

    def __init__(self, parts: Parts, stage: Stage) -> None:
        self._emotions = parts.emotions
        self._limits = parts.limits
        self._post = parts.post
        self._scheduler = parts.scheduler
        self._metrics = parts.metrics
        self._agenda = parts.agenda
        self._watched = False
        self._guarding = parts.guarding
        self._history = parts.history
        self._spans = parts.spans
        self.moments: list[Moment] = []
        self._errands = parts.errands
        self._stage = stage
        self._characters = stage.characters
        self._typed = Typed(parts.emotions.neutral)
        self._untold: deque[tuple[tuple[float, ...], int]] = deque()  # scores and top of a line

    def put(self, session: Session, message: wire.Line, arrived: float, now: float) -> None:
        """Queue a line. Raises `Refusal`; its `ref` is the line's id."""
        character = self._characters.find(session, message.character, ref=message.id)
        text = message.text
        if not text.strip():
            raise Refusal("line_empty", "the line is empty", ref=message.id)
        long = len(text) > self._limits.line_chars
        if long and not message.cut:
            raise Refusal(
                "line_too_long",
                f"a line may have {self._limits.line_chars} characters, got {len(text)}: "
                "shorten it or send it with cut",
                ref=message.id,
            )
        text = text[: self._limits.line_chars]
        shown = self._guarded(session, message, text)
        if shown is None:
            return
        job = LineJob(
            session=session.id,
            character=character.key,
            line=message.id,
            text=text,
            partial=message.partial,
            arrived=arrived,
            queued=now,
            shown=shown,
            record=self._record(session, character, message),
        )
        self._scheduler.put_line(job)
        if not self._watched:
            self._watch()
        if long:
            self._notice(session, message, "line_cut")

    def move(self, done: Done, now: float) -> None:
        """The engine has answered a batch of lines: let faces follow them. `tell` is owed."""
        heard: dict[CharacterKey, list[Heard]] = {}
        for job, result in _answers(done):
            if isinstance(result, Failed):
                continue
            values = tuple(map(float, result.values))
            top = self._top(job, result, values)
            self._untold.append((values, top))
            if top == result.top:
                said = None if job.partial else job.text
                heard.setdefault(job.character, []).append(Heard(values, job.line, said))
        for key, lines in heard.items():
            character = self._characters.get(key)
            if character is not None:
                self._stage.follow(character, lines, now)

    def tell(self, done: Done, now: float) -> None:
        """Give what came of a batch of lines to those who wait for it."""
        for job, result in _answers(done):
            if isinstance(result, Failed):
                self._failed(job, result)
            else:
                self._tell(job, *self._untold.popleft(), done, now)

    def expire(self, now: float) -> None:
        """Refuse the lines that have waited too long."""
        for job in self._scheduler.late_lines(now):
            self._drop(job, self._scheduler.busy("lines", job.line), "late")
        self._watch()

    def give_up(self) -> None:
        """Refuse all lines that wait, because the server ends."""
        for job in self._scheduler.late_lines(math.inf):
            message = "the server shut down before this line was classified"
            self._drop(job, Refusal("closing", message, ref=job.line, retry_ms=5000), "closing")

    def put_picture(self, session: Session, message: wire.Read) -> None:
        """Have the writing in a picture read. Raises `Refusal`."""
        limit = self._limits.face_bytes
        if len(message.picture) > limit:
            raise Refusal(
                "picture_too_large", f"a picture may have {limit} bytes, got {len(message.picture)}"
            )
        self._errands.put(ReadErrand(session.id, message.id, message.picture))

    def read(self, errand: ReadErrand, result: Writing | Failed) -> None:
        """Tell who asked what a picture says. It is no line before it is sent as one."""
        session = self._post.sessions.get(errand.session)
        if session is None:
            return
        if isinstance(result, Failed):
            self._post.refuse_later(session, _refusal(result, errand.id))
            return
        text = result.text[: self._limits.line_chars]
        reading = wire.Reading(seq=0, id=errand.id, text=text, confidence=result.confidence)
        self._post.event(session, reading)

    def _guarded(self, session: Session, message: wire.Line, text: str) -> str | None:
        """The text as others may read it; None for a partial line that nobody may.

        Raises `Refusal` for a finished one. Partial lines are typed: what is profane in them may
        be gone with the next key, so they are passed over in silence.
        """
        censor = self._guarding.censor
        if session.guard == "off" or not censor.find(text):
            return text
        self._metrics.count("lines_profane", session.guard)
        if session.guard == "mask":
            return censor.mask(text)
        if message.partial:
            return None
        self._notice(session, message, "type_again")
        raise Refusal("line_profane", NOTICES["type_again"], ref=message.id)

    def _notice(self, session: Session, message: wire.Line, code: str) -> None:
        notice = wire.Notice(
            seq=0,
            code=code,
            text=NOTICES[code],
            character=message.character,
            line=message.id,
        )
        self._post.event(session, notice)

    def _failed(self, job: LineJob, failed: Failed) -> None:
        session = self._post.sessions.get(job.session)
        self._metrics.count("lines_dropped", failed.code)
        if session is not None:
            self._post.refuse_later(session, _refusal(failed, job.line))

    def _drop(self, job: LineJob, refusal: Refusal, reason: str) -> None:
        """Nobody waits for a line that is still being typed."""
        self._metrics.count("lines_dropped", reason)
        session = self._post.sessions.get(job.session)
        if session is not None and not job.partial:
            self._post.refuse_later(session, refusal)

    def _watch(self) -> None:
        """See to it that `expire` comes when a line will have waited too long."""
        deadline = self._scheduler.line_deadline()
        self._watched = deadline is not None
        self._agenda.set(("lines", ""), deadline)

    def _tell(
        self, job: LineJob, values: tuple[float, ...], top: int, done: Done, now: float
    ) -> None:
        event = wire.Emotion(
            seq=0,
            character=job.character[1],
            line=job.line,
            scores=values,
            top=self._emotions.names[top],
            intensity=round(intensity(values, self._emotions.neutral), 4),
            final=not job.partial,
            spans_ms=_spans(job, done, now),
        )
        character = self._characters.get(job.character)
        for session_id in self._audience(job, character):
            session = self._post.sessions.get(session_id)
            if session is not None:
                reads = _reads(session, job)
                self._post.event(
                    session, structs.replace(event, text=job.shown) if reads else event
                )
        self._metrics.count("lines", "partial" if job.partial else "final")
        self._metrics.observe("line_seconds", now - job.arrived)
        self._metrics.observe("queue_seconds", done.started - job.queued)
        self._spans.answered(job, done, now)
        if job.record is not None:
            self._keep(job, job.record, event, now)

    def _top(self, job: LineJob, scores: ScoresLike, values: tuple[float, ...]) -> int:
        """The line's emotion; that of a line being typed does not follow every syllable."""
        key = (job.session, job.character, job.line)
        if job.partial:
            return self._typed.grow(key, values)
        self._typed.finish(key)
        return scores.top

    def _record(self, session: Session, character: Character, line: wire.Line) -> Record | None:
        """How to keep a line; partial lines are not kept."""
        mode = self._history.mode(session.history, character.history)
        if mode == "off" or line.partial:
            return None
        return Record(session.group, session.client, mode == "text")

    def _keep(self, job: LineJob, record: Record, event: wire.Emotion, now: float) -> None:
        moment = Moment(
            at=now,
            owner=record.owner,
            character=event.character,
            speaker=record.speaker,
            scores=event.scores,
            top=event.top,
            intensity=event.intensity,
            text=job.shown if record.text else None,
        )
        self.moments.append(moment)

    @staticmethod
    def _audience(job: LineJob, character: Character | None) -> Iterable[str]:
        """Who sent the line comes first, then who watches the character."""
        watchers = set() if character is None else character.watchers
        return (job.session, *(watcher for watcher in watchers if watcher != job.session))


def _answers(done: Done) -> Iterator[tuple[LineJob, ScoresLike | Failed]]:
    assert isinstance(done.work, Classify)
    return zip(done.work.jobs, cast("Sequence[ScoresLike | Failed]", done.results), strict=True)


def _refusal(failed: Failed, ref: str) -> Refusal:
    retry_ms = _RETRY_MS if CODES[failed.code].retry else None
    return Refusal(failed.code, failed.message, ref=ref, retry_ms=retry_ms)


def _reads(session: Session, job: LineJob) -> bool:
    """Whether a session asked for the texts of this very character's lines."""
    watch = session.watches.get(job.character[1])
    return watch is not None and watch.key == job.character and watch.text


def _spans(job: LineJob, done: Done, now: float) -> dict[str, float]:
    """Milliseconds in each stage: until queued, waiting, in the engine, and back to the loop."""
    spans = {
        "receive": job.queued - job.arrived,
        "queue": done.started - job.queued,
        "classify": done.finished - done.started,
        "deliver": now - done.finished,
    }
    return {name: round(max(0.0, seconds) * 1000, 3) for name, seconds in spans.items()}
