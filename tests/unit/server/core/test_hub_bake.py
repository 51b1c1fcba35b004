"""Rendering ahead of need, seen from outside: when, for whom, and that nothing waits for it."""

from __future__ import annotations

from tests.unit.server.core.bench import SMALL, Bench, line, of, put

from emopic_client import wire
from emopic_server.core.bakery import NOWHERE
from emopic_server.core.work import Classify, Render

BAKE = wire.CharacterOptions(bake=True, transition_ms=0)
WATCH = wire.Watch(character="a", frames=SMALL)


def notices(bench: Bench, connection: int) -> list[str]:
    return [notice.code for notice in of(wire.Notice, bench.read(connection))]


def baking() -> tuple[Bench, int]:
    bench = Bench(atlas_bytes=1_000_000)
    connection = bench.open()
    bench.send(connection, put(options=BAKE), WATCH)
    bench.work()  # the face
    bench.work()  # its first frame
    return bench, connection


def test_what_a_transition_shows_has_been_rendered_before() -> None:
    bench, connection = baking()
    bench.settle()
    assert notices(bench, connection) == ["baking", "baking", "baking", "baked"]
    assert {job.n for job in bench.rendered[1:]} == {NOWHERE}
    rendered = len(bench.rendered)
    for mood in ("joy", "sadness", "surprise"):
        bench.send(connection, wire.Express(character="a", expression={mood: 1.0}))
        (frame,) = of(wire.Frame, bench.read(connection))
        assert frame.cached
    assert len(bench.rendered) == rendered, "no device was asked"


def test_everything_else_goes_first() -> None:
    bench, connection = baking()
    first = bench.hub.work()
    assert isinstance(first, Render)
    assert first.jobs[0].n == NOWHERE
    assert len(first.jobs) == 1, "a line waits for one frame at most"
    bench.send(connection, line("1"))
    bench.finish(first)
    assert isinstance(bench.work(), Classify)
    moved = bench.hub.work()
    assert isinstance(moved, Render)
    assert moved.jobs[0].line == "1"


def test_it_ends_when_nobody_watches_and_when_the_character_is_dropped() -> None:
    for message in (wire.Unwatch(character="a"), wire.CharacterDrop(character="a")):
        bench, connection = baking()
        bench.work()
        bench.send(connection, message)
        assert bench.hub.work() is None
        assert bench.hub.metrics.counters["bakes"] == {"dropped": 1}


def test_another_face_is_baked_anew() -> None:
    bench, connection = baking()
    bench.settle()
    bench.send(connection, wire.CharacterPut(character="a", face=b"new", options=BAKE))
    bench.rendered.clear()
    bench.settle()
    keys = {job.face.key for job in bench.rendered if job.n == NOWHERE}
    assert keys == {"upload"}
    assert bench.hub.metrics.counters["bakes"] == {"finished": 2}


def test_a_late_watcher_is_told_and_the_others_are_not_bothered() -> None:
    bench = Bench(atlas_bytes=1_000_000)
    one, two = bench.open(), bench.open()
    bench.send(one, put(options=BAKE, shared=True), WATCH)
    bench.settle()
    bench.read(one)
    bench.send(two, WATCH)
    bench.settle()
    assert notices(bench, two) == ["baked"]
    assert notices(bench, one) == []


def test_nothing_is_baked_unasked_nor_while_the_server_ends() -> None:
    bench = Bench(atlas_bytes=1_000_000)
    connection = bench.open()
    bench.send(connection, put(), WATCH)
    bench.settle()
    assert len(bench.rendered) == 1
    bench, _ = baking()
    bench.hub.stop_intake()
    assert bench.hub.work() is None
