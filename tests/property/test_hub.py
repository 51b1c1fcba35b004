"""The hub under any sequence of messages, cuts, resumes and time: no bug, no gap, no leak."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
)
from tests.unit.server.core.test_hub import Bench

from emopic_client import wire
from emopic_server.core.hub import Hub

NAMES = st.sampled_from(["a", "b"])
FRAMES = st.one_of(
    st.none(),
    st.builds(wire.FrameOptions, size=st.just(64), fps=st.sampled_from([5, 60])),
    st.just(wire.FrameOptions(size=64, patches=False, format="png")),
)
SHAPES = st.sampled_from([None, "arkit", "vrm1"])
LIMITS = wire.Limits(
    resume_events=30,
    outbox_events=30,
    characters_per_session=2,
    connections_per_token=3,
    messages_per_minute=6000,
    messages_burst=100,
)


@dataclass
class Client:
    """What one client knows: its session and the events it has taken in."""

    connection: int
    session: str = ""
    seq: int = 0
    full: set[str] = field(default_factory=set)
    over: bool = False

    def take(self, messages: list[wire.ServerMessage]) -> None:
        for message in messages:
            match message:
                case wire.Ready(session=session, seq=seq):
                    self.session, self.seq = session, seq
                    self.full.clear()
                case wire.Frame(character=name, rect=rect):
                    assert rect is None or name in self.full, "a patch needs a full frame"
                    self.full.add(name)
                case wire.Bye():
                    self.over = True
                case (
                    wire.Emotion(seq=int(number))
                    | wire.Error(seq=int(number))
                    | wire.Notice(seq=int(number))
                    | wire.CharacterReady(seq=int(number))
                    | wire.CharacterDropped(seq=int(number))
                ):
                    assert number == self.seq + 1, "an event is missing or comes twice"
                    self.seq = number
                case _:
                    pass


class AnyOrder(RuleBasedStateMachine):
    """Clients in one group, an engine that works when it is told to, and a clock."""

    clients = Bundle("clients")
    lost = Bundle("lost")

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(limits=LIMITS)
        self.lines = 0

    @rule(target=clients)
    def open(self) -> Client:
        client = Client(self.bench.open())
        client.take(self.bench.read(client.connection))
        return client

    @rule(client=clients, name=NAMES, shared=st.booleans(), upload=st.booleans())
    def put(self, client: Client, name: str, shared: bool, upload: bool) -> None:
        face, builtin = (b"picture", None) if upload else (None, "haru")
        self._send(
            client, wire.CharacterPut(character=name, face=face, builtin=builtin, shared=shared)
        )

    @rule(client=clients, name=NAMES)
    def drop(self, client: Client, name: str) -> None:
        self._send(client, wire.CharacterDrop(character=name))

    @rule(client=clients, name=NAMES, frames=FRAMES, shapes=SHAPES)
    def watch(
        self,
        client: Client,
        name: str,
        frames: wire.FrameOptions | None,
        shapes: wire.BlendshapeSet | None,
    ) -> None:
        self._send(client, wire.Watch(character=name, frames=frames, blendshapes=shapes))

    @rule(client=clients, name=NAMES)
    def unwatch(self, client: Client, name: str) -> None:
        self._send(client, wire.Unwatch(character=name))

    @rule(client=clients, name=NAMES, partial=st.booleans(), bad=st.booleans())
    def line(self, client: Client, name: str, partial: bool, bad: bool) -> None:
        self.lines += not partial
        text = "!" if bad else "기쁘다"
        self._send(
            client, wire.Line(character=name, id=str(self.lines), text=text, partial=partial)
        )

    @rule(client=clients, name=NAMES, weight=st.floats(0, 1))
    def express(self, client: Client, name: str, weight: float) -> None:
        self._send(client, wire.Express(character=name, expression={"anger": weight}))

    @rule(client=clients)
    def read(self, client: Client) -> None:
        client.take(self.bench.read(client.connection))

    @rule(target=lost, client=consumes(clients), polite=st.booleans())
    def cut(self, client: Client, polite: bool) -> Client:
        if polite:
            client.take(self.bench.read(client.connection))
        self.bench.hub.disconnect(client.connection, self.bench.now)
        return client

    @rule(target=clients, client=consumes(lost))
    def come_back(self, client: Client) -> Client:
        return self._resume(client)

    @rule(target=clients, client=consumes(clients))
    def take_over(self, client: Client) -> Client:
        """The old connection is still there; the new one continues from what the client knows."""
        return self._resume(client)

    @rule(count=st.integers(1, 5))
    def work(self, count: int) -> None:
        for _ in range(count):
            self.bench.work()

    @rule(seconds=st.sampled_from([0.01, 0.5, 5.0, 70.0]))
    def wait(self, seconds: float) -> None:
        self.bench.run(seconds)

    @invariant()
    def parts_agree(self) -> None:
        check(self.bench.hub)

    def teardown(self) -> None:
        """When everybody has left and time has passed, nothing is left behind."""
        bench, hub = self.bench, self.bench.hub
        for connection in list(hub.post.connections):
            bench.hub.disconnect(connection, bench.now)
        bench.settle()
        bench.run(200.0)
        bench.settle()
        assert hub.post.sessions == {}
        assert hub.post.connections == {}
        assert hub.post.groups == {}
        assert len(hub.stage.characters) == 0
        assert hub.stage.views._views == {}
        assert hub.deadline() is None
        assert hub.work() is None

    def _send(self, client: Client, message: wire.ClientMessage) -> None:
        self.bench.send(client.connection, message)

    def _resume(self, client: Client) -> Client:
        resume = wire.Resume(session=client.session, seq=client.seq) if client.session else None
        again = Client(self.bench.open(resume=resume), client.session, client.seq)
        again.take(self.bench.read(again.connection))
        return again


def check(hub: Hub) -> None:
    """What each part believes about the others is so."""
    for session in hub.post.sessions.values():
        if session.connection is not None:
            assert hub.post.connections[session.connection].session is session
        for name, watch in session.watches.items():
            character = hub.stage.characters.get(watch.key)
            assert character is not None
            assert character.id == name
            assert session.id in character.watchers
        assert all(hub.stage.characters.get(key) is not None for key in session.owned)
        assert len(session.owned) <= LIMITS.characters_per_session
    for character in hub.stage.characters:
        assert character.owners | character.watchers <= set(hub.post.sessions)
        for view in character.views.values():
            assert view.seats
            assert set(view.seats) <= character.watchers
            assert hub.stage.views._views[view.id] is view
    for members in hub.post.groups.values():
        assert 1 <= len(members) <= LIMITS.connections_per_token


AnyOrder.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
