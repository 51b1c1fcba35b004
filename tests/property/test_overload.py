"""Too much to do, on a simulated clock: who waits, what is dropped, and who is refused."""

from __future__ import annotations

import random

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from tests.property.device import Costs, Simulation, percentile

from emopic_client.wire import Limits
from emopic_server.core.scheduler import Bounds
from emopic_server.core.work import Classify, Render

SEEDS = st.integers(0, 2**32)
COSTS = st.builds(
    Costs,
    fixed=st.floats(0.0005, 0.02),
    each=st.floats(0.0, 0.006),
    frame=st.floats(0.002, 0.02),
)
FEW = settings(max_examples=8, phases=(Phase.explicit, Phase.reuse, Phase.generate))


def poisson(seed: int, rate: float, seconds: float) -> list[float]:
    rng = random.Random(seed)
    times, now = [], 0.0
    while (now := now + rng.expovariate(rate)) < seconds:
        times.append(now)
    return times


def others(simulation: Simulation, seed: int, count: int, rate: float, seconds: float) -> None:
    for number in range(count):
        for when in poisson(seed + number, rate, seconds):
            simulation.say(when, f"other-{number}")


def slowest(alone: float, costs: Costs) -> float:
    """What the others' p99 may be beside a flood: 1.5 times what it is without.

    A batch under way cannot be interrupted. So where the others hardly ever meet and their p99 is
    the time of a bare line, what a batch of the flood may take at most comes on top instead.
    """
    bare = (costs.fixed + costs.each) * Bounds().stretch
    return max(1.5 * alone, alone + bare) + 1e-9


def waits_of_others(simulation: Simulation) -> list[float]:
    return [wait for name, waits in simulation.waits.items() for wait in waits if name != "flood"]


@FEW
@given(SEEDS, COSTS, st.integers(6, 10))
@example(seed=326, costs=Costs(fixed=0.00196, each=2e-5, frame=0.0181), count=7)
def test_a_hundred_times_the_rate_of_others_does_not_slow_them(
    seed: int, costs: Costs, count: int
) -> None:
    """With the limits as they are."""
    limits = Limits()
    seconds, rate = 150.0, 0.8
    p99 = []
    for flood in (False, True):
        simulation = Simulation(costs, limit=(limits.messages_per_minute, limits.messages_burst))
        others(simulation, seed, count, rate, seconds)
        if flood:
            for when in poisson(seed - 1, 100 * rate, seconds):
                simulation.say(when, "flood")
        p99.append(percentile(waits_of_others(simulation.run()), 99))
        assert not [name for name in simulation.refused if name != "flood"]
    assert p99[1] <= slowest(p99[0], costs)


@FEW
@given(SEEDS, COSTS, st.integers(6, 10), st.sampled_from([0.8, 2.0, 4.0]))
def test_without_limits_the_scheduler_alone_is_as_fair(
    seed: int, costs: Costs, count: int, rate: float
) -> None:
    seconds = 60.0 / rate
    p99 = []
    for flood in (False, True):
        simulation = Simulation(costs)
        others(simulation, seed, count, rate, seconds)
        if flood:
            for when in poisson(seed - 1, 100 * rate, seconds):
                simulation.say(when, "flood")
        p99.append(percentile(waits_of_others(simulation.run()), 99))
        assert set(simulation.refused) <= {"flood"}
    assert p99[1] <= slowest(p99[0], costs)
    assert simulation.waits["flood"], "it gets what is left"


