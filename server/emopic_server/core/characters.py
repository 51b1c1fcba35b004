"""The characters: who owns each, its face, and how its expression moves."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from emopic_client.wire import CharacterOptions, CharacterPut, Express, HistoryMode, Limits
from emopic_engine.emotions import EXTRA_CHANNELS, Emotions, channel_shares
from emopic_engine.errors import PictureError
from emopic_engine.face.sprite_files import pack_named
from emopic_server.core.animator import Animator, Knobs, OutOfRange
from emopic_server.core.session import Session
from emopic_server.core.watch import View, Wanted
from emopic_server.core.work import Background, CharacterKey, FaceLike, Kept
from emopic_server.errors import Refusal


class Character:
    """A named face. `face` is None until the engine has registered it.

    `wanted` is the generation asked for last, `generation` the one `face` has; they differ while
    a new face is on its way. `n` numbers the states. `owners` and `watchers` are session ids.
    `origin` is what a store will keep once the face on its way has come. `history` is what may be
    kept of lines to it. `background` is what stands behind it instead of what was there.
    """

    __slots__ = (
        "animator",
        "background",
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
        self.background: Background | None = None
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

    def __init__(self, emotions: Emotions) -> None:
        self._emotions = emotions
        # A mouth that is wide open already still moves when it speaks: it gives up half its way.
        self._shares = [(lids, mouth / 2) for lids, mouth in channel_shares(emotions)]
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
            self._all[key] = Character(key, self._animator(key[1]))
        return self._all[key]

    def _animator(self, name: str) -> Animator:
        """A face that blinks at times of its own: the same name, the same times."""
        emotions = self._emotions
        return Animator(
            len(emotions),
            emotions.neutral,
            Knobs(),
            seed=zlib.crc32(name.encode()),
            shares=self._shares,
        )

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


def weights(emotions: Emotions, message: Express) -> list[float]:
    """What a client asks a face to show: emotions, then extra channels. Raises `Refusal`."""
    names = (*emotions.names, *EXTRA_CHANNELS)
    found = [0.0] * len(names)
    for name, weight in message.expression.items():
        if name not in names:
            known = ", ".join(names)
            raise Refusal("unknown_emotion", f"there is no emotion {name!r}: use {known}")
        found[names.index(name)] = weight
    return found


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `Refusal` unless a number lies in its range."""
    if not low <= value <= high:
        raise Refusal("bad_field", f"{name} must lie in {low:g} … {high:g}, got {value:g}")


def uploaded(message: CharacterPut, limits: Limits) -> bytes | None:
    """The picture that a `character.put` brings, or its set of pictures as a ZIP.

    Raises `Refusal` when that is too large, or two pictures have one name.
    """
    parts = [message.face or b"", message.backdrop or b"", *(message.sprites or {}).values()]
    size = sum(map(len, parts))
    if size > limits.face_bytes:
        raise Refusal(
            "picture_too_large",
            f"a face may have {limits.face_bytes} bytes, got {size}",
            ref=message.character,
        )
    if message.sprites is None:
        return message.face
    try:
        return pack_named(message.sprites)
    except PictureError as error:
        raise Refusal(error.code, error.message, ref=message.character) from error


def knobs(options: CharacterOptions) -> Knobs:
    """The default knobs with a client's options. Raises `Refusal`."""
    try:
        return Knobs().merge(options)
    except OutOfRange as error:
        raise Refusal("bad_field", f"options.{error.message}") from error
