"""Which lines are kept for the history, and what of them."""

from __future__ import annotations

import pytest
from tests.unit.server.core.bench import JOY, Bench, line, of, put

from emopic_client import wire
from emopic_server.core.history import HistoryPolicy, Moment

TEXT = HistoryPolicy("text")
MODES = ("off", "scores", "text", None)


def kept(bench: Bench, session: wire.HistoryMode | None, **character: object) -> list[Moment]:
    connection = bench.open(history=session)
    bench.send(connection, put(**character), line("1", "아 젠장"), line("2", "…", partial=True))
    bench.settle()
    return bench.hub.moments


def test_a_moment_holds_what_the_line_meant() -> None:
    bench = Bench(history=TEXT)
    (moment,) = kept(bench, "text")
    group = next(iter(bench.hub.post.sessions.values())).group
    assert moment == Moment(1000.01, group, "a", "test", JOY, "joy", 0.9, "아 젠장")


@pytest.mark.parametrize(
    ("most", "session", "character", "what"),
    [
        ("off", "text", "text", "off"),
        ("text", None, None, "off"),
        ("text", "scores", None, "scores"),
        ("text", None, "scores", "scores"),
        ("text", "scores", "text", "text"),
        ("text", "text", "off", "text"),
        ("text", "off", "text", "off"),
        ("scores", "text", None, "scores"),
    ],
)
def test_modes(
    most: wire.HistoryMode,
    session: wire.HistoryMode | None,
    character: wire.HistoryMode | None,
    what: wire.HistoryMode,
) -> None:
    moments = kept(Bench(history=HistoryPolicy(most)), session, history=character)
    found = {(): "off", (None,): "scores", ("아 젠장",): "text"}
    assert found[tuple(moment.text for moment in moments)] == what


def test_ready_tells_what_is_kept() -> None:
    bench = Bench(history=HistoryPolicy("scores"))
    for wanted, real in (("text", "scores"), ("off", "off"), (None, "off")):
        (ready,) = of(wire.Ready, bench.read(bench.open(history=wanted)))
        assert ready.history == real


def test_the_text_is_kept_masked() -> None:
    bench = Bench(history=TEXT, guard="mask")
    (moment,) = kept(bench, "text")
    assert moment.text == "아 **"


def test_a_refused_line_is_not_kept() -> None:
    bench = Bench(history=TEXT, guard="refuse")
    assert kept(bench, "text") == []


def test_a_shared_character_keeps_for_all_but_those_who_decline() -> None:
    bench = Bench(history=TEXT)
    owner, talker, shy = bench.open(), bench.open(), bench.open(history="off")
    bench.send(owner, put(shared=True, history="scores"))
    bench.settle()
    bench.send(talker, line("1"))
    bench.send(shy, line("2"))
    bench.settle()
    assert len(bench.hub.moments) == 1


def test_a_line_is_kept_after_its_session_has_ended() -> None:
    bench = Bench(history=TEXT)
    connection = bench.open(history="scores")
    bench.send(connection, put(shared=True), line("1"))
    bench.work()
    work = bench.hub.work()
    bench.hub.disconnect(connection, bench.now)
    assert work is not None
    bench.finish(work)
    assert len(bench.hub.moments) == 1
