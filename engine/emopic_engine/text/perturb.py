"""Changes to a line that leave its meaning alone, for measuring what a model relies on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

_DECORATION: Final = re.compile(r"(?:[\sㄱ-ㅎㅏ-ㅣ!?.~,^…;]|[\U0001F300-\U0001FAFF❤️])+$")


def no_spaces(text: str) -> str:
    """The line with every space removed."""
    return text.replace(" ", "")


def bare(text: str) -> str:
    """The line without trailing jamo, punctuation and emoji; itself if nothing would be left."""
    return _DECORATION.sub("", text) or text


@dataclass(frozen=True)
class Perturbation:
    """A change, and the emotions it leaves alone (None: every one)."""

    change: Callable[[str], str]
    keeps: frozenset[str] | None = None

    def applies(self, label: str) -> bool:
        """Whether a line with this label (its English name) still has it after the change."""
        return self.keeps is None or label in self.keeps


def _appended(mark: str, *keeps: str) -> Perturbation:
    return Perturbation(lambda text: f"{text}{mark}", frozenset(keeps) if keeps else None)


MEANING_STAYS: Final[Mapping[str, Perturbation]] = {
    "no spaces": Perturbation(no_spaces),
    "+ ㅋㅋ": _appended(" ㅋㅋ", "joy", "anger", "neutral", "surprise"),
    "+ ㅠㅠ": _appended(" ㅠㅠ", "joy", "anxiety", "sadness"),
    "+ !!": _appended("!!"),
    "+ ...": _appended("..."),
}
"""`ㅋㅋ` turns grief and worry into a joke; `ㅠㅠ` makes a plain, an angry or a surprised line a
plaintive one. There the label itself may change, so those pairs are left out."""
