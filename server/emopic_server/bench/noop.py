"""The real server with models that do nothing: what is left is the framework's own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emopic_engine.atlas import Picture
from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.engine import Background, BuiltinFace, EngineInfo, RegisteredFace, RenderJob
from emopic_engine.text.model import Scores

_PIXEL = bytes(128)


@dataclass(frozen=True)
class _NoFace:
    width: int = 128
    height: int = 128
    found: bool = True


class NoopEngine:
    """Answers at once, always the same; shaped like `emopic_engine.engine.Engine`."""

    emotions: Emotions = DEFAULT
    info = EngineInfo("noop", "none", "none", "noop", "noop", {})
    builtins = (BuiltinFace("noop", "Noop", "없음", Path()),)

    def __init__(self) -> None:
        values = np.zeros(len(self.emotions), np.float32)
        values[0] = 1.0
        self._scores = Scores(values, 0, 1.0, 1)

    def warm_up(self) -> None:
        """Nothing to warm."""

    def classify(self, lines: Sequence[str]) -> list[Scores]:
        """The same scores for every line."""
        return [self._scores] * len(lines)

    def register(
        self,
        picture: bytes,
        *,
        portrait: bool = False,  # noqa: ARG002
        background: Background | None = None,  # noqa: ARG002
    ) -> RegisteredFace:
        """The same face for every picture."""
        return self.builtin(str(len(picture)))

    def builtin(self, name: str, *, background: Background | None = None) -> RegisteredFace:  # noqa: ARG002
        """The same face for every name."""
        return RegisteredFace(name, 128, 128, "builtin", _NoFace())  # type: ignore[arg-type]

    def render(self, jobs: Sequence[RenderJob]) -> list[Picture]:
        """The same bytes for every job."""
        return [Picture(_PIXEL, job.format, 128, 128, None) for job in jobs]


def load_noop(_argument: bytes) -> NoopEngine:
    """As an engine process makes it."""
    return NoopEngine()
