"""What a client has asked for: requests without an answer yet, and what it wants to keep.

Pure. After a lost connection nobody knows which requests arrived. So every request that gets an
answer stays here until the answer is in, and is sent again on the next connection; an answer that
then comes twice is recognised. `watch` and `unwatch` have no answer of their own: a `ping` goes
after each of them, and its `pong` is their answer, for a server takes messages in order.

When the session itself is lost, the characters and watches that were agreed on are asked for
again first (*restored*), and whatever concerns a character waits until its face is there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, TypeAlias

from emopic_client.errors import InvalidRequest, Overflow
from emopic_client.wire import (
    CharacterDrop,
    CharacterDropped,
    CharacterPut,
    CharacterReady,
    ClientMessage,
    Emotion,
    Error,
    Line,
    Ping,
    Pong,
    Read,
    Reading,
    ServerMessage,
    Unwatch,
    Watch,
)

Request: TypeAlias = CharacterPut | CharacterDrop | Line | Read | Watch | Unwatch | Ping
# ("line", character, id), ("read", id), ("ping", token), (kind, character)
Ref: TypeAlias = tuple[str, ...]

UNSEEN_S: Final = 5.0  # between looks for a watched character that is not there (yet)
_NOT_OF_A_PUT: Final = frozenset({"unknown_character", "unknown_emotion"})


@dataclass(frozen=True, slots=True)
class Retry:
    """Call `Protocol.retry(to)` after `seconds`."""

    to: Ref
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a server message answers. `swallow` hides it from the program: it has seen it before,
    or it is the failure of something the client tries again by itself."""

    to: Ref | None = None
    swallow: bool = False
    retry: Retry | None = None


def ref_of(message: ClientMessage) -> Ref | None:
    """What will be answered when this message is; None for messages without an answer."""
    match message:
        case Line(partial=False):
            return ("line", message.character, message.id)
        case Read():
            return ("read", message.id)
        case CharacterPut():
            return ("put", message.character)
        case CharacterDrop():
            return ("drop", message.character)
        case Watch():
            return ("watch", message.character)
        case Unwatch():
            return ("unwatch", message.character)
        case Ping():
            return ("ping", message.token)
        case _:
            return None


