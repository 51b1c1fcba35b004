"""The small change of Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LOST: Final = "∞"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; None is a dash."""
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = ("–" if cell is None else str(cell) for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ms(value: float | None, digits: int = 1) -> str:
    """Milliseconds; None is what a lost answer makes of a percentile."""
    return LOST if value is None else f"{value:.{digits}f}"


def share(value: float) -> str:
    """As a percentage."""
    return f"{100 * value:.1f} %"


def kept(verdict: bool) -> str:
    """Whether something is as wanted."""
    return "yes" if verdict else "**no**"
