"""What goes out for a 3D head: names and weights, as the receiving program knows them. Pure.

Names that no emotion moves are left out, so that blinking, gaze and lip-sync from elsewhere stay
alone. A name that has moved once is sent from then on, or the receiver would keep its last value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from emopic_client.wire import Blendshapes, BlendshapeSet

ShapeNames: TypeAlias = Literal["vrm0", "vrm1", "arkit", "perfect-sync"]

# The sets as the server knows them; `perfect-sync` is ARKit's, as VRM clips are mostly named.
SERVER_SET: Final[Mapping[ShapeNames, BlendshapeSet]] = {
    "vrm0": "vrm0",
    "vrm1": "vrm1",
    "arkit": "arkit",
    "perfect-sync": "arkit",
}
# Sent from the start, so that a receiver shows what it may expect.
_ALWAYS: Final[Mapping[ShapeNames, tuple[str, ...]]] = {
    "vrm0": ("Joy", "Angry", "Sorrow", "Fun", "Surprised"),
    "vrm1": ("happy", "angry", "sad", "relaxed", "surprised"),
    "arkit": (),
    "perfect-sync": (),
}


class Weights:
    """The weights to send, by name, in [0, 1]."""

    def __init__(self, names: ShapeNames) -> None:
        self._names = names
        self.values: dict[str, float] = dict.fromkeys(_ALWAYS[names], 0.0)

    def take(self, shapes: Blendshapes) -> None:
        """Take in what the server says; `shapes` holds its names."""
        for name, value in zip(shapes.names or (), shapes.values, strict=False):
            name = _renamed(name, self._names)
            if value > 0.0 or name in self.values:
                self.values[name] = min(1.0, value)

    def zero(self) -> None:
        """Let go of everything."""
        self.values = dict.fromkeys(self.values, 0.0)


def _renamed(name: str, names: ShapeNames) -> str:
    return name[0].upper() + name[1:] if names == "perfect-sync" else name


def ifacialmocap_name(name: str) -> str:
    """`eyeBlinkLeft` as iFacialMocap says it: `eyeBlink_L`."""
    for side in ("Left", "Right"):
        stem = name.removesuffix(side)
        if stem not in (name, "jaw", "mouth"):  # jawLeft and mouthLeft are movements, not sides
            return f"{stem}_{side[0]}"
    return name
