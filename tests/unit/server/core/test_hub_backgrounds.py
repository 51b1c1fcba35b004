"""Characters with another background: what is asked of whom, who can see them, what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.server.core.bench import SMALL, Bench, of

from emopic_client import wire
from emopic_server.core.errands import FaceErrand, FoundFace
from emopic_server.core.work import Kept, Register, RegisterJob

PNG = b"\x89PNG\r\n\x1a\n"
WEBP = wire.FrameOptions(format="webp", size=64, fps=10)
CLEAR = wire.CharacterOptions(background="transparent")


def put(**more: Any) -> wire.CharacterPut:
    return wire.CharacterPut(**({"character": "a", "face": PNG, "options": CLEAR} | more))


def job_of(bench: Bench) -> RegisterJob:
    work = bench.hub.work()
    assert isinstance(work, Register)
    bench.finish(work)
    return work.job


def errors(bench: Bench, connection: int) -> list[str]:
    return [error.code for error in of(wire.Error, bench.read(connection))]


@pytest.mark.parametrize(
    ("message", "background"),
    [
        (put(), "transparent"),
        (put(options=wire.CharacterOptions(background="#00ff7F")), "#00ff7F"),
        (put(options=wire.CharacterOptions(background="keep")), None),
        (put(options=wire.CharacterOptions()), None),
        (put(options=wire.CharacterOptions(), backdrop=b"a picture"), b"a picture"),
        (put(face=None, builtin="haru"), "transparent"),
    ],
)
def test_the_engine_is_asked_for_it(
    message: wire.CharacterPut, background: str | bytes | None
) -> None:
    bench = Bench()
    bench.send(bench.open(), message)
    assert job_of(bench).background == background


def test_two_backgrounds_are_refused() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(backdrop=b"a picture"))
    assert errors(bench, connection) == ["bad_field"]
    assert bench.hub.work() is None


def test_a_backdrop_counts_as_part_of_the_face() -> None:
    bench = Bench(limits=wire.Limits(face_bytes=100))
    connection = bench.open()
    bench.send(connection, put(options=wire.CharacterOptions(), backdrop=bytes(99)))
    assert errors(bench, connection) == ["picture_too_large"]


@pytest.mark.parametrize("name", ["transparent\n", "#12345", "sky"])
def test_other_words_do_not_pass_the_wire(name: str) -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(options=wire.CharacterOptions(background=name)))
    assert errors(bench, connection) == ["bad_field"]


def test_a_builtin_is_not_the_one_that_others_have() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(face=None, builtin="haru", options=wire.CharacterOptions()))
    assert job_of(bench).background is None
    bench.send(connection, put(character="b", face=None, builtin="haru"))
    assert job_of(bench).background == "transparent"
    bench.send(
        connection, put(character="c", face=None, builtin="haru", options=wire.CharacterOptions())
    )
    assert bench.hub.work() is None, "the plain one is known"


def test_jpeg_cannot_show_it() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put())
    bench.settle()
    bench.read(connection)
    bench.send(connection, wire.Watch(character="a", frames=replaced(WEBP, "jpeg")))
    assert errors(bench, connection) == ["no_alpha"]
    bench.send(connection, wire.Watch(character="a", frames=WEBP))
    bench.settle()
    found = bench.read(connection)
    assert of(wire.Error, found) == []
    assert [frame.format for frame in of(wire.Frame, found)] == ["webp"]


def test_who_watches_as_jpeg_is_told_once_and_sees_it_again_as_webp() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(options=wire.CharacterOptions()))
    bench.send(connection, wire.Watch(character="a", frames=replaced(WEBP, "jpeg")))
    bench.settle()
    bench.read(connection)
    bench.send(connection, put())
    bench.settle()
    bench.run(5.0)
    found = bench.read(connection)
    assert [error.code for error in of(wire.Error, found)] == ["no_alpha"]
    assert of(wire.Frame, found) == []
    bench.send(connection, wire.Watch(character="a", frames=WEBP))
    bench.settle()
    assert of(wire.Frame, bench.read(connection))


def test_a_colour_is_seen_as_jpeg() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(options=wire.CharacterOptions(background="#ffffff")))
    bench.send(connection, wire.Watch(character="a", frames=SMALL))
    bench.settle()
    assert of(wire.Frame, bench.read(connection))


def replaced(options: wire.FrameOptions, kind: wire.FrameFormat) -> wire.FrameOptions:
    return wire.FrameOptions(format=kind, size=options.size, fps=options.fps)


# ── a service that cuts ──────────────────────────────────────────────────────────────────────────


def errand_of(bench: Bench) -> FaceErrand:
    errand = bench.hub.errands.take()
    assert isinstance(errand, FaceErrand)
    return errand


def test_a_service_cuts_first_where_there_is_one() -> None:
    bench = Bench(cutting=True)
    connection = bench.open()
    bench.send(connection, put())
    assert bench.hub.work() is None
    errand = errand_of(bench)
    assert (errand.picture, errand.url, errand.cut) == (PNG, None, True)
    bench.hub.ran(errand, FoundFace(b"cut", page=False), bench.now)
    job = job_of(bench)
    assert (job.picture, job.background) == (b"cut", "transparent")
    assert of(wire.CharacterReady, bench.read(connection))


def test_the_service_is_not_asked_without_need() -> None:
    bench = Bench(cutting=True)
    connection = bench.open()
    bench.send(connection, put(options=wire.CharacterOptions()))
    assert job_of(bench).picture == PNG
    bench.send(connection, put(character="b", face=None, builtin="haru"))
    assert job_of(bench).builtin == "haru", "built-in faces have alpha of their own"
    assert bench.hub.errands.take() is None


def test_a_face_from_the_web_is_cut_on_its_way() -> None:
    bench = Bench(cutting=True)
    bench.send(bench.open(), put(face=None, url="https://example.org/a.png"))
    assert errand_of(bench).cut


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────


def test_a_kept_character_has_its_background_again() -> None:
    kept = [
        Kept("g", "clear", None, PNG, CLEAR),
        Kept("g", "beach", None, PNG, wire.CharacterOptions(), None, b"a picture"),
    ]
    bench = Bench()
    bench.hub.stage.restore(kept)
    assert [job_of(bench).background for _ in kept] == ["transparent", b"a picture"]


def test_a_backdrop_is_kept() -> None:
    bench = Bench(keeping=True)
    plain = wire.CharacterOptions()
    bench.send(bench.open(), put(options=plain, backdrop=b"a picture", shared=True))
    bench.settle()
    (change,) = bench.hub.stage.changes
    assert isinstance(change, Kept)
    assert replace(change, group="") == Kept("", "a", None, PNG, plain, None, b"a picture")
