"""One client's side of the protocol, without sockets or clocks: feed in, drain out.

    idle ──connected──▶ greeting ──hello──▶ opening ──ready──▶ open
      ▲                    │                   │                │
      └──────────── disconnected (may reconnect) ───────────────┘
                           │
                           └── disconnected (must not) ──▶ stopped

The shell connects, calls `connected`, feeds every message to `receive`, sends what `data_to_send`
gives, and hands what `take` gives to the program. When the socket ends it calls `disconnected` and
reads from the `Closed` whether to connect again. Everything to be said again after a lost
connection or a lost session is remembered here.

Events reach the program once and in order: one that came before is dropped, and a gap closes the
connection, so that a resume fills it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

import msgspec

from emopic_client import wire
from emopic_client.errors import InvalidRequest, Overflow
from emopic_client.requests import Ref, Requests, Retry, ref_of
from emopic_client.shelf import Shelves

OUTBOX_MESSAGES: Final = 1024
_PROTOCOL_ERROR: Final = 1002
# Close codes of RFC 6455 that mean "do not try this again"; others (1001, 1006, 1011 …) pass.
_STOP: Final = frozenset({1002, 1003, 1007, 1008, 1009, 1010})


class Phase(Enum):
    """Where the conversation stands."""

    IDLE = "idle"
    GREETING = "greeting"
    OPENING = "opening"
    OPEN = "open"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Opened:
    """The session is open. `again`: not for the first time; then `resumed` tells whether the
    server still knew the session, or the client has asked for its characters anew."""

    session: str
    resumed: bool
    again: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is gone; `reconnect` says whether to open another one."""

    code: int
    reason: str
    reconnect: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`message` answers the request `to`."""

    to: Ref
    message: wire.Event | wire.Pong


Item: TypeAlias = Opened | Closed | Answer | Retry | wire.Event | wire.State


class Protocol:
    """The conversation of one client with one server, over any number of connections.

    `hello` is the latest one, `seq` the number of the last event taken in. `read_only` is what the
    latest `ready` said: the session may only watch.
    """

    def __init__(
        self,
        client: str,
        token: str | None = None,
        guard: wire.GuardMode | None = None,
        history: wire.HistoryMode | None = None,
    ) -> None:
        self.phase = Phase.IDLE
        self.hello: wire.Hello | None = None
        self.session: str | None = None
        self.seq = 0
        self.read_only = False
        self.requests = Requests()
        self.to_close: tuple[int, str] | None = None  # the shell should close with this
        self._client = client
        self._token = token
        self._guard: wire.GuardMode | None = guard
        self._history: wire.HistoryMode | None = history
        self._encoding: wire.Encoding = "msgpack"
        self._bye: wire.Bye | None = None
        self._fault: Closed | None = None
        self._complaint = ""
        self._outbox: list[bytes | str] = []
        self._items: list[Item] = []
        self._names: dict[str, tuple[str, ...]] = {}
        self._shelves = Shelves()

    # ── the connection ───────────────────────────────────────────────────────────────────────────

    def connected(self, encoding: wire.Encoding = "msgpack") -> None:
        """A websocket is open; the server speaks first."""
        if self.phase is not Phase.IDLE:
            raise RuntimeError(f"connected while {self.phase.value}")
        self.phase = Phase.GREETING
        self._encoding = encoding
        self._bye = self._fault = self.to_close = None
        self._complaint = ""

    def disconnected(self, code: int, reason: str) -> None:
        """The websocket is gone, with this close code (1006 when there was none)."""
        closed = self._fault or self._judge(code, reason)
        self.phase = Phase.IDLE if closed.reconnect else Phase.STOPPED
        self._outbox.clear()
        self._shelves.clear()
        self.requests.disconnected()
        self._items.append(closed)

    def _judge(self, code: int, reason: str) -> Closed:
        known = wire.CLOSE_CODES.get(code)
        if code == wire.IDENTIFY_TIMEOUT.code and self.session is not None:
            return Closed(code, "the opening took too long", True)  # we do identify; we were slow
        text = self._complaint or reason or (known.reason if known else "connection lost")
        if self._bye is not None:
            return Closed(self._bye.code, self._complaint or self._bye.reason, self._bye.reconnect)
        if known is not None:
            return Closed(code, text, known.reconnect)
        return Closed(code, text, code not in _STOP and not 4000 <= code < 5000)

    def _break(self, reason: str, *, reconnect: bool) -> None:
        """The server broke the protocol: nothing more is read from this connection."""
        self._fault = Closed(_PROTOCOL_ERROR, reason, reconnect)
        self.to_close = (_PROTOCOL_ERROR, reason[:100])

    # ── out ──────────────────────────────────────────────────────────────────────────────────────

    def send(self, message: wire.ClientMessage) -> Ref | None:
        """Say something; returns what its `Answer` will be to, None where none comes.

        A message with an answer is kept and sent when the session is open. Others (`express`,
        partial lines) are of the moment: without an open session they are dropped. Raises
        `InvalidRequest` for values outside the protocol's ranges and `Overflow` at the bounds.
        """
        self._check(message)
        if len(self._outbox) >= OUTBOX_MESSAGES:
            raise Overflow(f"{OUTBOX_MESSAGES} messages wait to be sent; this one was not queued")
        ref = ref_of(message)
        if ref is not None:
            self.requests.add(message, ref)  # type: ignore[arg-type]
        if isinstance(message, wire.Unwatch):
            self._shelves.forget(message.character)
        if self.phase is Phase.OPEN:
            if ref is None:
                self._put(message)
            else:
                self.requests.send(ref)
                self._flush()
        return ref

    def cancel(self, ref: Ref) -> None:
        """Stop waiting for an answer."""
        self.requests.cancel(ref)

    def retry(self, ref: Ref) -> None:
        """A `Retry` is due."""
        if self.phase is Phase.OPEN:
            self.requests.send(ref)
            self._flush()

    def data_to_send(self) -> list[bytes | str]:
        """Websocket messages to send, in order: bytes are binary ones, strings are text."""
        outbox, self._outbox = self._outbox, []
        return outbox

    def _check(self, message: wire.ClientMessage) -> None:
        """The ranges live in the decoder; reading our own message back applies them."""
        try:
            wire.decode_client(wire.encode(message))
        except wire.WireError as error:
            raise InvalidRequest(error.message) from error

    def _put(self, message: wire.ClientMessage) -> None:
        data = wire.encode(message, self._encoding)
        self._outbox.append(data.decode() if self._encoding == "json" else data)

    def _flush(self) -> None:
        for message in self.requests.drain():
            self._put(message)

    # ── in ───────────────────────────────────────────────────────────────────────────────────────

    def take(self) -> list[Item]:
        """What has happened since the last call, in order."""
        items, self._items = self._items, []
        return items

    def receive(self, data: bytes | str) -> None:
        """Take in one websocket message. Never raises: a bad one ends the connection."""
        if self.to_close is not None:
            return
        try:
            message = wire.decode_server(data, self._encoding)
        except wire.WireError as error:
            self._break(f"the server sent something unreadable: {error.message}", reconnect=False)
            return
        match message:
            case wire.Bye():
                self._bye = message
            case wire.Error(seq=None):
                self._complaint = message.message
                if self.phase is Phase.OPEN:
                    self._deliver(message)
            case wire.Hello() if self.phase is Phase.GREETING:
                self._on_hello(message)
            case wire.Ready() if self.phase is Phase.OPENING:
                self._on_ready(message)
            case wire.Hello() | wire.Ready():
                self._unexpected(message)
            case _ if self.phase is not Phase.OPEN:
                self._unexpected(message)
            case wire.Frame() | wire.Blendshapes():
                self._on_state(message)
            case wire.Pong():
                self._answer(message)
            case _:
                self._on_event(message)

    def _unexpected(self, message: wire.ServerMessage) -> None:
        kind = type(message).__name__
        self._break(f"the server sent {kind} while {self.phase.value}", reconnect=False)

    def _on_hello(self, hello: wire.Hello) -> None:
        if hello.protocol != wire.PROTOCOL_VERSION:
            ours = wire.PROTOCOL_VERSION
            text = f"the server speaks protocol {hello.protocol}, this client {ours}"
            self._break(text, reconnect=False)
            return
        self.hello = hello
        self.phase = Phase.OPENING
        resume = wire.Resume(session=self.session, seq=self.seq) if self.session else None
        identify = wire.Identify(
            client=self._client,
            token=self._token,
            resume=resume,
            guard=self._guard,
            history=self._history,
        )
        self._put(identify)

    def _on_ready(self, ready: wire.Ready) -> None:
        again = self.session is not None
        if ready.resumed and (ready.session, ready.seq) != (self.session, self.seq):
            self._break("the server resumed another session or place", reconnect=False)
            return
        self.phase = Phase.OPEN
        self.session = ready.session
        self.seq = ready.seq
        self.read_only = ready.read_only
        self._names.clear()
        self._items.append(Opened(ready.session, ready.resumed, again))
        if ready.resumed:
            self.requests.resumed()
        else:
            self.requests.restart()
        self._flush()

    def _on_event(self, event: wire.Event) -> None:
        seq = event.seq
        if seq is None or seq <= self.seq:
            return
        if seq != self.seq + 1:
            text = f"event {seq} came after {self.seq}; resuming from there"
            self._break(text, reconnect=True)
            return
        self.seq = seq
        if isinstance(event, wire.CharacterDropped):
            self._shelves.forget(event.character)
        self._deliver(event)

    def _deliver(self, event: wire.Event) -> None:
        if not self._answer(event):
            self._items.append(event)

    def _answer(self, message: wire.Event | wire.Pong) -> bool:
        """Settle what `message` answers; returns whether to hide it from the program."""
        verdict = self.requests.answered(message)
        if verdict.to is not None and not isinstance(message, wire.Notice):
            self._items.append(Answer(verdict.to, message))
        if verdict.retry is not None:
            self._items.append(verdict.retry)
        self._flush()
        return verdict.swallow

    def _on_state(self, state: wire.State) -> None:
        wanted = self.requests
        name = state.character
        if name not in wanted.watches and ("watch", name) not in wanted.pending:
            return
        if isinstance(state, wire.Blendshapes):
            self._items.append(self._with_names(state))
        elif (frame := self._shelves.whole(state)) is not None:
            self._items.append(frame)

    def _with_names(self, state: wire.Blendshapes) -> wire.Blendshapes:
        """Names come once a connection; the program gets them every time."""
        if state.names is not None:
            self._names[state.names_id] = state.names
        return msgspec.structs.replace(state, names=self._names.get(state.names_id))
