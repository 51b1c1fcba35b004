"""The face over time: emotion events in, an expression at any moment out.

A face goes through one path after each event, all of it known when the event comes:

    present ──transition_ms──▶ target ──hold_ms──▶ target ──decay_ms──▶ neutral

An event in the middle starts a new path from the present expression, so the face never jumps.
Targets and outputs lie on a grid of 1/16: a transition walks through few distinct expressions,
and walks through the same ones again next time. The path itself is not quantised.

Only the emotions other than neutral move by themselves; neutral is what they leave over, and all
there is at rest. A set of emotions without a neutral one rests at all zeros.

Behind the emotions stand two channels, `blink` and `mouth_open` (`EXTRA_CHANNELS`). `express` moves
them along the same path. A face may also blink by itself and move its mouth while it speaks
(`liveliness`): that is laid over the path and takes only the room that the path leaves, so lids
which are closed already do not blink. Whoever looks says which channels it can show; without any,
a face at rest does not change, whatever its knobs say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from msgspec import UNSET

from emopic_client.wire import CharacterOptions, MarkMode
from emopic_engine.emotions import EXTRA_CHANNELS
from emopic_server.core.liveliness import QUARTERS, Blinks, Speech
from emopic_server.core.movement import (
    EASE_BOTH,
    EASE_OUT,
    STEPS,
    Move,
    Weights,
    levels_of,
    on_grid,
)

_TICK: Final = 5e-7  # seconds; changes are placed in time to within a microsecond


class OutOfRange(ValueError):
    """A number from a client lies outside its range. `message` names value and range."""

    code: Final = "bad_field"

    def __init__(self, name: str, value: float, low: float, high: float) -> None:
        self.name = name
        self.value = value
        self.message = f"{name} must lie in {low:g} … {high:g}, got {value:g}"
        super().__init__(self.message)


RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "strength": (0, 2),
    "contrast": (0.1, 10),
    "transition_ms": (0, 10_000),
    "hold_ms": (0, 3_600_000),
    "decay_ms": (0, 60_000),
    "min_confidence": (0, 1),
    "max_emotions": (1, 64),
}


@dataclass(frozen=True)
class Knobs:
    """How a face follows its emotions; `RANGES` has the bounds, `wire.CharacterOptions` the words.

    `bake`, `mark` and `background` are about its pictures; the animator does not look at them.
    Raises `OutOfRange`.
    """

    strength: float = 1.0
    contrast: float = 1.0
    transition_ms: int = 350
    hold_ms: int = 2500
    decay_ms: int = 1200
    min_confidence: float = 0.35
    max_emotions: int = 2
    blink: bool = False
    speak: bool = False
    bake: bool = False
    mark: MarkMode = "off"
    background: str = "keep"

    def __post_init__(self) -> None:
        for name in RANGES:
            _check(name, getattr(self, name))

    def merge(self, options: CharacterOptions) -> Knobs:
        """These knobs with those that `options` sets. Raises `OutOfRange`."""
        given = {f.name: getattr(options, f.name) for f in fields(self)}
        return replace(self, **{name: v for name, v in given.items() if v is not UNSET})


def _check(name: str, value: float) -> None:
    low, high = RANGES[name]
    if not low <= value <= high:
        raise OutOfRange(name, value, low, high)


def intensity(scores: Sequence[float], neutral: int | None) -> float:
    """How strongly a face shows these scores, in [0, 1]: the largest score that is not neutral."""
    felt = [score for i, score in enumerate(scores) if i != neutral]
    return min(1.0, max(0.0, *felt)) if felt else 0.0


# ── the animator ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Heard:
    """A line and its scores; `text` is to be said, None where a line is not finished."""

    scores: Sequence[float]
    line: str
    text: str | None


class Animator:
    """One character's face. `knobs` may be replaced at any time and count from the next event.

    `line` is the line that moved the face last, None after `express`. Events are given in the
    order of their `now` (seconds); an earlier `now` than the last one counts as that one. Weights
    have one place for each of the `emotions`; `neutral` is the place of the neutral one. `seed`
    decides when it blinks. `shares` tells of each emotion how far it closes the lids and opens the
    mouth by itself, in the order of `EXTRA_CHANNELS`; None: not at all.
    """

    def __init__(
        self,
        emotions: int,
        neutral: int | None,
        knobs: Knobs,
        *,
        seed: int = 0,
        shares: Sequence[Sequence[float]] | None = None,
    ) -> None:
        if emotions < 1 or (neutral is not None and not 0 <= neutral < emotions):
            raise ValueError(f"no place {neutral} for neutral among {emotions} emotions")
        self._emotions = emotions
        self._neutral = neutral
        self._shares = shares or [(0.0,) * len(EXTRA_CHANNELS)] * emotions
        self.knobs = knobs
        self.line: str | None = None
        rest = (0.0,) * (emotions + len(EXTRA_CHANNELS))
        self._rise = Move(-math.inf, 0.0, rest, rest, EASE_OUT)
        self._decay = self._rise
        self._locked = False
        self._blinks = Blinks(seed)
        self._speech = Speech(seed)

    def follow(self, lines: Sequence[Heard], now: float) -> bool:
        """`say` and `feel` lines that came at the same moment, in their order.

        Returns whether the face goes another way from now on. The last of them that is said and
        the last that is felt leave nothing of those before, which are therefore passed over.
        """
        said = felt = None
        for heard in reversed(lines):
            if said is None and heard.text is not None:
                said = heard
            if felt is None and self._heeds(heard.scores, now):
                felt = heard
        moved = False
        for heard in lines:
            if heard is said and heard.text is not None:
                moved |= self.say(heard.text, now, line=heard.line)
            if heard is felt:
                self._feel(heard.scores, now, heard.line)
                moved = True
        return moved

    def feel(self, scores: Sequence[float], now: float, *, line: str | None = None) -> bool:
        """Take in the scores of a line; returns whether the face goes another way from now on.

        Scores whose top is below `min_confidence` change nothing, and none do while the face is
        locked. Raises `ValueError` for a wrong number of scores or one that is negative or not
        finite.
        """
        heeded = self._heeds(scores, now)
        if heeded:
            self._feel(scores, now, line)
        return heeded

    def say(self, text: str, now: float, *, line: str | None = None) -> bool:
        """Move the mouth as if saying `text`, if the knobs say so and the face is not locked.

        Returns whether it does. A line that is being said is cut off.
        """
        if not self.knobs.speak or self._is_locked(now):
            return False
        self._speech.say(text, now)
        self.line = line
        return True

    def express(
        self,
        weights: Sequence[float],
        now: float,
        *,
        hold_ms: int | None = None,
        lock: bool = False,
    ) -> None:
        """Show `weights` as they are, for `hold_ms` after the transition.

        Weights are those of the emotions, and may go on with those of the extra channels. With
        `lock`, lines do not move the face until then or until the next `express`. Neither strength
        nor contrast applies, and the weight of neutral is not looked at. Raises `OutOfRange` for a
        weight outside [0, 1] or a bad `hold_ms`, `ValueError` for a wrong number of weights.
        """
        whole = len(weights) == self._emotions + len(EXTRA_CHANNELS)
        self._check_places(weights, 1.0, self._emotions + whole * len(EXTRA_CHANNELS))
        hold = self.knobs.hold_ms if hold_ms is None else hold_ms
        _check("hold_ms", hold)
        self._go(weights, now, hold)
        self._locked = lock
        self.line = None

    def at(self, now: float) -> tuple[float, ...]:
        """The emotions shown at `now`: weights in [0, 1] in steps of 1/16."""
        return self.seen(()).at(now)

    def next_change(self, now: float) -> float | None:
        """When that next differs from `at(now)`, to within 1 µs; None at rest."""
        return self.seen(()).next_change(now)

    def seen(self, channels: Sequence[str], *, alive: bool = True) -> Seen:
        """The face as one sees it who can show these extra channels.

        Without `alive` it neither blinks nor speaks by itself: for those who look so seldom that
        a blink would become a stare.
        """
        return Seen(self, tuple(name in channels for name in EXTRA_CHANNELS), alive)

    # ── for `Seen` ───────────────────────────────────────────────────────────────────────────────

    def expression(self, now: float, shown: tuple[bool, ...], alive: bool) -> tuple[float, ...]:
        """See `Seen.at`."""
        levels = list(levels_of(self._weights(now)))
        extras = [self._extra(i, levels, now, alive) if shown[i] else 0 for i in range(len(shown))]
        del levels[self._emotions :]
        if self._neutral is not None:
            levels[self._neutral] = max(0, STEPS - sum(levels))
        return tuple(level / STEPS for level in (*levels, *(extras if any(extras) else ())))

    def _extra(self, place: int, levels: Sequence[int], now: float, alive: bool) -> int:
        """A channel's level: what `express` asks for, and the face's own doing in what is left."""
        own = levels[self._emotions + place]
        natural = self._natural(place).at(now) if alive and self._acts(place) else 0
        return own + math.floor(natural * self._room(place, levels) / QUARTERS + 0.5)

    def _room(self, place: int, levels: Sequence[int]) -> float:
        """How much further lids or mouth can go, in steps."""
        emotions = zip(levels[: self._emotions], self._shares, strict=True)
        taken = math.fsum(level * share[place] for level, share in emotions)
        return max(0.0, STEPS - levels[self._emotions + place] - taken)

    def _natural(self, place: int) -> Blinks | Speech:
        return (self._blinks, self._speech)[place]

    def _acts(self, place: int) -> bool:
        return (self.knobs.blink, self.knobs.speak)[place]

    def next_step(self, now: float, shown: tuple[bool, ...], alive: bool) -> float | None:
        """When the path or the face's own doing next moves on; it may make no difference."""
        levels = levels_of(self._weights(now))
        watched = levels if any(shown) else levels[: self._emotions]
        moments = [self._next_crossing(now, watched)]
        for place, name_shown in enumerate(shown):
            # With less room than half a step, a blink is not to be seen until the path moves on.
            if alive and name_shown and self._acts(place) and self._room(place, levels) >= 0.5:
                moments.append(self._natural(place).next_change(now))
        return min((moment for moment in moments if moment is not None), default=None)

    def _next_crossing(self, now: float, levels: tuple[int, ...]) -> float | None:
        for move in (self._rise, self._decay):
            when = move.crossing(levels) if now < move.end else None
            if when is not None:
                return self._settle(max(now, when), levels)
        return None

    # ── within ───────────────────────────────────────────────────────────────────────────────────

    def _heeds(self, scores: Sequence[float], now: float) -> bool:
        """Whether scores move the face. Raises as `feel` does."""
        self._check_places(scores, math.inf)
        return max(scores) >= self.knobs.min_confidence and not self._is_locked(now)

    def _feel(self, scores: Sequence[float], now: float, line: str | None) -> None:
        self._go(self._mix(scores), now, self.knobs.hold_ms)
        self._locked = False  # it has run out, or these scores would not be heeded
        self.line = line

    def _is_locked(self, now: float) -> bool:
        """Until the way back begins; the events' own time counts, as in `_go`."""
        return self._locked and max(now, self._rise.start) < self._decay.start

    def _settle(self, when: float, levels: tuple[int, ...]) -> float:
        """The crossing is computed with the inverse, so it may be a rounding error too early."""
        while levels_of(self._weights(when))[: len(levels)] == levels:
            when += max(_TICK, math.ulp(when))
        return when

    def _weights(self, now: float) -> Weights:
        return (self._rise if now < self._decay.start else self._decay).at(now)

    def _go(self, weights: Sequence[float], now: float, hold_ms: int) -> None:
        now = max(now, self._rise.start)
        rest = (0.0,) * len(self._rise.target)
        target = [on_grid(w) if w and i != self._neutral else 0.0 for i, w in enumerate(weights)]
        target += [0.0] * (len(rest) - len(target))
        seconds = self.knobs.transition_ms / 1000
        origin = self._weights(now)
        self._rise = Move(now, seconds, origin, tuple(target), EASE_OUT)
        self._decay = Move(
            self._rise.end + hold_ms / 1000,
            self.knobs.decay_ms / 1000,
            tuple(target),
            rest,
            EASE_BOTH,
        )

    def _mix(self, scores: Sequence[float]) -> list[float]:
        """Sharpen, keep the strongest `max_emotions` (neutral counts as one), scale."""
        top = max(scores)
        if top <= 0.0:
            return [0.0] * self._emotions
        powers = [(score / top) ** self.knobs.contrast for score in scores]
        scale = self.knobs.strength / math.fsum(powers)
        ranked = sorted(range(self._emotions), key=powers.__getitem__, reverse=True)
        kept = set(ranked[: self.knobs.max_emotions])
        return [power * scale if i in kept else 0.0 for i, power in enumerate(powers)]

    def _check_places(self, values: Sequence[float], high: float, places: int = 0) -> None:
        if len(values) != (places or self._emotions):
            raise ValueError(f"{len(values)} values for {self._emotions} emotions")
        for place, value in enumerate(values):
            if not (0.0 <= value <= high and math.isfinite(value)):
                raise OutOfRange(f"value {place}", value, 0, high)


class Seen:
    """A face as one looks at it who can show some of the extra channels: see `Animator.seen`."""

    __slots__ = ("_alive", "_animator", "_shown")

    def __init__(self, animator: Animator, shown: tuple[bool, ...], alive: bool) -> None:
        self._animator = animator
        self._shown = shown
        self._alive = alive

    def at(self, now: float) -> tuple[float, ...]:
        """The expression at `now`: weights in [0, 1] in steps of 1/16.

        One for each emotion; where an extra channel is not 0, one for each of them too.
        """
        return self._animator.expression(now, self._shown, self._alive)

    def next_change(self, now: float) -> float | None:
        """When it next differs from `at(now)`, to within 1 µs; None at rest."""
        present = self.at(now)
        moment: float | None = now
        while moment is not None:
            moment = self._animator.next_step(moment, self._shown, self._alive)
            if moment is not None and self.at(moment) != present:
                return moment
        return None
