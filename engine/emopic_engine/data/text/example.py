"""What every reader hands out: a line of text, and what people said it feels like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sex = Literal["female", "male"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line, the data set it came from, and its speaker where the data set says.

    `age` is kept as the data set gives it: years (`27`), a decade (`30대`) or a group (`청년`).
    """

    text: str
    source: str
    age: str | None = None
    sex: Sex | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(Line):
    """A line with its emotion, in the label set it was read with.

    `label` is the index of the one emotion people agreed on most; `target` holds the share of each
    emotion, sum 1. The two may differ: five raters decide by majority, and their strengths shift
    the shares. `text` and `label` are all that training on hard labels needs.
    """

    label: int
    target: tuple[float, ...]
