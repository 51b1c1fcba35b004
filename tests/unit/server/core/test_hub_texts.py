"""Who gets the text of a line with its emotion: those who watch that character and asked for it."""

from __future__ import annotations

from tests.unit.server.core.bench import Bench, line, of, put

from emopic_client import wire

SECRET = "비밀이야, 정말 기뻐"


def texts(bench: Bench, connection: int) -> list[str | None]:
    return [event.text for event in of(wire.Emotion, bench.read(connection))]


def test_a_watcher_who_asked_gets_the_text_and_others_do_not() -> None:
    bench = Bench()
    sender, asking, plain = bench.open(), bench.open(), bench.open()
    bench.send(sender, put(shared=True))
    bench.settle()
    bench.send(asking, wire.Watch(character="a", text=True))
    bench.send(plain, wire.Watch(character="a"))
    bench.send(sender, line("1", SECRET, partial=True))
    bench.settle()
    bench.send(sender, line("1", SECRET))
    bench.settle()
    assert texts(bench, asking) == [SECRET, SECRET]
    assert texts(bench, plain) == [None, None]
    assert texts(bench, sender) == [None, None]


def test_a_second_watch_takes_the_text_away() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", text=True))
    bench.settle()
    bench.send(connection, line("1", SECRET))
    bench.settle()
    bench.send(connection, wire.Watch(character="a"), line("2", SECRET))
    bench.settle()
    assert texts(bench, connection) == [SECRET, None]


def test_the_text_is_the_line_as_it_was_understood() -> None:
    bench = Bench(limits=wire.Limits(line_chars=3))
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", text=True))
    bench.send(connection, line("1", "네글자다", cut=True))
    bench.settle()
    assert texts(bench, connection) == ["네글자"]


def test_a_private_character_of_the_same_name_tells_nobody_else() -> None:
    bench = Bench()
    one, two = bench.open(), bench.open()
    bench.send(one, put(), wire.Watch(character="a", text=True))
    bench.send(two, put(), wire.Watch(character="a", text=True))
    bench.settle()
    bench.send(one, line("1", SECRET))
    bench.settle()
    assert texts(bench, one) == [SECRET]
    assert texts(bench, two) == []


def test_a_sender_that_watches_another_of_this_name_is_not_told_by_mistake() -> None:
    """It said the line to the shared one, then put its own; the answer comes without a text."""
    bench = Bench()
    one, two = bench.open(), bench.open()
    bench.send(one, put(shared=True))
    bench.settle()
    bench.send(two, wire.Watch(character="a", text=True), line("1", SECRET), put())
    bench.settle()
    assert texts(bench, two) == [None]


def test_a_resume_brings_the_text_again() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", text=True))
    bench.settle()
    bench.send(connection, line("1", SECRET))
    bench.hub.disconnect(connection, bench.now)
    bench.settle()
    again = bench.open(resume=wire.Resume(session="session-1", seq=1))
    assert texts(bench, again) == [SECRET]


def test_no_counter_or_name_holds_a_text() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", text=True), line("1", SECRET))
    bench.settle()
    metrics = bench.hub.metrics
    assert SECRET not in f"{metrics.counters} {metrics.histograms}"
