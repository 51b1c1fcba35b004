"""Lines and faces that the engine ended over, so that none of them ends it again and again.

Whatever is under way when a worker ends is suspected, and goes to the engine alone from then on:
what ends it then was the cause. One that has ended it `blames` times is quarantined, that is,
refused before it reaches the engine: for `quarantine_s` at first, twice as long each time it is
tried after that and ends the engine again, `LONGEST_S` at most.

A blame may be wrong. What was in a batch with others is cleared by the next success. What crashed
or hung alone is not, since it may work most of the time; that is forgotten after `MEMORY_S`. A kill
from outside is nobody's fault.

Lines are known by their text, pictures and faces by their content, all of them hashed.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from emopic_server.core.work import Done, Failed, FrameJob, LineJob, Register, RegisterJob, Work
from emopic_server.errors import Refusal

Job: TypeAlias = LineJob | RegisterJob | FrameJob
Key: TypeAlias = tuple[str, str]
"""What a job is about: `line`, `picture` or `face`, and which."""

MEMORY_S: Final = 600.0
LONGEST_S: Final = 3600.0
_MOST: Final = 1024  # records; of more, the oldest go
OUTSIDE: Final = "killed"
"""The reason for an end that says nothing about the work: somebody sent SIGKILL."""


@dataclass(frozen=True)
class Rule:
    """After how many ends of the engine what was under way is refused, and for how long at first.

    Seconds.
    """

    blames: int = 2
    quarantine_s: float = 60.0


@dataclass(slots=True)
class _Record:
    """`doubts` of the `blames` may be wrong. `until` is the end of the last quarantine."""

    blames: int = 0
    doubts: int = 0
    terms: int = 0
    last: float = 0.0
    until: float = 0.0


class Quarantine:
    """See the module. Costs nothing while nothing is suspected."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._records: OrderedDict[Key, _Record] = OrderedDict()
        self._accused: dict[int, tuple[Key, ...]] = {}

    def suspects(self, job: Job) -> bool:
        """Whether a job has to be alone with the engine."""
        return bool(self._records) and key_of(job) in self._records

    def holds(self, job: Job, now: float) -> bool:
        """Whether a job is quarantined."""
        if not self._records:
            return False
        key = key_of(job)
        record = self._records.get(key)
        if record is not None and now > max(record.last, record.until) + MEMORY_S:
            del self._records[key]
        return record is not None and now < record.until

    def check(self, job: Job, now: float) -> None:
        """Raise `Refusal` for a job that is quarantined."""
        if self.holds(job, now):
            refused = refusal(job)
            raise Refusal(refused.code, refused.message)

    @property
    def held(self) -> int:
        """How many lines and faces are remembered, quarantined or suspected."""
        return len(self._records)

    def finished(self, done: Done, worker: int) -> None:
        """Work has come back: done, or with the end of its worker, of which `judge` will tell."""
        if done.ended:
            self._accused[worker] = tuple(dict.fromkeys(map(key_of, jobs_of(done.work))))
        elif self._records:
            for job in jobs_of(done.work):
                self._clear(key_of(job))

    def judge(self, worker: int, reason: str, now: float) -> int:
        """A worker has ended, `reason` in one word: how many jobs are quarantined from now on."""
        accused = self._accused.pop(worker, ())
        if reason == OUTSIDE:
            return 0
        return sum(self._blame(key, len(accused) == 1, now) for key in accused)

    def _blame(self, key: Key, alone: bool, now: float) -> bool:
        record = self._records.setdefault(key, _Record())
        self._records.move_to_end(key)
        if len(self._records) > _MOST:
            self._records.popitem(last=False)
        record.blames += 1
        record.doubts += not alone
        record.last = now
        if not alone or record.blames < self._rule.blames:
            return False
        record.until = now + min(LONGEST_S, self._rule.quarantine_s * 2.0**record.terms)
        record.terms += 1
        return True

    def _clear(self, key: Key) -> None:
        record = self._records.get(key)
        if record is None:
            return
        record.blames -= record.doubts
        record.doubts = 0
        if record.blames == 0:
            del self._records[key]


def refusal(job: Job) -> Failed:
    """What a quarantined job gets."""
    what = "line" if isinstance(job, LineJob) else "face"
    message = f"this {what} has ended the engine more than once and is not tried for a while"
    return Failed("quarantined", message)


def jobs_of(work: Work) -> Sequence[Job]:
    """The jobs of a piece of work."""
    return (work.job,) if isinstance(work, Register) else work.jobs


def key_of(job: Job) -> Key:
    """What a job is about. Two jobs with one key do the same to the engine."""
    match job:
        case LineJob(text=text):
            return "line", _digest(text.encode())
        case RegisterJob(builtin=str(name)):
            return "picture", name
        case RegisterJob(picture=picture):
            return "picture", _digest(picture or b"")
        case FrameJob(face=face):
            return "face", face.key


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
