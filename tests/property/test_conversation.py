"""The client's protocol and the server's hub, cut and restarted at any moment, without sockets.

Whatever happens on the way, in the end every line was answered exactly once, its emotion was seen
exactly once (never, when the answer was that it waited too long), events came in order, and
characters and watches are as the client wants them.
"""

from __future__ import annotations

from collections import Counter
from itertools import count

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.server.core.bench import INFO, Face, Picture, Scores, Swearing

from emopic_client import wire
from emopic_client.protocol import Answer, Closed, Opened, Phase, Protocol
from emopic_client.requests import Retry
from emopic_engine.emotions import DEFAULT
from emopic_server.core.hub import Hub, Settings
from emopic_server.core.work import Classify, Done, Register, Render

# few events are kept, so that some resumes fail, and the rate is out of the way
LIMITS = wire.Limits(messages_per_minute=10**6, messages_burst=10**6, resume_events=4)
IDS = count(1)
STEPS = ("line", "say", "hear", "carry", "work", "cut", "connect", "restart", "expire", "away")


class Conversation:
    """One client, one server at a time, and what is on its way between them."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.protocol = Protocol("test")
        self.connection: int | None = None
        self.up: list[bytes | str] = []
        self.down: list[bytes] = []
        self.answers: Counter[str] = Counter()
        self.emotions: Counter[str] = Counter()
        self.overdue: set[str] = set()
        self.retries: list[Retry] = []
        self.seqs: list[int] = []
        self.waited = False
        self.lines = 0
        self.frames = 0
        self.moved = 0
        self.restart()
        self.settle()
        self.protocol.send(wire.CharacterPut(character="a", builtin="haru"))
        self.settle()
        self.protocol.send(wire.Watch(character="a", frames=wire.FrameOptions(size=64)))
        self.settle()

    def step(self, name: str) -> None:
        getattr(self, name)()
        self.take()

    # ── steps ────────────────────────────────────────────────────────────────────────────────────

    def line(self) -> None:
        self.lines += 1
        self.protocol.send(wire.Line(character="a", id=str(self.lines), text="기쁘다"))

    def say(self) -> None:
        """One message arrives at the server."""
        self.up += self.protocol.data_to_send()
        if self.up and self.connection is not None:
            self.moved += 1
            self.hub.receive(self.connection, self.up.pop(0), self.now)

    def carry(self) -> None:
        """The server puts one message on the way."""
        message = None if self.connection is None else self.hub.take(self.connection)
        if message is not None:
            self.moved += 1
            self.down.append(wire.encode(message))

    def hear(self) -> None:
        """One message arrives at the client."""
        if self.down:
            self.moved += 1
            data = self.down.pop(0)
            self.protocol.receive(data)
            message = wire.decode_server(data)
            if isinstance(message, wire.Bye):
                self.cut(message.code)
            elif self.protocol.to_close is not None:
                self.cut()

    def work(self) -> None:
        """The engine does one thing."""
        work = self.hub.work()
        match work:
            case Classify(jobs=jobs):
                results: tuple[object, ...] = tuple(Scores() for _ in jobs)
            case Register():
                results = (Face("haru"),)
            case Render(jobs=frames):
                results = tuple(Picture(b"x", (0, 0, 8, 8) if f.patch else None) for f in frames)
            case None:
                return
        self.moved += 1
        self.now += 0.01
        self.hub.done(Done(work, results, self.now - 0.01, self.now), self.now)
        self.hub.tick(self.now)

    def cut(self, code: int = 1006) -> None:
        if self.connection is not None:
            self.hub.disconnect(self.connection, self.now)
            self.protocol.disconnected(code, "")
            self.connection = None
        self.up.clear()
        self.down.clear()

    def connect(self) -> None:
        if self.connection is None:
            self.connection = self.hub.connect("msgpack", self.now)
            self.protocol.connected()

    def restart(self) -> None:
        """Another server, which knows nothing."""
        self.cut()
        builtins = (wire.Builtin(id="haru", name="Haru", ko="하루"),)
        known = Settings("test", DEFAULT, INFO, builtins, LIMITS)
        self.hub = Hub(
            known,
            new_id=lambda: f"session-{next(IDS)}",
            censor=Swearing(),
        )

    def expire(self) -> None:
        """Longer than a session lives without its connection."""
        self.pass_time(LIMITS.resume_s + 1)

    def away(self) -> None:
        """Longer than the client waits before it tries something again."""
        self.pass_time(6.0)
        for retry in self.retries:
            self.protocol.retry(retry.to)
        self.retries.clear()

    def pass_time(self, seconds: float) -> None:
        self.waited = True
        end = self.now + seconds
        while (deadline := self.hub.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.hub.tick(self.now)
        self.now = end

    # ── what the program sees ────────────────────────────────────────────────────────────────────

    def take(self) -> None:
        for item in self.protocol.take():
            match item:
                case Opened(resumed=False):
                    self.seqs.clear()
                case Closed():
                    assert item.reconnect, item
                case Answer(to=("line", _, line), message=message):
                    self.answers[line] += 1
                    if not isinstance(message, wire.Emotion):
                        assert isinstance(message, wire.Error), message
                        assert message.code == "busy", message
                        assert self.waited, "only time makes a line too old"
                        self.overdue.add(line)
                case Retry():
                    self.retries.append(item)
                case wire.Frame():
                    self.frames += 1
            if isinstance(item, wire.Emotion):
                self.emotions[item.line] += 1
            if isinstance(item, wire.Event) and item.seq is not None:
                self.seqs.append(item.seq)
        assert self.seqs == sorted(set(self.seqs))

    def settle(self) -> None:
        """Let everything that is on its way arrive."""
        quiet = 0
        while quiet < 3:
            before = self.moved
            for name in ("connect", "say", "carry", "work", "hear"):
                self.step(name)
            if self.retries:
                self.step("away")
            quiet = quiet + 1 if self.moved == before else 0
            assert self.moved < 100_000, "it never comes to rest"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=60))
@example(["line", "say", "cut", "connect"])
@example(["line", "say", "work", "carry", "cut", "line", "connect", "say", "restart"])
@example(["cut", "connect", "expire"])
@example(["line", "say", "expire"])
@example(["line", "say", "cut", "connect", "expire", "connect"])
@example(["line", "say", "cut", "connect", *3 * ["carry", "hear", "say"], "say", "work"])
@example(["restart", "connect", "say", "carry", "hear", "carry", "hear", "say", "cut", "restart"])
def test_every_line_is_answered_once(steps: list[str]) -> None:
    talk = Conversation()
    for name in steps:
        talk.step(name)
    talk.settle()
    assert talk.protocol.phase is Phase.OPEN
    everything = {str(number): 1 for number in range(1, talk.lines + 1)}
    assert talk.answers == everything
    assert talk.emotions == {line: 1 for line in everything if line not in talk.overdue}
    assert set(talk.protocol.requests.characters) == set(talk.protocol.requests.watches) == {"a"}
    assert talk.protocol.requests.pending == {}
    frames = talk.frames
    talk.protocol.send(wire.Express(character="a", expression={"surprise": 1.0}))
    talk.settle()
    assert talk.frames > frames, "the character is still watched"
