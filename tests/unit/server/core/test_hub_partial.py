"""A line that is still being typed: its emotion and its face do not follow every syllable."""

from __future__ import annotations

from tests.unit.server.core.bench import SMALL, Bench, line, of, put

from emopic_client import wire


def spoken(bench: Bench, connection: int) -> list[tuple[str, bool]]:
    return [(event.top, event.final) for event in of(wire.Emotion, bench.read(connection))]


def watching(bench: Bench) -> int:
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL))
    bench.settle()
    bench.read(connection)
    bench.rendered.clear()
    return connection


def test_an_unsure_beginning_stays_neutral_and_moves_no_face() -> None:
    bench = Bench()
    connection = watching(bench)
    bench.send(connection, line("1", "오늘?", partial=True))
    bench.settle()
    assert spoken(bench, connection) == [("neutral", False)]
    assert bench.rendered == []


def test_the_finished_line_is_answered_as_it_is() -> None:
    bench = Bench()
    connection = watching(bench)
    bench.send(connection, line("1", "오늘?", partial=True))
    bench.settle()
    bench.send(connection, line("1", "오늘 좋아?"))
    bench.settle()
    assert spoken(bench, connection) == [("neutral", False), ("joy", True)]
    assert bench.rendered, "the face moves"


def test_a_sure_beginning_is_followed_at_once() -> None:
    bench = Bench()
    connection = watching(bench)
    bench.send(connection, line("1", "너무 좋아", partial=True))
    bench.settle()
    assert spoken(bench, connection) == [("joy", False)]
    assert bench.rendered
