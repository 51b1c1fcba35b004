"""Chat lines as people also type them: the same feeling without spaces, with another ending.

A model trained on tidy lines loses many points when spaces go or `ㅋㅋ` follows; it must learn that
neither decides the emotion. `vary` knows the line's emotion and changes only what leaves it alone;
it also cuts lines short, as a client sends them while they are typed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from emopic_engine.emotions import Emotions
from emopic_engine.text.perturb import bare, no_spaces
from emopic_engine.train.hangul import is_syllable, letters, slip
from emopic_engine.train.text_lines import TrainLine

# What may follow a line without changing its emotion, by emotion. Laughter and tears go with
# several on purpose, so that a model cannot take them for the answer.
_ANY_MARK: Final = ("!", "!!", "...", "..", "~", ".")
_MARKS: Final[Mapping[str, tuple[str, ...]]] = {
    "joy": (
        *("ㅋㅋ", "ㅋㅋㅋㅋ", "ㅋ", "ㅎㅎ", "ㅎㅎㅎ", "ㅠㅠ", "ㅜㅜ", "ㅠㅠㅠ", "!!", "!!!", "!"),
        *("~", "~~", "...", "..", "^^", "♡", "😊", "😆", "🥰", "😂", "🎉", "😭"),
    ),
    "anger": (
        *("ㅋㅋ", "ㅋㅋㅋ", "ㅋ", "ㅡㅡ", "ㅡㅡ;", "!!", "!", "!!!", ";;", "...", "..", "."),
        *("😡", "🤬", "💢", "😤"),
    ),
    "anxiety": (
        *("ㅠㅠ", "ㅜㅜ", "ㅠ", "ㅠㅠㅠ", "...", "..", "....", ";;", "ㄷㄷ", "!!", "!", "."),
        *("😰", "😨", "😥", "🥺"),
    ),
    "neutral": ("ㅋㅋ", "ㅎㅎ", "ㅋ", "ㅇㅇ", "^^", "!!", "!", "...", "..", "~", ".", "👍", "🙂"),
    "sadness": (
        *("ㅠㅠ", "ㅜㅜ", "ㅠ", "ㅠㅠㅠㅠ", "...", "..", "....", "!!", "!", ".", "ㅎ"),
        *("😢", "😭", "💔", "😞"),
    ),
    "surprise": (
        *("!!", "!!!", "!", "?!", "!?", "ㄷㄷ", "ㄷㄷㄷ", "ㅋㅋ", "ㅋㅋㅋ", "...", "..", "~"),
        *("😲", "😱", "🤯", "😳"),
    ),
}
_RUN: Final = re.compile(r"([ㅋㅎㅠㅜㄷ!?.~ㅡ])\1+")
_TAIL: Final = re.compile(r"^(.*?)([^가-힣]*)$", re.DOTALL)
# A statement in the past, future or of being there ends in a syllable with ㅆ or ㅄ and one of
# these; which one it is tells the speech level, not the feeling.
_STATEMENTS: Final = ("습니다", "어요", "어", "음", "다")
_PLAIN_YO: Final = re.compile(r"(?<=[가-힣][해아어여네지])요$")
_SHORTEST_CUT: Final = 8


@dataclass(frozen=True)
class Augmentation:
    """How often each kind of change happens to a line in an epoch, in [0, 1] each.

    `spacing` removes all spaces or some, or adds wrong ones; `marks` appends what leaves the
    emotion alone; `bare` strips what trails; `repeats` resizes `ㅋㅋㅋ` and `!!!`; `typos` is one
    slip of the keyboard; `speech` changes 했어 to 했습니다, 했음 …; `prefix` cuts the line off.
    """

    spacing: float = 0.25
    marks: float = 0.25
    bare: float = 0.08
    repeats: float = 0.15
    typos: float = 0.1
    speech: float = 0.1
    prefix: float = 0.15


NONE: Final = Augmentation(0, 0, 0, 0, 0, 0, 0)


def vary(
    line: TrainLine, chance: random.Random, share: Augmentation, emotions: Emotions
) -> TrainLine:
    """The line as somebody else might type it, or as much of it as is typed so far.

    Target, teacher and weight stay; `shown` says how much of the line was kept.
    """
    text = line.text
    if chance.random() < share.speech:
        text = other_speech(text, chance)
    if chance.random() < share.typos:
        text = slip(text, chance)
    if chance.random() < share.bare and len(bare(text)) >= _SHORTEST_CUT:
        text = bare(text)
    if chance.random() < share.repeats:
        text = resized(text, chance)
    if chance.random() < share.spacing:
        text = respaced(text, chance)
    if chance.random() < share.marks:
        text = marked(text, emotions.names[line.top], chance)
    if chance.random() < share.prefix:
        text, shown = cut(text, chance)
        return replace(line, text=text, shown=line.shown * shown)
    return replace(line, text=text)


def respaced(text: str, chance: random.Random) -> str:
    """Without spaces, with about half of them, or with some where none belong."""
    match chance.randrange(4):
        case 0 | 1:
            return no_spaces(text)
        case 2:
            return "".join(c for c in text if c != " " or chance.random() < 0.5)
        case _:
            added = [a + " " * _breaks(a, b, chance) for a, b in pairwise(text)]
            return "".join(added) + text[-1:]


def _breaks(before: str, after: str, chance: random.Random) -> int:
    return int(is_syllable(before) and is_syllable(after) and chance.random() < 0.12)


def marked(text: str, label: str, chance: random.Random) -> str:
    """With something appended that leaves the emotion (its English name) as it is."""
    mark = chance.choice(_MARKS.get(label, _ANY_MARK))
    return text + chance.choice(("", " ")) + mark


def resized(text: str, chance: random.Random) -> str:
    """Every run such as `ㅋㅋㅋ` or `!!` in another length, from two to six."""
    return _RUN.sub(lambda run: run[1] * chance.randint(2, 6), text)


def other_speech(text: str, chance: random.Random) -> str:
    """In another speech level, where its ending is one of those that are safe to change."""
    found = _TAIL.match(text)
    body, tail = (found[1], found[2]) if found else (text, "")
    if "?" not in tail:
        for ending in _STATEMENTS:
            stem = body.removesuffix(ending)
            if stem != body and stem and _closed(stem[-1]):
                return stem + chance.choice(_STATEMENTS) + tail
    return _PLAIN_YO.sub("", body) + tail


def _closed(character: str) -> bool:
    return is_syllable(character) and letters(character).final in ("ㅆ", "ㅄ")


def cut(text: str, chance: random.Random) -> tuple[str, float]:
    """A random beginning of the line, and its share of the line's characters.

    The last syllable may be half typed. A line of fewer than eight characters stays whole: its
    beginnings are lines of their own.
    """
    if len(text) < _SHORTEST_CUT:
        return text, 1.0
    length = chance.randrange(1, len(text))
    kept = text[:length].rstrip() or text[:1]
    if is_syllable(kept[-1]) and chance.random() < 0.25:
        kept = kept[:-1] + str(letters(kept[-1])._replace(final=""))
    return kept, length / len(text)
