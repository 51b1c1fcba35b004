"""An explanation for reading and for JSON."""

from __future__ import annotations

from typing import Any, Final

from rich.text import Text

from emopic_engine.emotions import Emotions
from emopic_engine.text.explain import Explanation

_SHOWN: Final = 0.01
"""Parts that moved the answer by less are shown plain."""


def explanation_row(found: Explanation, emotions: Emotions) -> dict[str, Any]:
    """Plain values: the answer, its scores, and for each part how far it moved each emotion."""
    names = emotions.names
    values = found.scores.values.tolist()
    return {
        "text": found.line,
        "top": names[found.scores.top],
        "scores": {name: round(value, 4) for name, value in zip(names, values, strict=True)},
        "parts": [
            {
                "text": part.text,
                "moved": {
                    name: round(change, 4)
                    for name, change in zip(names, part.moved.tolist(), strict=True)
                },
            }
            for part in found.parts
        ],
    }


def explanation_text(found: Explanation, emotions: Emotions) -> Text:
    """One line: the answer, then the parts, green where they spoke for it, red where against.

    Behind a part that spoke against stands the emotion that it spoke for the most.
    """
    top = found.scores.top
    shown = Text.assemble(
        (emotions.korean[top], "bold"),
        f" {emotions.names[top]:<9} {float(found.scores.values[top]):.2f}  ",
    )
    for place, part in enumerate(found.parts):
        change = float(part.moved[top])
        shown.append(found.joiner if place else "")
        if abs(change) < _SHOWN:
            shown.append(part.text)
            continue
        rival = int(part.moved.argmax())
        instead = f" {emotions.names[rival]}" if change < 0 and rival != top else ""
        weight = "bold " if abs(change) >= 0.2 else ""
        shown.append(part.text, f"{weight}{'green' if change > 0 else 'red'}")
        shown.append(f"({change:+.2f}{instead})", "dim")
    return shown
