"""Faces on workers, whatever comes: one home each, on a worker that works, and few moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emopic_server.core.placement import MEMORY_S, SETTLE_S, Faded, Placement

FACES = st.sampled_from([f"face-{n}" for n in range(12)])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), FACES),
        st.tuples(st.just("render"), FACES, st.floats(0.001, 2.0)),
        st.tuples(st.just("down"), st.integers(0, 2)),
        st.tuples(st.just("back"), st.integers(0, 2)),
        st.tuples(st.just("balance")),
        st.tuples(st.just("wait"), st.floats(0.0, 30.0)),
    ),
    max_size=80,
)


@given(STEPS)
def test_a_face_has_one_home_and_that_works(steps: list[tuple[object, ...]]) -> None:
    placement, now = Placement(3), 0.0
    moved: dict[str, float] = {}
    for step in steps:
        match step:
            case ("ask", str(face)):
                home = placement.home(face, now)
                assert home in placement.up or not placement.up
                assert placement.home(face, now) == home
            case ("render", str(face), float(seconds)):
                placement.spent(placement.home(face, now), seconds, [face], now)
            case ("down", int(worker)):
                placement.down(worker)
            case ("back", int(worker)):
                placement.back(worker)
            case ("wait", float(seconds)):
                now += seconds
            case _:
                move = placement.rebalance(now)
                if move is not None:
                    assert {move.source, move.target} <= placement.up
                    assert placement.home(move.face, now) == move.target != move.source
                    assert now >= moved.get(move.face, -SETTLE_S) + SETTLE_S
                    moved[move.face] = now
        assert all(placement.load(worker, now) >= 0 for worker in range(3))


@given(st.lists(st.floats(0.06, 3.0), min_size=1, max_size=12), st.integers(2, 4))
def test_moving_makes_the_busiest_less_busy_and_comes_to_an_end(
    loads: list[float], workers: int
) -> None:
    placement, now = Placement(workers), 0.0
    for worker in range(1, workers):
        placement.down(worker)
    for number, load in enumerate(loads):
        placement.spent(placement.home(str(number), now), load, [str(number)], now)
    for worker in range(1, workers):
        placement.back(worker)
    moves = 0
    while True:
        before = max(placement.load(worker, now) for worker in range(workers))
        move = placement.rebalance(now)
        if move is None:
            break
        moves += 1
        assert max(placement.load(worker, now) for worker in range(workers)) <= before + 1e-9
    assert moves <= len(loads)


@given(st.integers(1, 40), st.integers(1, 4))
def test_new_faces_are_spread(faces: int, workers: int) -> None:
    placement = Placement(workers)
    homes = [placement.home(str(number), 0.0) for number in range(faces)]
    counts = [homes.count(worker) for worker in range(workers)]
    assert max(counts) - min(counts) <= 1


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 20.0)), max_size=30))
def test_a_faded_sum_lies_between_nothing_and_the_sum(amounts: list[tuple[float, float]]) -> None:
    faded, now, total = Faded(), 0.0, 0.0
    for amount, pause in amounts:
        faded.add(amount, now)
        total += amount
        now += pause
        assert 0.0 <= faded.value(now) <= total + 1e-9
    assert faded.value(now + 60 * MEMORY_S) < 1e-6
