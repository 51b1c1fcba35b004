"""Who is heavy, having used much more of the engine than others, and what comes of it."""

from __future__ import annotations

from tests.property.test_scheduler import frame

from emopic_server.core.company import COMPANY_S, Company
from emopic_server.core.scheduler import Bounds, Scheduler
from emopic_server.core.work import Classify, LineJob, Render


def line(session: str, number: int, now: float = 0.0) -> LineJob:
    text = f"{session}{number}"
    return LineJob(session, (session, "a"), text, text, False, now, now, text)


def after(lines: dict[str, int], seconds: float = 0.01) -> Company:
    """A company whose sessions have had so many lines, of so many seconds each."""
    company = Company()
    for session, count in lines.items():
        company.heard(session, 1.0)
        for _ in range(count):
            company.used([session], seconds, 1.0)
    return company


def test_one_who_has_used_much_more_is_heavy() -> None:
    company = after({"flood": 100, "a": 1, "b": 2, "c": 0})
    assert company.heavy(["flood", "a", "b", "stranger"], 1.0) == {"flood"}


def test_a_few_lines_and_four_times_as_many_make_nobody_heavy() -> None:
    assert after({"a": 2, "b": 0}).heavy("ab", 1.0) == frozenset()
    assert after({"a": 80, "b": 20}).heavy("ab", 1.0) == frozenset()


def test_newcomers_do_not_make_all_others_heavy() -> None:
    talkers = {f"s{number}": 50 for number in range(9)} | {"new": 0}
    assert after(talkers).heavy(talkers, 1.0) == frozenset()


def test_what_was_long_ago_counts_less_and_who_is_silent_is_not_there() -> None:
    company = after({"flood": 100, "a": 1})
    assert company.heavy(["flood"], 1.0) == {"flood"}
    assert company.heavy(["flood"], 60.0) == frozenset()
    company.heard("a", 1.0 + 2 * COMPANY_S)
    assert len(company) == 1


def test_who_is_gone_is_no_company_but_what_it_used_is_not_forgotten() -> None:
    company = after({"flood": 100, "a": 1, "gone": 0})
    company.part("gone")
    company.part("stranger")
    assert len(company) == 2
    company.part("flood")
    assert len(company) == 1
    company.heard("flood", 1.5)
    assert len(company) == 2
    assert company.heavy(["flood"], 1.5) == {"flood"}
    company.part("a")
    company.heard("b", 1.0 + 2 * COMPANY_S)
    assert len(company) == 1, "nobody else has talked lately, connected or not"


def test_beside_one_who_is_gone_batches_are_as_large_as_alone() -> None:
    scheduler = flooded(Bounds(), (0.0, 0.01))
    scheduler.part("a")
    for number in range(3):
        scheduler.put_line(line("flood", number, 1.0))
    assert batches(scheduler, 1.0) == [["flood"] * 3]


def flooded(bounds: Bounds, costs: tuple[float, float]) -> Scheduler:
    """A scheduler that knows what lines cost, that `flood` is heavy, and that others are there."""
    scheduler = Scheduler(bounds)
    fixed, each = costs
    for number in range(12):
        lines = [line("flood", 100 * number + k) for k in range(1 + number % 3)]
        for job in (line("a", number), *lines):
            scheduler.put_line(job)
        scheduler.take(now=0.0)
        for size in (1, len(lines)):
            scheduler.spent(Classify(tuple(lines[:size])), fixed + each * size, now=0.0)
    while scheduler.take(now=0.0):
        pass
    return scheduler


def batches(scheduler: Scheduler, now: float) -> list[list[str]]:
    found = []
    while isinstance(work := scheduler.take(now=now), Classify):
        found.append([job.session for job in work.jobs])
    return found


def test_lines_of_others_go_first_and_alone_where_each_line_costs_as_much() -> None:
    scheduler = flooded(Bounds(), (0.0, 0.01))
    for number in range(3):
        scheduler.put_line(line("flood", number, 1.0))
    scheduler.put_line(line("a", 1, 1.0))
    scheduler.put_line(line("b", 2, 1.0))
    assert batches(scheduler, 1.0) == [["a", "b"], ["flood"], ["flood"], ["flood"]]


def test_lines_of_a_flood_ride_along_where_they_cost_next_to_nothing() -> None:
    scheduler = flooded(Bounds(), (0.05, 0.001))
    for number in range(3):
        scheduler.put_line(line("flood", number, 1.0))
    scheduler.put_line(line("a", 1, 1.0))
    assert batches(scheduler, 1.0) == [["a", "flood", "flood", "flood"]]


def test_lines_of_a_flood_and_frames_take_turns() -> None:
    scheduler = flooded(Bounds(frame_batch=1), (0.0, 0.01))
    for number in range(3):
        scheduler.put_line(line("flood", number, 1.0))
        scheduler.put_frame(frame("b", number, 1), urgent=number == 2, now=1.0)
    kinds = []
    while (work := scheduler.take(now=1.0)) is not None:
        kinds.append(work.jobs[0].view if isinstance(work, Render) else "line")
    assert kinds == [2, "line", 0, "line", 1, "line"], "the last batch before was of the flood"
