"""Large pictures beside the socket: laid down, taken up, and what does not fit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emopic_server.io.hosting import messages
from emopic_server.io.hosting.tray import LARGE, SIZE, Tray, tray_file


@pytest.fixture
def sides() -> Iterator[tuple[Tray, Tray]]:
    """The process's and the server's."""
    with tray_file() as file:
        theirs, ours = Tray.over(file), Tray.over(file)
    yield theirs, ours
    theirs.close()
    ours.close()


def drawn(data: bytes) -> messages.Drawn:
    return messages.Drawn(data, 8, 8, None, 0.5)


def pictures(outcomes: list[messages.Outcome]) -> list[object]:
    return [outcome.data for outcome in outcomes if isinstance(outcome, messages.Drawn)]


def test_large_pictures_come_through_the_shared_memory(sides: tuple[Tray, Tray]) -> None:
    theirs, ours = sides
    sent = [drawn(b"a" * LARGE), messages.Refused("x", "y"), drawn(b"b" * (LARGE + 7))]
    laid = theirs.laid(sent)
    assert pictures(laid) == [messages.Place(0, LARGE), messages.Place(LARGE, LARGE + 7)]
    assert [ours.taken(outcome) for outcome in laid] == sent


def test_small_pictures_travel(sides: tuple[Tray, Tray]) -> None:
    sent = [drawn(b"a" * (LARGE - 1)), messages.Felt((1.0,), 0, 1.0)]
    assert sides[0].laid(sent) == sent


def test_what_there_is_no_room_for_travels(sides: tuple[Tray, Tray]) -> None:
    theirs, ours = sides
    sent = [drawn(b"a" * (SIZE - LARGE)), drawn(b"b" * (LARGE + 1)), drawn(b"c" * LARGE)]
    laid = theirs.laid(sent)
    assert pictures(laid)[1] == sent[1].data
    assert [ours.taken(outcome) for outcome in laid] == sent


def test_the_next_answer_takes_the_same_room(sides: tuple[Tray, Tray]) -> None:
    theirs, ours = sides
    first = ours.taken(theirs.laid([drawn(b"a" * LARGE)])[0])
    theirs.laid([drawn(b"b" * LARGE)])
    assert first == drawn(b"a" * LARGE), "what was taken up stays as it was"


@pytest.mark.parametrize("place", [(-1, 10), (SIZE, 1), (0, SIZE + 1), (5, -1)])
def test_a_place_outside_is_refused(sides: tuple[Tray, Tray], place: tuple[int, int]) -> None:
    lost = messages.Drawn(messages.Place(*place), 8, 8, None)
    with pytest.raises(ValueError, match="no picture can lie"):
        sides[1].taken(lost)
