"""Traces of lines, as OpenTelemetry's own in-memory exporter receives them."""

from __future__ import annotations

import pytest
from tests.integration.talker import running

from emopic_client import wire
from emopic_server.config import ServerConfig
from emopic_server.core.spans import FRAME_STAGES, LINE_STAGES
from emopic_server.errors import ConfigError
from emopic_server.io import app

sdk = pytest.importorskip("opentelemetry.sdk.trace")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

ADDRESS = "http://127.0.0.1:4318/v1/traces"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch):
    """What was exported once the server has ended."""
    exporter = memory.InMemorySpanExporter()

    def provider(_address: str):
        made = sdk.TracerProvider(shutdown_on_exit=False)
        made.add_span_processor(export.SimpleSpanProcessor(exporter))
        return made

    monkeypatch.setattr(app, "provider", provider)
    return exporter


async def say_one_line(**options: object) -> None:
    async with running(**options) as server, server.session() as talker:
        await talker.put("a", options=wire.CharacterOptions(transition_ms=0))
        await talker.send(wire.Watch(character="a", frames=wire.FrameOptions(size=64)))
        await talker.expect(wire.Frame)
        await talker.say("기쁘다", "line-1")
        await talker.expect(wire.Emotion)
        await talker.expect(wire.Frame)
        await talker.alive()


async def test_a_line_is_one_trace_with_its_stages_and_its_first_frame(spans) -> None:
    await say_one_line(traces=ADDRESS)
    found = spans.get_finished_spans()
    assert len({span.context.trace_id for span in found}) == 1
    by_name = {span.name: span for span in found}
    assert set(by_name) == {"line", "frame", *LINE_STAGES, *FRAME_STAGES}
    line, frame = by_name["line"], by_name["frame"]
    assert line.parent is None
    assert frame.parent.span_id == line.context.span_id
    for name, whole in [*((s, line) for s in LINE_STAGES), *((s, frame) for s in FRAME_STAGES)]:
        assert by_name[name].parent.span_id == whole.context.span_id
        assert whole.start_time <= by_name[name].start_time <= by_name[name].end_time
        assert by_name[name].end_time <= whole.end_time
    stages = sum(by_name[s].end_time - by_name[s].start_time for s in LINE_STAGES)
    assert stages == pytest.approx(line.end_time - line.start_time, abs=10)


async def test_a_trace_tells_no_text_and_no_session(spans) -> None:
    await say_one_line(traces=ADDRESS)
    for span in spans.get_finished_spans():
        told = dict(span.attributes or {})
        assert set(told) <= {"emopic.character", "emopic.line", "emopic.partial", "emopic.cached"}
        assert told.get("emopic.line", "line-1") == "line-1"
        assert told.get("emopic.character", "a") == "a"


async def test_nothing_is_traced_unasked(spans) -> None:
    await say_one_line()
    assert spans.get_finished_spans() == ()


def test_an_address_is_an_address() -> None:
    with pytest.raises(ConfigError, match="localhost:4318"):
        ServerConfig(traces="localhost:4317")