@FEW
@given(SEEDS, COSTS, st.integers(2, 6))
@example(seed=620, costs=Costs(fixed=0.0021, each=0.0038, frame=0.0198), views=2)
@example(seed=65747, costs=Costs(fixed=0.0084, each=0.005, frame=0.0133), views=5)
def test_frames_go_on_under_a_flood_of_lines(seed: int, costs: Costs, views: int) -> None:
    """Of the turns that the flood's lines and frames compete for, frames have every second."""
    seconds = 4.0
    simulation = Simulation(costs)
    simulation.say(0.0, "other-0")  # as long as the flood is alone, its batches are full
    others(simulation, seed, 3, 1.0, seconds)
    for when in poisson(seed - 1, min(4 / (costs.fixed + costs.each), 1000.0), seconds):
        simulation.say(when, "flood")
    for view in range(views):
        simulation.watch(view, 60.0, seconds)
    simulation.run()
    rendered = sum(simulation.frames.values()) / seconds
    two = Bounds().frame_batch * costs.frame
    longest = 1.6 * (costs.fixed + costs.each) + two
    assert rendered >= 0.7 * min(views * 60.0, Bounds().frame_batch / longest)


@FEW
@given(SEEDS, COSTS, st.integers(2, 6))
def test_a_flood_without_limits_costs_the_others_two_batches_at_most(
    seed: int, costs: Costs, count: int
) -> None:
    """A line waits for what is under way, and at most for one more, where two come at once."""
    simulation = Simulation(costs)
    seconds = 10.0
    others(simulation, seed, count, 1.0, seconds)
    for when in poisson(seed - 1, min(2 / (costs.fixed + costs.each), 600.0), seconds):
        simulation.say(when, "flood")
    simulation.run()
    warm = 3.0  # seconds, in which it learns what a batch costs
    waits = [
        now - job.queued
        for _, work, now in simulation.served
        if isinstance(work, Classify)
        for job in work.jobs
        if job.session != "flood" and now > warm
    ]
    one = costs.fixed + costs.each
    longest = max(1.6 * one, costs.fixed + costs.each * (count + 1))
    assert max(waits, default=0.0) <= 2 * longest + 1e-6
    assert set(simulation.refused) <= {"flood"}


@FEW
@given(SEEDS, COSTS, st.integers(1, 60), st.sampled_from([15.0, 30.0, 60.0]))
@example(seed=2563102, costs=Costs(fixed=0.0005, each=0.00055, frame=0.0132), views=54, fps=15.0)
def test_frames_fall_before_lines_wait(seed: int, costs: Costs, views: int, fps: float) -> None:
    """However many faces move, a line waits for one batch of frames and for lines before it."""
    bounds = Bounds()
    seconds = 5.0
    simulation = Simulation(costs, bounds)
    rate = 0.3 / (costs.fixed + costs.each)  # lines alone keep the device busy a third of the time
    others(simulation, seed, 5, rate / 5, seconds)
    for view in range(views):
        simulation.watch(view, fps, seconds)
    simulation.run()
    batch = bounds.frame_batch * costs.frame
    # Lines pass frames `patience` times in a row at most.
    quiet = Simulation(costs, bounds)
    others(quiet, seed, 5, rate / 5, seconds)
    quiet.run()
    alone = percentile(waits_of_others(quiet), 95)
    assert percentile(waits_of_others(simulation), 95) <= 3 * (alone + batch)
    assert not simulation.refused
    asked = views * fps
    rendered = sum(simulation.frames.values()) / seconds
    spare = (1 - 0.3) / costs.frame
    assert rendered >= min(asked, spare) * 0.6


@FEW
@given(st.integers(2, 60), st.floats(0.002, 0.05))
def test_faces_share_what_can_be_rendered(views: int, cost: float) -> None:
    """With more asked for than can be done, no view gets much more than twice what another does."""
    seconds, fps = 6.0, 30.0
    simulation = Simulation(Costs(frame=cost))
    for view in range(views):
        simulation.watch(view, fps, seconds)
    simulation.run()
    counts = [simulation.frames[view] for view in range(views)]
    assert max(counts) <= 2 + 2.2 * min(counts)


