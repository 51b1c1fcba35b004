"""Lines and what came back: answered, refused, never answered, never sent."""

from __future__ import annotations

from tests.unit.server.core.bench import INFO

from emopic_client import wire
from emopic_server.bench.open_loop import Result, _Meter

HELLO = wire.Hello(
    server="test", emotions=(), engine=INFO, builtins=(), limits=wire.Limits(), auth=False
)


def meter() -> _Meter:
    """Ten measured seconds after one that is not, from moment 0."""
    return _Meter(Result(HELLO, seconds=10.0), warmup_s=1.0)


def emotion(line: str) -> wire.Emotion:
    return wire.Emotion(
        seq=1, character="c", line=line, scores=(1.0,), top="joy", intensity=1.0, final=True
    )


def busy(line: str) -> wire.Error:
    return wire.Error(code="busy", message="", fault="server", ref=line, retry_ms=50)


def test_a_refusal_is_an_answer_but_no_emotion():
    found = meter()
    for line in ("1", "2", "3"):
        found.sent(line, 2.0, True, 0.0)
    found.received(emotion("1"), 2.5)
    found.received(busy("2"), 2.5)
    result = found.finish().to_dict()
    assert (result["refused"], result["unanswered"]) == ({"busy": 1}, 1)
    assert result["goodput_per_s"] == 0.1
    summary = result["line_to_emotion"]
    assert isinstance(summary, dict)
    assert (summary["count"], summary["lost"]) == (3, 2)


def test_goodput_is_what_comes_while_it_is_measured():
    found = meter()
    for line, due in (("1", 0.5), ("2", 10.5), ("3", 10.9)):
        found.sent(line, due, due >= 1.0, 0.0)
    found.received(emotion("1"), 1.2)  # due before the measured time, answered in it
    found.received(emotion("2"), 10.6)
    found.received(emotion("3"), 11.2)
    assert found.finish().answered == 2


def test_refusals_of_the_warm_up_do_not_count():
    found = meter()
    found.sent("1", 0.5, False, 0.0)
    found.received(busy("1"), 0.6)
    found.received(busy("other"), 0.6)
    result = found.finish()
    assert result.refused == {}
    assert result.errors == {"busy": 2}
    assert result.emotion.lost == 0


def test_what_was_not_sent_is_lost():
    found = meter()
    found.unsent(True)
    result = found.finish()
    assert (result.offered, result.unsent, result.emotion.lost) == (1, 1, 1)
    assert result.to_dict()["unanswered"] == 0
