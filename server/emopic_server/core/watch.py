"""Who sees what of a character: the watches of sessions, and the views they share.

A view is what one pass of the renderer serves: the frames of one character with one set of
options, or its blendshapes with one set of names. However many watch it, its expression is
sampled, rendered and encoded once.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

import msgspec

from emopic_client.wire import BlendshapeSet, FrameOptions
from emopic_server.core.shelf import Shelf
from emopic_server.core.work import CharacterKey

Expression: TypeAlias = tuple[float, ...]
Wanted: TypeAlias = FrameOptions | BlendshapeSet

BLENDSHAPE_FPS: Final = 30
FORESIGHT_S: Final = 0.15
LIVELY_FPS: Final = 12
"""Watchers of fewer frames a second see no blink, for one frame of it would be a stare."""
_EPSILON: Final = 1e-6  # seconds; a timer may be this much early


class Moving(Protocol):
    """A face over time, as `core.animator.Seen` and `Animator`."""

    def at(self, now: float) -> Expression: ...
    def next_change(self, now: float) -> float | None: ...


@dataclass(slots=True)
class Seat:
    """One watcher of one view.

    `shown` is the expression queued for it last. `whole` is the generation of the face of which it
    holds a full picture (None: none), `queued` that of the last full picture queued for it. `shelf`
    says which pictures it keeps.
    """

    shown: Expression | None = None
    whole: int | None = None
    queued: int | None = None
    shelf: Shelf = field(default_factory=lambda: Shelf(0))

    def restart(self) -> None:
        """The watcher holds nothing; the next picture has to be a full one."""
        self.shown = self.whole = self.queued = None
        self.shelf.clear()


@dataclass(slots=True)
class Watch:
    """What one session wants of one character. `text`: its emotions carry their lines' text."""

    key: CharacterKey
    frames: FrameOptions | None
    blendshapes: BlendshapeSet | None
    text: bool = False
    frame_seat: Seat = field(default_factory=Seat)
    shape_seat: Seat = field(default_factory=Seat)

    def __post_init__(self) -> None:
        if self.frames is not None:
            self.frame_seat.shelf = Shelf(self.frames.keep)

    @property
    def wanted(self) -> list[tuple[Wanted, Seat]]:
        """The views to sit in, with the seats. What a watcher keeps is no matter of the view."""
        frames = None if self.frames is None else msgspec.structs.replace(self.frames, keep=0)
        pairs = ((frames, self.frame_seat), (self.blendshapes, self.shape_seat))
        return [(wanted, seat) for wanted, seat in pairs if wanted is not None]

    def restart(self) -> None:
        """The client has missed states: begin anew."""
        self.frame_seat.restart()
        self.shape_seat.restart()


class View:
    """One stream of states of a character, and the seats of its watchers by session.

    The expression is sampled one interval ahead, for that is when it will be seen. `last` is the
    one that was asked for last, as it is at the moment `reached`; `forced` asks for the next even
    if it is the same, `urgent` for the next to go before others. `shown` is the number of the
    newest state given to watchers, `stirred` the moment of a `hurry` without a state after it.
    """

    __slots__ = (
        "character",
        "forced",
        "id",
        "interval",
        "last",
        "options",
        "reached",
        "seats",
        "shown",
        "slot",
        "stirred",
        "troubled",
        "urgent",
    )

    def __init__(self, view_id: int, character: CharacterKey, options: Wanted) -> None:
        self.id = view_id
        self.character = character
        self.options = options
        self.interval = 1.0 / (BLENDSHAPE_FPS if isinstance(options, str) else options.fps)
        self.seats: dict[str, Seat] = {}
        self.last: Expression | None = None
        self.reached = -math.inf
        self.forced = True
        self.urgent = True
        self.slot = 0.0
        self.shown = 0
        self.stirred: float | None = None
        self.troubled = ""

    @property
    def lively(self) -> bool:
        """Whether blinks are quick enough to be seen as such."""
        return self.interval * LIVELY_FPS <= 1.0 + _EPSILON

    def hurry(self, now: float) -> None:
        """The face goes another way from now on: show it without waiting for the next slot."""
        self.slot = self.stirred = now
        self.reached = -math.inf
        self.urgent = True

    def force(self, now: float) -> None:
        """Give the next state even if the expression has not changed."""
        self.forced = True
        self.slot = now
        self.urgent = True

    def retry(self, when: float) -> None:
        """The engine failed on a frame: ask again, but not at once."""
        self.forced = True
        self.slot = when

    def sample(self, face: Moving, now: float) -> Expression | None:
        """The expression to show now, or None when it is too early or nothing has changed."""
        if now + _EPSILON < self.slot:
            return None
        self.reached = self._ahead(now)
        if self.urgent and not self.forced:
            self._foresee(face, now)
        expression = face.at(self.reached)
        if expression == self.last and not self.forced:
            self.urgent = False
            return None
        self.last = expression
        self.forced = False
        following = self.slot + self.interval
        self.slot = following if following > now else now + self.interval
        return expression

    def due(self, face: Moving, now: float) -> float | None:
        """When to sample again; None while nothing will change by itself."""
        ahead = self._ahead(now)
        if self.forced or face.at(ahead) != self.last:
            return max(self.slot, now)
        change = face.next_change(ahead)
        return None if change is None else max(self.slot, change - self.interval)

    def _ahead(self, now: float) -> float:
        """The moment to show now; never one before what has been shown."""
        return max(now + self.interval, self.reached)

    def _foresee(self, face: Moving, now: float) -> None:
        """A small change would first be seen intervals later: take its first step already now."""
        if face.at(self.reached) == self.last:
            change = face.next_change(self.reached)
            if change is not None and change <= now + FORESIGHT_S:
                self.reached = change

    def wants_patch(self, generation: int, absent: Collection[str] = ()) -> bool:
        """Whether a rectangle will do: every watcher holds a full picture of this face.

        Sessions that are `absent` get none; when they come back they begin anew.
        """
        options = self.options
        assert not isinstance(options, str)
        return options.patches and all(
            seat.whole == generation
            for session, seat in self.seats.items()
            if session not in absent
        )