@FEW
@given(st.integers(1, 80), st.floats(0.002, 0.08))
def test_no_frame_is_rendered_that_has_waited_too_long(views: int, cost: float) -> None:
    bounds = Bounds()
    simulation = Simulation(Costs(frame=cost), bounds)
    for view in range(views):
        simulation.watch(view, 2.0, 6.0)
    simulation.run()
    assert max(simulation.frame_ages) <= bounds.frame_wait_ms / 1000 + 1e-9


@FEW
@given(SEEDS, COSTS, st.integers(20, 60), st.floats(1.2, 4.0))
def test_beyond_the_knee_the_excess_is_refused_and_nothing_else_is_lost(
    seed: int, costs: Costs, sessions: int, excess: float
) -> None:
    """Goodput stays at 90 % of what can be done; every other line gets `busy`, none waits long."""
    bounds = Bounds()
    seconds = 6.0
    most = bounds.line_batch / (costs.fixed + costs.each * bounds.line_batch)
    simulation = Simulation(costs, bounds)
    others(simulation, seed, sessions, min(excess * most, 1500.0) / sessions, seconds)
    sent_rate = min(excess * most, 1500.0)
    simulation.run()
    answered = {name: len(waits) for name, waits in simulation.waits.items()}
    for name, count in simulation.sent.items():
        assert count == answered.get(name, 0) + simulation.refused[name]
    assert sum(answered.values()) / seconds >= 0.9 * min(most, 0.97 * sent_rate)
    longest = max(wait for waits in simulation.waits.values() for wait in waits)
    batch = costs.fixed + costs.each * bounds.line_batch
    assert longest <= bounds.line_wait_ms / 1000 + 2 * batch


@FEW
@given(SEEDS, st.floats(0.5, 6.0))
def test_while_no_worker_works_lines_are_refused_in_time(seed: int, gap: float) -> None:
    """Each line is answered once or refused by its deadline, however long the worker is away."""
    bounds = Bounds()
    simulation = Simulation(bounds=bounds)
    others(simulation, seed, 4, 5.0, 8.0)
    simulation.away(0, 1.0, 1.0 + gap)
    simulation.run()
    for name, count in simulation.sent.items():
        assert count == len(simulation.waits[name]) + simulation.refused[name]
    longest = max(wait for waits in simulation.waits.values() for wait in waits)
    assert longest <= bounds.line_wait_ms / 1000 + 0.5
    late = bounds.line_wait_ms / 1000
    assert bool(sum(simulation.refused.values())) == (gap > late) or abs(gap - late) < 1.0


@FEW
@given(SEEDS, st.integers(2, 4), COSTS)
def test_several_workers_answer_each_session_in_order(
    seed: int, workers: int, costs: Costs
) -> None:
    simulation = Simulation(costs, workers=workers)
    rate = 1.5 * workers / (costs.fixed + costs.each)
    others(simulation, seed, 6, min(rate, 2000.0) / 6, 3.0)
    simulation.away(0, 1.0, 1.5)
    simulation.run()
    for numbers in simulation.order.values():
        assert numbers == sorted(numbers)
    for name, count in simulation.sent.items():
        assert count == len(simulation.waits[name]) + simulation.refused[name]


@FEW
@given(st.integers(2, 4), st.integers(1, 24), st.floats(0.004, 0.02))
def test_several_workers_share_the_faces(workers: int, views: int, cost: float) -> None:
    """When they have settled, faces stay where they are, and no worker has many more of them."""
    simulation = Simulation(Costs(frame=cost), workers=workers)
    for view in range(views):
        simulation.watch(view, 30.0, 12.0)
    simulation.run()
    homes: dict[int, set[int]] = {}
    for worker, work, now in simulation.served:
        if isinstance(work, Render) and now > 8.0:
            for job in work.jobs:
                homes.setdefault(job.view, set()).add(worker)
    assert all(len(home) <= 2 for home in homes.values())
    counts = [sum(worker in home for home in homes.values()) for worker in range(workers)]
    assert max(counts) - min(counts) <= 2
