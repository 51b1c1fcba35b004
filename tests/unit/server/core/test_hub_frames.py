"""The hub's frames: their rate, their order, and what happens when one fails."""

from __future__ import annotations

from tests.unit.server.core.bench import SMALL, Bench, Picture, line, of, put

from emopic_client import wire
from emopic_server.core.work import Classify, Done, Failed, Render


def test_frames_keep_their_rate() -> None:
    bench = Bench()
    connection = bench.open()
    slow = wire.FrameOptions(size=64, fps=5)
    bench.send(connection, put(), wire.Watch(character="a", frames=slow))
    bench.settle()
    bench.send(connection, line("1"))
    bench.settle()
    bench.rendered.clear()
    bench.run(1.0)
    assert 1 <= len(bench.rendered) <= 5


def test_a_full_frame_that_was_not_sent_is_not_patched_over() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL))
    bench.settle()
    bench.send(connection, line("1"))
    bench.settle()
    assert [frame.patch for frame in bench.rendered] == [False, False]
    (frame,) = of(wire.Frame, bench.read(connection))
    assert frame.rect is None
    bench.run(0.1)
    assert bench.rendered[-1].patch


def test_a_cached_frame_goes_out_at_once_and_overtakes() -> None:
    bench = Bench(atlas_bytes=10_000)
    connection = bench.open()
    watch = wire.Watch(character="a", frames=wire.FrameOptions(size=64, patches=False))
    bench.send(connection, put(options=wire.CharacterOptions(transition_ms=0)), watch)
    bench.settle()
    rendered = []
    for name in ("anger", "surprise"):
        bench.send(connection, wire.Express(character="a", expression={name: 1.0}))
        bench.settle()
        rendered += of(wire.Frame, bench.read(connection))
    assert not any(frame.cached for frame in rendered)
    bench.send(connection, wire.Express(character="a", expression={"joy": 1.0}))
    late = bench.hub.work()
    assert isinstance(late, Render)
    bench.send(connection, wire.Express(character="a", expression={"anger": 1.0}))
    (frame,) = bench.read(connection)
    assert isinstance(frame, wire.Frame)
    assert (frame.data, frame.cached) == (rendered[-2].data, True)
    bench.hub.done(Done(late, (Picture(b"late", None),), bench.now, bench.now), bench.now)
    assert bench.read(connection) == [], "an older frame never follows a newer one"


def test_a_failed_frame_is_said_once_and_tried_again() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL))
    bench.work()
    for _ in range(2):
        work = bench.hub.work()
        assert isinstance(work, Render)
        failed = Failed("device", "out of memory")
        bench.hub.done(Done(work, (failed,), bench.now, bench.now), bench.now)
        assert bench.hub.work() is None
        bench.now += 1.0
        bench.hub.tick(bench.now)
    bench.settle()
    messages = bench.read(connection)
    (error,) = of(wire.Error, messages)
    assert (error.code, error.fault, error.ref) == ("device", "server", "a")
    assert of(wire.Frame, messages)


def test_nothing_is_rendered_for_the_absent() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL))
    bench.settle()
    bench.send(connection, line("1"))
    bench.hub.disconnect(connection, bench.now)
    bench.rendered.clear()
    bench.settle()
    bench.run(5.0)
    assert bench.rendered == []
    again = bench.open(resume=wire.Resume(session="session-1", seq=1))
    bench.settle()
    messages = bench.read(again)
    assert [event.line for event in of(wire.Emotion, messages)] == ["1"]
    assert of(wire.Frame, messages)[0].rect is None


def test_lines_that_come_together_move_a_face_once() -> None:
    bench = Bench(atlas_bytes=10_000)
    connection = bench.open()
    watch = wire.Watch(character="a", frames=wire.FrameOptions(size=64, patches=False))
    bench.send(connection, put(options=wire.CharacterOptions(transition_ms=0)), watch)
    bench.settle()
    for number, text in enumerate(("기쁘다", "기쁜가?")):  # both faces are in the atlas from now on
        bench.send(connection, line(str(number), text))
        bench.settle()
    bench.read(connection)
    shown = bench.hub.metrics.counters["frames"]
    before = shown["cached"]
    bench.send(connection, line("2"), line("3", "기쁜가?"), line("4"))
    work = bench.hub.work()
    assert isinstance(work, Classify)
    assert len(work.jobs) == 3
    bench.finish(work)
    messages = bench.read(connection)
    assert [event.line for event in of(wire.Emotion, messages)] == ["2", "3", "4"]
    (frame,) = of(wire.Frame, messages)
    assert frame.cached
    assert shown["cached"] == before + 1