class Requests:
    """The table of requests. `outgoing` gathers what to send and is emptied by `drain`.

    At most `most` requests wait for answers; one more is an `Overflow`.
    """

    def __init__(self, most: int = 256) -> None:
        self.pending: dict[Ref, Request] = {}
        self.characters: dict[str, CharacterPut] = {}
        self.watches: dict[str, Watch] = {}
        self._most = most
        self._restoring: set[Ref] = set()
        self._held: dict[str, list[Ref]] = {}
        self._barriers: dict[str, Ref] = {}
        self._barrier = 0
        self._again: deque[Ref] = deque(maxlen=most)  # sent again, so may be answered twice
        self._outgoing: list[ClientMessage] = []

    # ── asking ───────────────────────────────────────────────────────────────────────────────────

    def add(self, request: Request, ref: Ref) -> None:
        """Wait for an answer to `request`. Raises `InvalidRequest` while `ref` waits already."""
        if ref in self.pending and ref not in self._restoring:
            raise InvalidRequest(f"{' '.join(ref)} waits for an answer already")
        if len(self.pending) >= self._most:
            raise Overflow(f"{self._most} requests wait for answers; this one was not sent")
        self._restoring.discard(ref)
        self.pending[ref] = request
        if isinstance(request, Unwatch):
            self.watches.pop(request.character, None)
            self._forget(("watch", request.character))

    def cancel(self, ref: Ref) -> None:
        """Nobody waits for this answer any more, and the request is not sent again."""
        self.pending.pop(ref, None)

    def send(self, ref: Ref) -> None:
        """Send a pending request now; unknown ones are left alone."""
        request = self.pending.get(ref)
        if request is None:
            return
        self._outgoing.append(request)
        if isinstance(request, Watch | Unwatch):
            self._outgoing.append(Ping(token=self._new_barrier(ref)))

    def drain(self) -> list[ClientMessage]:
        """What to send, in order, once."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def _new_barrier(self, ref: Ref) -> str:
        self._barrier += 1
        token = f"barrier:{self._barrier}"
        self._barriers[token] = ref
        return token

    # ── after a lost connection ──────────────────────────────────────────────────────────────────

    def disconnected(self) -> None:
        """What was about to be sent is sent when the next connection is open."""
        self._outgoing.clear()
        self._held.clear()
        self._barriers.clear()

    def resumed(self) -> None:
        """The session goes on: behind a barrier, for the answers missed come before its pong."""
        if self.pending:
            self._outgoing.append(Ping(token=self._new_barrier(("resumed",))))

    def restart(self) -> None:
        """The session is a new one: restore characters and watches, then ask everything again."""
        for name, put in self.characters.items():
            self._restore(("put", name), put)
        for name, watch in self.watches.items():
            self._restore(("watch", name), watch)
        faces = [ref for ref in self.pending if ref[0] == "put"]
        for ref in faces:
            self._send_again(ref)
            self._held[ref[1]] = []
        for ref in [ref for ref in self.pending if ref[0] != "put"]:
            if ref[1] in self._held:
                self._held[ref[1]].append(ref)
            else:
                self._send_again(ref)

    def _restore(self, ref: Ref, request: Request) -> None:
        if ref not in self.pending:
            self.pending[ref] = request
            self._restoring.add(ref)

    def _send_again(self, ref: Ref) -> None:
        self._again.append(ref)
        self.send(ref)

    # ── answers ──────────────────────────────────────────────────────────────────────────────────

    def answered(self, message: ServerMessage) -> Verdict:
        """Which request `message` answers; what waited for that is added to what is to be sent."""
        match message:
            case Emotion(final=True):
                return self._on_once(("line", message.character, message.line))
            case Reading():
                return self._on_once(("read", message.id))
            case CharacterReady():
                return self._on_ready(message.character)
            case CharacterDropped():
                return self._on_dropped(message)
            case Pong():
                return self._on_pong(message.token)
            case Error():
                return self._on_error(message)
            case _:
                return Verdict()

    def _on_once(self, ref: Ref) -> Verdict:
        known = self._forget(ref)
        return Verdict(ref if known else None, swallow=not known and ref in self._again)

    def _on_ready(self, character: str) -> Verdict:
        ref = ("put", character)
        put = self.pending.get(ref)
        if isinstance(put, CharacterPut):
            self.characters[character] = put
        return self._settle(ref, character)

    def _settle(self, ref: Ref, character: str) -> Verdict:
        """The face of `character` is there, or will not come: what waited for it goes on."""
        mine = ref not in self._restoring
        known = self._forget(ref)
        for waiting in self._held.pop(character, []):
            self._send_again(waiting)
        return Verdict(ref if known and mine else None)

    def _on_dropped(self, message: CharacterDropped) -> Verdict:
        name = message.character
        if message.reason == "replaced":
            return Verdict()
        self.characters.pop(name, None)
        watch = self.watches.pop(name, None)
        if self._forget(("drop", name)):
            return Verdict(("drop", name))
        if watch is None:
            return Verdict()
        self._restore(("watch", name), watch)  # it may come back, as an overlay's owner does
        return Verdict(retry=Retry(("watch", name), UNSEEN_S))

    def _on_pong(self, token: str) -> Verdict:
        ref = self._barriers.pop(token, ("ping", token))
        if ref == ("resumed",):
            for unsure in list(self.pending):
                self._send_again(unsure)
            return Verdict()
        request = self.pending.get(ref)
        if isinstance(request, Watch):
            self.watches[request.character] = request
        mine = ref not in self._restoring
        return Verdict(ref if self._forget(ref) and mine else None)

    def _on_error(self, error: Error) -> Verdict:
        ref = self._blamed(error)
        if ref is None:
            return self._on_stray_error(error)
        if ref in self._restoring:
            return self._on_restore_failed(ref, error)
        if ref[0] == "put":
            return self._settle(ref, ref[1])
        self._forget(ref)
        return Verdict(ref)

    def _on_stray_error(self, error: Error) -> Verdict:
        """A character that is watched here and unknown there has gone without our seeing it."""
        watch = self.watches.get(error.ref or "")
        if error.code != "unknown_character" or watch is None:
            return Verdict()
        self._restore(("watch", watch.character), watch)
        return Verdict(retry=Retry(("watch", watch.character), UNSEEN_S))

    def _on_restore_failed(self, ref: Ref, error: Error) -> Verdict:
        seconds = None if error.retry_ms is None else error.retry_ms / 1000
        if ref[0] == "watch" and error.code == "unknown_character":
            seconds = UNSEEN_S
        if seconds is not None:
            self._barriers = {t: r for t, r in self._barriers.items() if r != ref}
            return Verdict(swallow=True, retry=Retry(ref, seconds))
        wanted = self.characters if ref[0] == "put" else self.watches
        wanted.pop(ref[1], None)
        self._settle(ref, ref[1])
        return Verdict()

    def _blamed(self, error: Error) -> Ref | None:
        """The pending request an error is about; lines first, for their ids are the most exact."""
        for ref in self.pending:
            if ref[0] == "line" and ref[2] == error.ref:
                return ref
        for ref in self.pending:
            foreign = ref[0] == "put" and error.code in _NOT_OF_A_PUT
            if ref[0] not in ("line", "ping") and ref[1] == error.ref and not foreign:
                return ref
        return None

    def _forget(self, ref: Ref) -> bool:
        self._restoring.discard(ref)
        return self.pending.pop(ref, None) is not None
