"""Faces that blink and speak, drawn ones, and marked ones, on a simulated clock."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.server.core.bench import SMALL, Bench, Face, line, of, put

from emopic_client import wire
from emopic_engine.face.sprite_files import read_zip
from emopic_server.core.work import FaceLike, Failed, Register, RegisterJob

REST = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
BOTH = ("blink", "mouth_open")
DRAWN = Face("drawn", kind="sprites", source="found", channels=("blink",), pictures={"joy": "joy"})
PNG = b"\x89PNG\r\n\x1a\n"


def register(bench: Bench, face: FaceLike | Failed) -> RegisterJob:
    """Answer the waiting registration."""
    work = bench.hub.work()
    assert isinstance(work, Register)
    bench.hub.stage.registered(work.job, face, bench.now)
    return work.job


def watched(bench: Bench, face: Face, frames: wire.FrameOptions = SMALL, **options: Any) -> int:
    """A connection that watches a character with this face."""
    connection = bench.open()
    character = wire.CharacterPut(character="a", face=PNG, options=wire.CharacterOptions(**options))
    bench.send(connection, character)
    register(bench, face)
    bench.send(connection, wire.Watch(character="a", frames=frames))
    bench.settle()
    bench.run(1.0)
    bench.read(connection)
    return connection


def frames(bench: Bench, connection: int) -> list[wire.Frame]:
    return of(wire.Frame, bench.read(connection))


def all_frames(bench: Bench, connection: int, seconds: float) -> list[wire.Frame]:
    """Read as often as a client would."""
    found = []
    for _ in range(round(seconds * 100)):
        bench.run(0.01)
        found += frames(bench, connection)
    return found


def test_a_face_at_rest_sends_nothing_unless_it_is_asked_to_blink() -> None:
    bench = Bench()
    connection = watched(bench, Face("f", channels=BOTH))
    bench.run(60.0)
    assert frames(bench, connection) == []
    assert bench.hub.deadline() is None


def test_a_face_that_blinks_sends_its_blinks_and_nothing_between() -> None:
    bench = Bench()
    connection = watched(bench, Face("f", channels=BOTH), blink=True)
    found = all_frames(bench, connection, 30.0)
    assert {frame.expression for frame in found} == {REST}
    assert max(frame.blink for frame in found) == 1.0
    assert found[-1].mouth_open == 0
    closed = sum(a.blink == 0 < b.blink for a, b in zip([*found[:1], *found], found, strict=False))
    assert 5 <= closed <= 20
    assert len(found) <= 9 * (closed + 1)
    assert all(len(job.expression) in (6, 8) for job in bench.rendered)


def test_no_frame_is_made_for_nobody() -> None:
    bench = Bench()
    connection = watched(bench, Face("f", channels=BOTH), blink=True)
    bench.hub.disconnect(connection, bench.now)
    rendered = len(bench.rendered)
    bench.run(30.0)
    assert len(bench.rendered) <= rendered + 1
    connection = watched(bench, Face("f", channels=BOTH), blink=True)
    bench.send(connection, wire.Unwatch(character="a"))
    rendered = len(bench.rendered)
    bench.run(30.0)
    assert len(bench.rendered) == rendered


@pytest.mark.parametrize(
    ("face", "options"),
    [(Face("f"), SMALL), (Face("f", channels=BOTH), wire.FrameOptions(size=64, fps=5))],
    ids=["a face without lids", "too few frames a second"],
)
def test_who_cannot_show_a_blink_gets_none(face: Face, options: wire.FrameOptions) -> None:
    bench = Bench()
    connection = watched(bench, face, options, blink=True)
    bench.run(20.0)
    assert frames(bench, connection) == []


def test_heads_blink_whatever_the_picture_can_do() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(options=wire.CharacterOptions(blink=True)))
    bench.settle()
    bench.send(connection, wire.Watch(character="a", blendshapes="vrm1"))
    found = []
    for _ in range(1500):
        bench.run(0.01)
        found += of(wire.Blendshapes, bench.read(connection))
    assert found[0].names is not None
    lids = found[0].names.index("blink")
    assert {shapes.blink for shapes in found} >= {0.0, 1.0}
    assert all(shapes.values[lids] == shapes.blink for shapes in found)
    assert {shapes.expression for shapes in found} == {REST}


def test_a_mouth_speaks_finished_lines_and_closes() -> None:
    bench = Bench()
    connection = watched(bench, Face("f", channels=BOTH), speak=True)
    bench.send(connection, line("l1", "오늘", partial=True))
    bench.settle()
    assert all(frame.mouth_open == 0 for frame in all_frames(bench, connection, 1.0))
    bench.send(connection, line("l1", "오늘 정말 기쁘다!"))
    found = all_frames(bench, connection, 6.0)
    assert max(frame.mouth_open for frame in found) >= 0.5
    assert found[-1].mouth_open == 0
    assert {frame.line for frame in found} == {"l1"}


def test_a_mouth_that_is_not_asked_to_speak_stays_closed() -> None:
    bench = Bench()
    connection = watched(bench, Face("f", channels=BOTH))
    bench.send(connection, line("l1", "오늘 정말 기쁘다!"))
    assert all(frame.mouth_open == 0 for frame in all_frames(bench, connection, 3.0))


def test_express_names_lids_and_mouth() -> None:
    bench = Bench()
    connection = watched(bench, Face("f", channels=BOTH))
    wink = wire.Express(character="a", expression={"blink": 1.0, "mouth_open": 0.5})
    bench.send(connection, wink)
    found = all_frames(bench, connection, 1.0)
    assert (found[-1].blink, found[-1].mouth_open) == (1.0, 0.5)
    assert found[-1].expression == REST
    bench.send(connection, wire.Express(character="a", expression={"wink": 1.0}))
    (error,) = of(wire.Error, bench.read(connection))
    assert error.code == "unknown_emotion"
    assert "mouth_open" in error.message


def test_a_drawn_character_says_what_it_is() -> None:
    bench = Bench()
    connection = bench.open()
    sprites = {"joy": PNG + b"1", "neutral": PNG + b"2"}
    bench.send(connection, wire.CharacterPut(character="a", sprites=sprites))
    job = register(bench, DRAWN)
    (ready,) = of(wire.CharacterReady, bench.read(connection))
    assert (ready.kind, ready.channels, ready.pictures) == ("sprites", ("blink",), {"joy": "joy"})
    assert job.picture is not None
    assert [item.data for item in read_zip(job.picture, 1000).pictures] == list(sprites.values())


def test_pictures_are_bounded_together() -> None:
    bench = Bench(limits=wire.Limits(face_bytes=100))
    connection = bench.open()
    sprites = {"joy": b"x" * 60, "neutral": b"x" * 60}
    bench.send(connection, wire.CharacterPut(character="a", sprites=sprites))
    both = wire.CharacterPut(character="a", sprites={"joy": b"x"}, builtin="haru")
    bench.send(connection, both)
    first, second = of(wire.Error, bench.read(connection))
    assert (first.code, first.ref) == ("picture_too_large", "a")
    assert second.code == "bad_field"


def test_several_faces_are_told_to_who_put_them() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, wire.CharacterPut(character="a", face=PNG))
    register(bench, Face("f", source="found", faces=3))
    (notice,) = of(wire.Notice, bench.read(connection))
    assert (notice.code, notice.character) == ("several_faces", "a")


def marks(least: wire.MarkMode, wish: wire.MarkMode) -> set[str]:
    bench = Bench(mark=least)
    watched(bench, Face("f"), mark=wish)
    return {job.mark for job in bench.rendered}


@pytest.mark.parametrize(
    ("least", "wish", "mark"),
    [
        ("off", "off", "off"),
        ("off", "metadata", "metadata"),
        ("visible", "off", "visible"),
        ("metadata", "visible", "visible"),
    ],
)
def test_the_stronger_mark_counts(least: wire.MarkMode, wish: wire.MarkMode, mark: str) -> None:
    assert marks(least, wish) == {mark}


def test_marked_and_unmarked_frames_are_kept_apart() -> None:
    bench = Bench(atlas_bytes=1 << 20)
    watched(bench, Face("f"))
    watched(bench, Face("f"), mark="visible")
    assert [job.mark for job in bench.rendered] == ["off", "visible"]
