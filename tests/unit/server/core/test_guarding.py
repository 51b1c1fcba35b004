"""Profane lines: what each mode does, and who decides which mode a session has."""

from __future__ import annotations

import pytest
from tests.unit.server.core.bench import SMALL, Bench, line, of, put

from emopic_client import wire

SWEARING = "아 젠장 졌다"


def speak(mode: wire.GuardMode, *lines: wire.Line) -> tuple[Bench, int]:
    """A session in `mode` that has spoken `lines`, and watches with texts."""
    bench = Bench()
    connection = bench.open(guard=mode)
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL, text=True))
    bench.settle()
    bench.read(connection)
    bench.send(connection, *lines)
    bench.settle()
    return bench, connection


def test_off_lets_everything_through() -> None:
    bench, connection = speak("off", line("1", SWEARING))
    (emotion,) = of(wire.Emotion, bench.read(connection))
    assert emotion.text == SWEARING
    assert bench.hub.metrics.counters["lines_profane"] == {}


def test_a_masked_line_moves_the_face_and_hides_the_word() -> None:
    bench, connection = speak("mask", line("1", SWEARING))
    messages = bench.read(connection)
    (emotion,) = of(wire.Emotion, messages)
    assert emotion.text == "아 ** 졌다"
    assert emotion.top == "joy"
    assert of(wire.Frame, messages)
    assert not of(wire.Error, messages)
    assert bench.hub.metrics.counters["lines_profane"] == {"mask": 1}


def test_a_refused_line_asks_to_type_again_and_moves_nothing() -> None:
    bench, connection = speak("refuse", line("1", SWEARING))
    messages = bench.read(connection)
    (notice,), (error,) = of(wire.Notice, messages), of(wire.Error, messages)
    assert (notice.code, notice.character, notice.line) == ("type_again", "a", "1")
    assert "다시 입력해 주세요" in notice.text
    assert "please type again" in notice.text
    assert (error.code, error.fault, error.ref) == ("line_profane", "client", "1")
    assert not of(wire.Emotion, messages)
    bench.run(5.0)
    assert not of(wire.Frame, bench.read(connection))


def test_a_partial_line_is_passed_over_until_the_word_is_gone() -> None:
    bench, connection = speak("refuse", line("1", SWEARING, partial=True))
    assert bench.read(connection) == []
    bench.send(connection, line("1", "아 졌다"))
    bench.settle()
    (emotion,) = of(wire.Emotion, bench.read(connection))
    assert emotion.text == "아 졌다"


def test_a_clean_line_is_not_touched() -> None:
    bench, connection = speak("refuse", line("1", "기쁘다"))
    assert of(wire.Emotion, bench.read(connection))


def test_only_what_remains_of_a_cut_line_is_judged() -> None:
    bench = Bench(limits=wire.Limits(line_chars=2))
    connection = bench.open(guard="refuse")
    bench.send(connection, put(), line("1", "좋다 젠장", cut=True))
    bench.settle()
    messages = bench.read(connection)
    assert of(wire.Emotion, messages)
    assert [notice.code for notice in of(wire.Notice, messages)] == ["line_cut"]


@pytest.mark.parametrize(
    ("least", "wanted", "real"),
    [
        ("off", None, "off"),
        ("off", "mask", "mask"),
        ("mask", None, "mask"),
        ("mask", "off", "mask"),
        ("mask", "refuse", "refuse"),
        ("refuse", "mask", "refuse"),
    ],
)
def test_a_client_may_be_stricter_than_the_server_but_not_laxer(
    least: wire.GuardMode, wanted: wire.GuardMode | None, real: wire.GuardMode
) -> None:
    bench = Bench(guard=least)
    (ready,) = of(wire.Ready, bench.read(bench.open(guard=wanted)))
    assert ready.guard == real


def test_modes_are_per_session() -> None:
    bench = Bench()
    strict, lax = bench.open(guard="refuse"), bench.open()
    bench.send(strict, put(shared=True))
    bench.settle()
    bench.send(strict, line("1", SWEARING))
    bench.send(lax, line("2", SWEARING))
    bench.settle()
    assert [event.line for event in of(wire.Emotion, bench.read(lax))] == ["2"]


def test_a_resumed_session_keeps_its_mode() -> None:
    bench, connection = speak("refuse")
    bench.hub.disconnect(connection, bench.now)
    again = bench.open(resume=wire.Resume(session="session-1", seq=1))
    (ready,) = of(wire.Ready, bench.read(again))
    assert (ready.resumed, ready.guard) == (True, "refuse")
    bench.send(again, line("1", SWEARING))
    assert [error.code for error in of(wire.Error, bench.read(again))] == ["line_profane"]
