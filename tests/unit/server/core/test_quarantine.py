"""Who is suspected when a worker ends, who is cleared, and who is refused from then on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.property.test_scheduler import Face, frame
from tests.unit.server.core.test_scheduler import line, texts

from emopic_server.core.quarantine import MEMORY_S, OUTSIDE, Quarantine, Rule
from emopic_server.core.scheduler import Bounds, Scheduler
from emopic_server.core.work import (
    Classify,
    Done,
    FrameJob,
    LineJob,
    Register,
    RegisterJob,
    Render,
    Work,
)
from emopic_server.errors import Refusal

BAD, GOOD = line("s", "1", "bad"), line("t", "2", "good")


def picture(owner: str, view: int, n: int) -> FrameJob:
    """A frame of a face of its view's own."""
    return replace(frame(owner, view, n), face=Face(f"face-{view}"))


def end(quarantine: Quarantine, work: Work, now: float, reason: str = "exit") -> int:
    """A worker ends over work."""
    quarantine.finished(Done(work, (), now, now, ended=True), 0)
    return quarantine.judge(0, reason, now)


def finish(quarantine: Quarantine, work: Work, now: float = 0.0) -> None:
    quarantine.finished(Done(work, (), now, now), 0)


def test_what_ends_the_engine_twice_alone_is_refused_for_a_while() -> None:
    quarantine = Quarantine(Rule(quarantine_s=60.0))
    assert end(quarantine, Classify((BAD,)), 1.0) == 0
    assert not quarantine.holds(BAD, 1.0)
    assert end(quarantine, Classify((BAD,)), 2.0) == 1
    with pytest.raises(Refusal, match="this line") as caught:
        quarantine.check(line("another", "9", "bad"), 61.9)
    assert caught.value.code == "quarantined"
    assert not quarantine.holds(BAD, 62.0)
    assert not quarantine.holds(GOOD, 3.0)


def test_each_time_it_takes_twice_as_long_up_to_an_hour() -> None:
    quarantine, now, terms = Quarantine(Rule(quarantine_s=60.0)), 0.0, []
    end(quarantine, Classify((BAD,)), now)
    for _ in range(9):
        end(quarantine, Classify((BAD,)), now)
        began = now
        while quarantine.holds(BAD, now):
            now += 30.0
        terms.append(now - began)
    assert terms[:3] == [60.0, 120.0, 240.0]
    assert terms[-1] == 3600.0


def test_in_a_batch_all_are_suspected_and_none_is_refused() -> None:
    quarantine = Quarantine(Rule())
    for now in (1.0, 2.0, 3.0):
        assert end(quarantine, Classify((BAD, GOOD)), now) == 0
    assert quarantine.suspects(BAD)
    assert quarantine.suspects(GOOD)
    assert not quarantine.holds(BAD, 4.0)
    finish(quarantine, Classify((GOOD,)))
    assert not quarantine.suspects(GOOD), "it was not the cause"
    assert end(quarantine, Classify((BAD,)), 5.0) == 1


def test_a_kill_from_outside_is_nobodys_fault() -> None:
    quarantine = Quarantine(Rule())
    for now in range(20):
        assert end(quarantine, Classify((GOOD,)), now, OUTSIDE) == 0
    assert quarantine.held == 0


def test_a_crash_alone_is_remembered_for_a_time_although_it_works_in_between() -> None:
    quarantine = Quarantine(Rule())
    end(quarantine, Classify((BAD,)), 0.0, "hang")
    finish(quarantine, Classify((BAD,)))
    assert end(quarantine, Classify((BAD,)), MEMORY_S, "hang") == 1
    other = Quarantine(Rule())
    end(other, Classify((BAD,)), 0.0, "hang")
    assert not other.holds(BAD, MEMORY_S + 1.0)
    assert other.held == 0


def test_a_worker_that_ends_while_it_has_no_work_accuses_nobody() -> None:
    quarantine = Quarantine(Rule())
    end(quarantine, Classify((BAD,)), 0.0)
    assert quarantine.judge(0, "silent", 1.0) == 0
    assert not quarantine.holds(BAD, 1.0)


def test_faces_are_known_by_their_pictures_and_by_what_was_made_of_them() -> None:
    quarantine = Quarantine(Rule())
    upload = RegisterJob("s", ("s", "a"), 1, b"bad picture", None)
    again = RegisterJob("t", ("t", "b"), 7, b"bad picture", None)
    builtin = RegisterJob("s", ("s", "a"), 2, None, "haru")
    for now in (1.0, 2.0):
        end(quarantine, Register(upload), now)
        end(quarantine, Render((picture("s", 1, 1),)), now)
    assert quarantine.holds(again, 3.0)
    assert not quarantine.holds(builtin, 3.0)
    assert quarantine.holds(picture("t", 1, 9), 3.0), "the same face, for whomever"
    assert not quarantine.holds(picture("s", 2, 1), 3.0)


def test_what_is_remembered_is_bounded() -> None:
    quarantine = Quarantine(Rule())
    for number in range(3000):
        end(quarantine, Classify((line("s", "1", str(number)),)), float(number))
    assert quarantine.held <= 1024


def suspecting(*jobs: LineJob) -> Scheduler:
    quarantine = Quarantine(Rule())
    end(quarantine, Classify((*jobs, line("x", "x", "x"))), 0.0)
    return Scheduler(Bounds(line_batch=8), quarantine=quarantine)


def test_a_suspect_is_alone_in_its_batch_and_keeps_its_turn() -> None:
    scheduler = suspecting(BAD)
    for name in ("a", "b"):
        scheduler.put_line(line("s", name, name))
    scheduler.put_line(line("t", "bad", "bad"))
    scheduler.put_line(line("u", "c", "c"))
    assert texts(scheduler) == [["a"], ["bad"], ["c", "b"]]


def test_a_suspected_frame_is_alone_whatever_its_kind() -> None:
    quarantine = Quarantine(Rule())
    end(quarantine, Render((picture("s", 2, 1), picture("s", 9, 1))), 0.0)
    scheduler = Scheduler(Bounds(frame_batch=4), quarantine=quarantine)
    for view in (1, 2, 3):
        scheduler.put_frame(picture(f"s{view}", view, view), urgent=view == 1)
    batches = []
    while isinstance(work := scheduler.take(), Render):
        batches.append([job.view for job in work.jobs])
    assert batches == [[1], [2], [3]]


def test_what_waits_when_it_is_quarantined_is_taken_out() -> None:
    scheduler = suspecting()
    quarantine = scheduler.quarantine
    upload = RegisterJob("s", ("s", "a"), 1, b"bad", None)
    jobs = (Classify((BAD,)), Register(upload), Render((picture("s", 1, 1),)))
    for job in (BAD, GOOD):
        scheduler.put_line(job)
    scheduler.put_register(upload)
    scheduler.put_frame(picture("s", 1, 1), urgent=True)
    scheduler.put_frame(picture("s", 2, 1), urgent=False)
    for work in jobs:
        end(quarantine, work, 1.0)
        end(quarantine, work, 2.0)
    assert list(map(type, scheduler.withdraw(3.0))) == [Classify, Register, Render]
    assert scheduler.take() == Classify((GOOD,))
    assert scheduler.take() == Render((picture("s", 2, 1),))
    assert scheduler.take() is None
    with pytest.raises(Refusal, match="this face"):
        scheduler.put_register(upload, now=3.0)
