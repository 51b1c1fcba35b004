"""Chat lines as people also type them: the same feeling without spaces, with another ending.

A model trained on tidy lines loses many points when spaces go or `ㅋㅋ` follows; it must learn that
neither decides the emotion.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import Final

_ENDINGS: Final = (
    *("ㅋㅋ", "ㅋㅋㅋㅋ", "ㅋ", "ㅎㅎ", "ㅠㅠ", "ㅜㅜ", "ㅠ", "ㄷㄷ", "ㅇㅇ", ";;", "^^"),
    *("!", "!!", "!!!", "?", "?!", "...", "..", "~", "~~", "."),
)
_DECORATION: Final = re.compile(r"(?:[\sㄱ-ㅎㅏ-ㅣ!?.~,^…;]|[\U0001F300-\U0001FAFF❤️])+$")


def no_spaces(text: str) -> str:
    """The line with every space removed."""
    return text.replace(" ", "")


def bare(text: str) -> str:
    """The line without trailing jamo, punctuation and emoji; itself if nothing would be left."""
    return _DECORATION.sub("", text) or text


PERTURBATIONS: Final[Mapping[str, Callable[[str], str]]] = {
    "spaces removed": no_spaces,
    "ending stripped": bare,
    "+ ㅋㅋ": lambda text: f"{text} ㅋㅋ",
    "+ ㅠㅠ": lambda text: f"{text} ㅠㅠ",
    "+ !!": lambda text: f"{text}!!",
    "+ ...": lambda text: f"{text}...",
}
"""Fixed changes that must not change an answer, for measuring robustness."""


def augment(text: str, chance: random.Random, share: float) -> str:
    """The line as somebody else might type it. Each kind of change happens at `share` or less."""
    if chance.random() < share / 3:
        text = bare(text)
    if chance.random() < share:
        text = _respaced(text, chance)
    if chance.random() < share:
        text += chance.choice(("", " ")) + chance.choice(_ENDINGS)
    return text


def _respaced(text: str, chance: random.Random) -> str:
    """Without spaces, or with about half of them."""
    if chance.random() < 0.5:
        return no_spaces(text)
    return "".join(c for c in text if c != " " or chance.random() < 0.5)
