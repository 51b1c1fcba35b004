"""The hub's characters: how long they live, and whom a name means."""

from __future__ import annotations

from tests.unit.server.core.bench import SMALL, Bench, Face, line, of, put

from emopic_client import wire
from emopic_server.core.work import Done, Register


def test_a_session_expires_with_its_characters() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), put("b", shared=True))
    bench.settle()
    bench.hub.disconnect(connection, bench.now)
    bench.run(59.0)
    assert len(bench.hub.stage.characters) == 2
    bench.run(1.1)
    assert [character.id for character in bench.hub.stage.characters] == ["b"]
    bench.run(60.0)
    assert len(bench.hub.stage.characters) == 0
    assert bench.hub.post.sessions == {}


def test_a_watched_shared_character_survives_its_owner() -> None:
    bench = Bench()
    owner, watcher = bench.open(), bench.open()
    bench.send(owner, put(shared=True))
    bench.settle()
    bench.send(watcher, wire.Watch(character="a", frames=SMALL))
    bench.hub.disconnect(owner, bench.now)
    bench.run(200.0)
    assert len(bench.hub.stage.characters) == 1
    bench.send(watcher, wire.Unwatch(character="a"))
    bench.run(59.0)
    assert len(bench.hub.stage.characters) == 1
    bench.run(2.0)
    assert len(bench.hub.stage.characters) == 0


def test_a_name_means_what_the_session_put_last() -> None:
    bench = Bench()
    one, two = bench.open(), bench.open()
    bench.send(one, put(shared=True))
    bench.settle()
    bench.send(two, wire.Watch(character="a", blendshapes="vrm1"))
    bench.send(two, put())
    bench.settle()
    bench.read(two)
    bench.send(one, line("of one"))
    bench.send(two, line("of two"))
    bench.settle()
    assert [event.line for event in of(wire.Emotion, bench.read(two))] == ["of two"]
    bench.send(two, put(shared=True))
    bench.settle()
    messages = bench.read(two)
    assert [event.reason for event in of(wire.CharacterDropped, messages)] == ["replaced"]


def test_a_late_face_is_not_taken_for_a_newer_one() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, wire.CharacterPut(character="a", face=b"old"))
    old = bench.hub.work()
    assert isinstance(old, Register)
    bench.send(connection, wire.CharacterDrop(character="a"))
    bench.send(connection, wire.CharacterPut(character="a", face=b"new"))
    bench.hub.done(Done(old, (Face("old", width=1),), bench.now, bench.now), bench.now)
    bench.settle()
    readies = of(wire.CharacterReady, bench.read(connection))
    assert [ready.width for ready in readies] == [64]


def test_only_a_new_watcher_is_told_that_the_face_is_ready() -> None:
    bench = Bench()
    owner, watcher = bench.open(), bench.open()
    bench.send(owner, put(shared=True))
    bench.settle()
    for options in (SMALL, None, SMALL):
        bench.send(watcher, wire.Watch(character="a", frames=options))
    assert len(of(wire.CharacterReady, bench.read(watcher))) == 1
    bench.send(watcher, wire.Unwatch(character="a"), wire.Watch(character="a"))
    assert len(of(wire.CharacterReady, bench.read(watcher))) == 1, "after unwatch it is new again"
    bench.send(owner, put(shared=True))
    bench.settle()
    assert len(of(wire.CharacterReady, bench.read(watcher))) == 1, "another face is news"
