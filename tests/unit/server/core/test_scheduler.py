"""The scheduler's rules, one by one."""

from __future__ import annotations

import pytest
from tests.property.test_scheduler import frame

from emopic_server.core.scheduler import Bounds, FairQueue, Scheduler
from emopic_server.core.work import Classify, LineJob, RegisterJob, Render
from emopic_server.errors import Refusal


def line(session: str, line_id: str, text: str = "", *, partial: bool = False) -> LineJob:
    return LineJob(session, (session, "a"), line_id, text, partial, 0.0, 0.0, text)


def texts(scheduler: Scheduler) -> list[list[str]]:
    batches = []
    while isinstance(work := scheduler.take(), Classify):
        batches.append([job.text for job in work.jobs])
    return batches


def test_a_batch_is_what_waits_up_to_the_limit() -> None:
    scheduler = Scheduler(Bounds(line_batch=2))
    for name in "abc":
        scheduler.put_line(line("s", name, name))
    assert texts(scheduler) == [["a", "b"], ["c"]]
    assert scheduler.take() is None


def test_sessions_take_turns() -> None:
    scheduler = Scheduler(Bounds(line_batch=3))
    for name in ("a1", "a2", "a3"):
        scheduler.put_line(line("a", name, name))
    scheduler.put_line(line("b", "b1", "b1"))
    assert texts(scheduler) == [["a1", "b1", "a2"], ["a3"]]


def test_a_newer_partial_takes_the_place_of_an_older_one() -> None:
    scheduler = Scheduler(Bounds())
    scheduler.put_line(line("s", "1", "ㄱ", partial=True))
    scheduler.put_line(line("s", "2", "other"))
    scheduler.put_line(line("s", "1", "기", partial=True))
    scheduler.put_line(line("s", "1", "기쁘다"))
    assert texts(scheduler) == [["기쁘다", "other"]]
    assert scheduler.replaced_partials == 2


def test_the_same_id_of_another_session_is_another_line() -> None:
    scheduler = Scheduler(Bounds())
    scheduler.put_line(line("a", "1", "a", partial=True))
    scheduler.put_line(line("b", "1", "b"))
    assert texts(scheduler) == [["a", "b"]]


def test_busy_tells_when_to_come_back() -> None:
    scheduler = Scheduler(Bounds(lines=4, line_batch=1, retry_ms=50))
    for number in range(3):
        scheduler.put_line(line("s", str(number)))
    scheduler.spent(Classify(()), 1.0)
    with pytest.raises(Refusal) as caught:
        scheduler.put_line(line("s", "one too many"))
    assert caught.value.code == "busy"
    assert caught.value.retry_ms is not None
    assert caught.value.retry_ms > 500


def test_a_newer_frame_replaces_the_waiting_one() -> None:
    scheduler = Scheduler(Bounds())
    for number in range(3):
        scheduler.put_frame(frame("s", 1, number), urgent=number == 0)
    work = scheduler.take()
    assert isinstance(work, Render)
    assert [job.n for job in work.jobs] == [2]
    assert scheduler.replaced_frames == 2


def test_the_first_frame_of_a_line_goes_before_the_frames_in_between() -> None:
    scheduler = Scheduler(Bounds(frame_batch=1))
    scheduler.put_frame(frame("a", 1, 1), urgent=False)
    scheduler.put_frame(frame("b", 2, 2), urgent=True)
    order = [
        work.jobs[0].n for work in (scheduler.take(), scheduler.take()) if isinstance(work, Render)
    ]
    assert order == [2, 1]


def test_one_face_waits_for_each_character() -> None:
    scheduler = Scheduler(Bounds(uploads=1))
    scheduler.put_register(RegisterJob("s", ("s", "a"), 1, b"1", None))
    scheduler.put_register(RegisterJob("s", ("s", "a"), 2, b"2", None))
    with pytest.raises(Refusal, match="base faces"):
        scheduler.put_register(RegisterJob("s", ("s", "b"), 3, b"3", None))
    assert scheduler.depth("register") == 1
    for name in "bcd":
        scheduler.put_register(RegisterJob("s", ("s", name), 4, None, "haru"))
    assert scheduler.depth("register") == 4, "built-in faces hold no memory"


def test_dropping_a_character_gives_its_lines_back() -> None:
    scheduler = Scheduler(Bounds())
    scheduler.put_line(line("s", "1", "a"))
    scheduler.put_line(line("t", "2", "b"))
    scheduler.put_frame(frame("s", 1, 1), urgent=True)
    assert [job.text for job in scheduler.drop_character(("s", "a"))] == ["a"]
    assert texts(scheduler) == [["b"]]


def test_fair_queue_order() -> None:
    queue: FairQueue[str] = FairQueue()
    for owner, key in (("a", 1), ("a", 2), ("b", 1), ("c", 1)):
        queue.put(owner, key, f"{owner}{key}")
    assert queue.take(2) == ["a1", "b1"]
    assert queue.take(9) == ["c1", "a2"]
    assert len(queue) == 0


def test_busy_owners_keep_their_places() -> None:
    queue: FairQueue[str] = FairQueue()
    for owner, key in (("a", 1), ("b", 1), ("b", 2), ("c", 1), ("a", 2)):
        queue.put(owner, key, f"{owner}{key}")
    assert queue.first(3) == ["a1", "b1", "c1"]
    assert queue.take(9, busy={"a"}) == ["b1", "c1", "b2"]
    assert queue.take(9, busy={"a"}) == []
    assert queue.take(9) == ["a1", "a2"]


def test_a_session_is_with_one_worker_at_a_time() -> None:
    scheduler = Scheduler(Bounds(line_batch=1), workers=2)
    for name in ("1", "2"):
        scheduler.put_line(line("s", name, name))
    first = scheduler.take(0)
    assert isinstance(first, Classify)
    assert scheduler.take(1) is None, "its lines have to be answered in order"
    scheduler.spent(first, 0.01, 0)
    assert isinstance(scheduler.take(1), Classify)


def test_frames_wait_for_the_worker_that_has_their_face_until_it_ends() -> None:
    scheduler = Scheduler(Bounds(), workers=2)
    scheduler.put_frame(frame("s", 1, 1), urgent=True)
    assert scheduler.take(1) is None
    scheduler.away(0, 0.0)
    assert isinstance(scheduler.take(1), Render)


def test_a_batch_is_no_longer_than_others_can_bear() -> None:
    """Where each line costs as much as the first, one who floods gets one line into a batch."""
    scheduler = Scheduler(Bounds(line_batch=8, stretch=1.5))
    for size in (8, 1, 4, 2):
        scheduler.spent(Classify(tuple(line("s", str(n)) for n in range(size))), 0.005 * size)
    for name in "abcdef":
        scheduler.put_line(line("flood", name, name))
    assert len(texts(scheduler)[0]) == 6, "nobody else talks"
    for name in "abcdef":
        scheduler.put_line(line("flood", name, name))
    scheduler.put_line(line("other", "x", "x"))
    assert texts(scheduler) == [["a", "x"], *[[name] for name in "bcdef"]]


def test_on_a_slow_machine_batches_are_smaller() -> None:
    scheduler = Scheduler(Bounds(line_batch=16))
    for size in (16, 1, 4, 8):
        scheduler.spent(Classify(tuple(line("s", str(n)) for n in range(size))), 0.2 * size)
    for number in range(16):
        scheduler.put_line(line("s", str(number), str(number)))
    work = scheduler.take()
    assert isinstance(work, Classify)
    assert len(work.jobs) == 4
