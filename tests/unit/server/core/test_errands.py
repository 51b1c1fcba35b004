"""Errands of a session: bounded, and forgotten when nobody waits for them any more."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.server.core.bench import Bench, line, of, put

from emopic_client import wire
from emopic_server.core.errands import (
    Errand,
    Errands,
    FaceErrand,
    FoundFace,
    ReadErrand,
    Writing,
)
from emopic_server.core.work import Failed
from emopic_server.errors import Refusal

URL = "https://example.org/a.png"


def url_put(name: str = "a", **more: Any) -> wire.CharacterPut:
    return wire.CharacterPut(character=name, url=URL, **more)


def take(bench: Bench) -> Errand:
    errand = bench.hub.errands.take()
    assert errand is not None
    return errand


def codes(bench: Bench, connection: int) -> list[str]:
    return [error.code for error in of(wire.Error, bench.read(connection))]


def test_a_face_from_the_web_is_registered_like_an_upload() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, url_put())
    errand = take(bench)
    assert isinstance(errand, FaceErrand)
    assert errand.url == URL
    assert bench.hub.work() is None, "nothing for the engine yet"
    bench.hub.ran(errand, FoundFace(b"picture", page=False), bench.now)
    bench.settle()
    (ready,) = of(wire.CharacterReady, bench.read(connection))
    assert ready.character == "a"


def test_a_page_is_registered_as_a_portrait() -> None:
    bench = Bench()
    bench.send(bench.open(), url_put())
    bench.hub.ran(take(bench), FoundFace(b"page", page=True), bench.now)
    work = bench.hub.work()
    assert work is not None
    assert work.job.portrait  # type: ignore[union-attr]


def test_lines_go_by_while_a_face_is_fetched() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, url_put(), line("1"))
    bench.settle()
    assert of(wire.Emotion, bench.read(connection))


def test_a_failure_is_told_and_the_character_is_dropped() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, url_put())
    bench.hub.ran(take(bench), Failed("address_refused", "not public"), bench.now)
    messages = bench.read(connection)
    (error,) = of(wire.Error, messages)
    assert (error.code, error.ref, error.fault) == ("address_refused", "a", "client")
    bench.send(connection, wire.Watch(character="a"))
    assert codes(bench, connection) == ["unknown_character"]


def test_a_failure_keeps_the_face_there_was() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put())
    bench.settle()
    bench.send(connection, url_put())
    bench.hub.ran(take(bench), Failed("fetch_failed", "no"), bench.now)
    bench.read(connection)
    bench.send(connection, line("1"))
    bench.settle()
    assert of(wire.Emotion, bench.read(connection))


def test_what_was_overtaken_or_dropped_is_forgotten() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, url_put())
    first = take(bench)
    bench.send(connection, put())
    bench.settle()
    bench.read(connection)
    bench.hub.ran(first, FoundFace(b"late", page=False), bench.now)
    assert bench.hub.work() is None
    bench.send(connection, url_put("b"))
    second = take(bench)
    bench.send(connection, wire.CharacterDrop(character="b"))
    bench.hub.ran(second, FoundFace(b"late", page=False), bench.now)
    assert bench.hub.work() is None


def test_a_picture_is_read_for_who_asked_and_is_no_line() -> None:
    bench = Bench()
    connection, other = bench.open(), bench.open()
    bench.send(connection, put(), wire.Read(id="r1", picture=b"picture"))
    bench.settle()
    errand = take(bench)
    assert isinstance(errand, ReadErrand)
    bench.hub.ran(errand, Writing("좋아요" * 400, 0.75), bench.now)
    messages = bench.read(connection)
    (reading,) = of(wire.Reading, messages)
    assert (reading.id, reading.confidence, len(reading.text)) == ("r1", 0.75, 500)
    assert of(wire.Emotion, messages) == []
    assert of(wire.Reading, bench.read(other)) == []
    assert bench.hub.work() is None


def test_a_reading_waits_for_a_session_that_comes_back() -> None:
    bench = Bench()
    connection = bench.open()
    (ready,) = of(wire.Ready, bench.read(connection))
    bench.send(connection, wire.Read(id="r1", picture=b"picture"))
    bench.hub.disconnect(connection, bench.now)
    bench.hub.ran(take(bench), Writing("좋아요", 1.0), bench.now)
    again = bench.open(resume=wire.Resume(session=ready.session, seq=ready.seq))
    assert of(wire.Reading, bench.read(again))[0].text == "좋아요"


def test_a_reading_for_a_session_that_has_ended_is_forgotten() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, wire.Read(id="r1", picture=b"picture"))
    bench.hub.disconnect(connection, bench.now)
    bench.run(100)
    bench.hub.ran(take(bench), Writing("좋아요", 1.0), bench.now)


def test_a_failed_reading_has_the_id_and_says_when_to_try_again() -> None:
    bench = Bench()
    connection = bench.open()
    for number, code in enumerate(("no_text", "service_failed")):
        bench.send(connection, wire.Read(id=f"r{number}", picture=b"picture"))
        bench.hub.ran(take(bench), Failed(code, "no"), bench.now)
    first, second = of(wire.Error, bench.read(connection))
    assert (first.ref, first.retry_ms) == ("r0", None)
    assert second.ref == "r1"
    assert second.retry_ms


def test_too_many_pictures_of_one_session_are_refused() -> None:
    bench = Bench()
    connection, other = bench.open(), bench.open()
    bench.send(connection, *(wire.Read(id=f"r{n}", picture=b"p") for n in range(3)))
    (error,) = of(wire.Error, bench.read(connection))
    assert (error.code, error.ref) == ("busy", "r2")
    bench.send(other, wire.Read(id="x", picture=b"p"))
    assert codes(bench, other) == []
    bench.hub.ran(take(bench), Failed("no_text", "no"), bench.now)
    bench.read(connection)
    bench.send(connection, wire.Read(id="r3", picture=b"p"))
    assert codes(bench, connection) == []


def test_too_many_pictures_in_all_are_refused() -> None:
    errands = Errands(most=2, per_session=2)
    errands.put(ReadErrand("a", "1", b""))
    errands.put(ReadErrand("b", "2", b""))
    with pytest.raises(Refusal, match="too many"):
        errands.put(ReadErrand("c", "3", b""))
    taken = errands.take()
    assert taken is not None
    with pytest.raises(Refusal):
        errands.put(ReadErrand("c", "3", b""))
    errands.done(taken)
    errands.put(ReadErrand("c", "3", b""))


def test_a_picture_over_the_limit_and_a_reader_are_refused() -> None:
    bench = Bench(
        limits=wire.Limits(face_bytes=10),
        tokens=frozenset({"the-owners-token"}),
        readers={"the-readers-token": "the-owners-token"},
    )
    owner, reader = bench.open(token="the-owners-token"), bench.open(token="the-readers-token")
    bench.send(owner, wire.Read(id="r", picture=bytes(11)))
    assert codes(bench, owner) == ["picture_too_large"]
    bench.send(reader, wire.Read(id="r", picture=b"p"), url_put())
    assert codes(bench, reader) == ["read_only", "read_only"]


@pytest.mark.parametrize("more", [{"builtin": "haru"}, {"face": b"x"}])
def test_one_source_of_a_face_only(more: dict[str, Any]) -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, url_put(**more))
    assert codes(bench, connection) == ["bad_field"]
    assert bench.hub.errands.take() is None
