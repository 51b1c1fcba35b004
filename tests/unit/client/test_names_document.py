"""docs/clients/names.md says what the engine sends and the bridges call it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emopic_client.bridges.vts import parameter_name
from emopic_engine.emotions import DEFAULT, BlendshapeSet, blendshapes

DOCUMENT = Path(__file__).parents[3] / "docs" / "clients" / "names.md"
ROWS = {
    cells[0].strip("`"): cells
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


def weights(cell: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"`(\w+)` ([\d.]+)", cell)}


def sent(emotion: str, names: BlendshapeSet) -> dict[str, float]:
    """What goes out at full strength; one name for both sides."""
    shapes, values = blendshapes(DEFAULT, DEFAULT.one_hot(emotion), names)
    pairs = zip(shapes, values, strict=True)
    if names != "arkit":
        return {name: round(float(value), 3) for name, value in pairs if value}
    return {re.sub("(Left|Right)$", "", n): round(float(v), 3) for n, v in pairs if v}


def test_every_emotion_has_its_row() -> None:
    assert tuple(ROWS) == DEFAULT.names


@pytest.mark.parametrize("emotion", DEFAULT.names)
def test_the_row_is_true(emotion: str) -> None:
    _, korean, vrm0, vrm1, arkit, vts, _ = ROWS[emotion]
    place = DEFAULT.names.index(emotion)
    assert korean == DEFAULT.korean[place]
    assert weights(vrm0) == sent(emotion, "vrm0")
    assert weights(vrm1) == sent(emotion, "vrm1")
    assert weights(arkit) == sent(emotion, "arkit")
    assert vts == f"`{parameter_name(emotion, place)}`"
