"""What is due when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emopic_server.core.agenda import Agenda


def test_the_earliest_comes_first() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.set("b", 2.0)
    agenda.set("a", 1.0)
    assert agenda.next() == 1.0
    assert agenda.pop(0.5) is None
    assert [agenda.pop(3.0), agenda.pop(3.0), agenda.pop(3.0)] == ["a", "b", None]


def test_moving_and_cancelling() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.set("a", 1.0)
    agenda.set("b", 2.0)
    agenda.set("a", 3.0)
    assert agenda.next() == 2.0
    agenda.set("b", None)
    assert agenda.next() == 3.0
    agenda.set("a", None)
    assert agenda.next() is None
    assert len(agenda) == 0


CHANGES = st.lists(
    st.tuples(st.integers(0, 9), st.one_of(st.none(), st.floats(0, 100))), max_size=400
)


@given(CHANGES)
def test_it_is_a_sorted_dictionary(changes: list[tuple[int, float | None]]) -> None:
    agenda: Agenda[int] = Agenda()
    model: dict[int, float] = {}
    for key, when in changes:
        agenda.set(key, when)
        model.pop(key, None)
        if when is not None:
            model[key] = when
        assert agenda.next() == (min(model.values()) if model else None)
    order = []
    while (due := agenda.pop(100.0)) is not None:
        order.append(model.pop(due))
    assert order == sorted(order)
    assert model == {}
