"""The characters: who owns each, its face, and how its expression moves."""

from __future__ import annotations

from collections.abc import Iterator

from emopic_client.wire import CharacterOptions, HistoryMode
from emopic_server.core.animator import Animator, Knobs, OutOfRange
from emopic_server.core.session import Session
from emopic_server.core.watch import View, Wanted
from emopic_server.core.work import CharacterKey, FaceLike, Kept
from emopic_server.errors import Refusal


class Character:
    """A named face. `face` is None until the engine has registered it.

    `wanted` is the generation asked for last, `generation` the one `face` has; they differ while
    a new face is on its way. `n` numbers the states. `owners` and `watchers` are session ids.
    `origin` is what a store will keep once the face on its way has come. `history` is what may be
    kept of lines to it.
    """

    __slots__ = (
        "animator",
        "face",
        "generation",
        "history",
        "key",
        "n",
        "next_knobs",
        "origin",
        "owners",
        "views",
        "wanted",
        "watchers",
    )

    def __init__(self, key: CharacterKey, animator: Animator) -> None:
        self.key = key
        self.animator = animator
        self.face: FaceLike | None = None
        self.generation = 0
        self.wanted = 0
        self.next_knobs = animator.knobs
        self.n = 0
        self.origin: Kept | None = None
        self.history: HistoryMode | None = None
        self.owners: set[str] = set()
        self.watchers: set[str] = set()
        self.views: dict[Wanted, View] = {}

    @property
    def id(self) -> str:
        """The name clients use."""
        return self.key[1]

    @property
    def shared(self) -> bool:
        """Whether the whole group sees it."""
        return self.key[0].startswith("group:")

    def number(self) -> int:
        """The number of the next state."""
        self.n += 1
        return self.n


class Characters:
    """All characters by key."""

    def __init__(self, emotions: int, neutral: int | None) -> None:
        self._emotions = emotions
        self._neutral = neutral
        self._all: dict[CharacterKey, Character] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Character]:
        return iter(self._all.values())

    def get(self, key: CharacterKey) -> Character | None:
        """The character of this key."""
        return self._all.get(key)

    def add(self, key: CharacterKey) -> Character:
        """The character of this key, made if there is none."""
        if key not in self._all:
            self._all[key] = Character(key, Animator(self._emotions, self._neutral, Knobs()))
        return self._all[key]

    def count(self, group: str) -> int:
        """How many shared characters a group has."""
        return sum(key[0] == group for key in self._all)

    def remove(self, key: CharacterKey) -> None:
        """Forget a character."""
        self._all.pop(key, None)

    def seen_by(self, session: Session, name: str) -> Character | None:
        """What `name` means to a session: its own character, else its group's."""
        own = self._all.get((session.id, name))
        return own if own is not None else self._all.get((session.group, name))

    def find(self, session: Session, name: str, ref: str | None = None) -> Character:
        """Like `seen_by`; raises `Refusal` (`unknown_character`)."""
        character = self.seen_by(session, name)
        if character is None:
            raise Refusal(
                "unknown_character",
                f"there is no character {name!r}: put it first",
                ref=name if ref is None else ref,
            )
        return character


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `Refusal` unless a number lies in its range."""
    if not low <= value <= high:
        raise Refusal("bad_field", f"{name} must lie in {low:g} … {high:g}, got {value:g}")


def knobs(options: CharacterOptions) -> Knobs:
    """The default knobs with a client's options. Raises `Refusal`."""
    try:
        return Knobs().merge(options)
    except OutOfRange as error:
        raise Refusal("bad_field", f"options.{error.message}") from error
