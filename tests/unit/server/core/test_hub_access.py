"""Who is let into the hub, and what a read-only token may do."""

from __future__ import annotations

import pytest
from tests.unit.server.core.bench import SMALL, Bench, line, of, put

from emopic_client import wire


@pytest.mark.parametrize("token", [None, "", "secre", "secret2"])
def test_tokens(token: str | None) -> None:
    bench = Bench(tokens=frozenset({"secret", "other"}))
    good, bad = bench.open(token="secret"), bench.open(token=token)
    assert of(wire.Ready, bench.read(good))
    assert of(wire.Bye, bench.read(bad))[0].code == 4002


def test_a_token_is_not_kept() -> None:
    bench = Bench(tokens=frozenset({"secret-token"}))
    connection = bench.open(token="secret-token")
    bench.send(connection, put(shared=True))
    session = bench.hub.post.connections[connection].session
    (character,) = bench.hub.stage.characters
    assert "secret-token" not in f"{session.group} {character.key} {bench.hub.metrics.counters}"


OWN, READER = "the-owners-token", "the-readers-token"


def guarded() -> Bench:
    return Bench(tokens=frozenset({OWN}), readers={READER: OWN})


def test_ready_tells_a_reader_what_it_is() -> None:
    bench = guarded()
    (owner,) = of(wire.Ready, bench.read(bench.open(token=OWN)))
    (reader,) = of(wire.Ready, bench.read(bench.open(token=READER)))
    assert (owner.read_only, reader.read_only) == (False, True)


def test_a_reader_receives_what_the_group_shares() -> None:
    bench = guarded()
    owner, reader = bench.open(token=OWN), bench.open(token=READER)
    bench.send(owner, put(shared=True))
    bench.settle()
    bench.send(reader, wire.Watch(character="a", frames=SMALL), wire.Ping(token="1"))
    bench.send(owner, line("1"))
    bench.settle()
    messages = bench.read(reader)
    assert of(wire.Emotion, messages)
    assert of(wire.Frame, messages)
    assert of(wire.Pong, messages)
    assert of(wire.Error, messages) == []


@pytest.mark.parametrize(
    "message",
    [
        put(),
        put(shared=True),
        wire.CharacterDrop(character="a"),
        line("1"),
        line("1", partial=True),
        wire.Express(character="a", expression={"joy": 1.0}),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_reader_changes_nothing(message: wire.ClientMessage) -> None:
    bench = guarded()
    owner, reader = bench.open(token=OWN), bench.open(token=READER)
    bench.send(owner, put(shared=True))
    bench.settle()
    bench.send(owner, wire.Watch(character="a", blendshapes="vrm1"))
    bench.read(owner)
    bench.read(reader)
    bench.send(reader, message)
    bench.settle()
    (error,) = bench.read(reader)
    assert isinstance(error, wire.Error)
    assert (error.code, error.fault) == ("read_only", "client")
    assert error.ref == ("1" if isinstance(message, wire.Line) else "a")
    assert bench.read(owner) == []
    assert len(bench.hub.stage.characters) == 1


def test_a_reader_does_not_see_private_characters() -> None:
    bench = guarded()
    owner, reader = bench.open(token=OWN), bench.open(token=READER)
    bench.send(owner, put())
    bench.settle()
    bench.send(reader, wire.Watch(character="a", text=True))
    bench.send(owner, line("1"))
    bench.settle()
    messages = bench.read(reader)
    assert [error.code for error in of(wire.Error, messages)] == ["unknown_character"]
    assert of(wire.Emotion, messages) == []


def test_readers_do_not_take_the_places_of_the_others() -> None:
    bench = Bench(
        tokens=frozenset({OWN}),
        readers={READER: OWN},
        limits=wire.Limits(connections_per_token=2),
    )
    readers = [bench.read(bench.open(token=READER)) for _ in range(3)]
    assert [len(of(wire.Ready, messages)) for messages in readers] == [1, 1, 0]
    assert of(wire.Bye, readers[2])[0].code == 4006
    assert of(wire.Ready, bench.read(bench.open(token=OWN)))


@pytest.mark.parametrize(("first", "second"), [(OWN, READER), (READER, OWN)])
def test_a_session_is_resumed_with_the_kind_of_token_it_had(first: str, second: str) -> None:
    bench = guarded()
    connection = bench.open(token=first)
    (ready,) = of(wire.Ready, bench.read(connection))
    bench.hub.disconnect(connection, bench.now)
    resume = wire.Resume(session=ready.session, seq=0)
    (other,) = of(wire.Ready, bench.read(bench.open(token=second, resume=resume)))
    assert not other.resumed
    assert other.session != ready.session
    (again,) = of(wire.Ready, bench.read(bench.open(token=first, resume=resume)))
    assert again.resumed
    assert again.read_only == (first == READER)
