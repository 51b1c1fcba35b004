"""The emotion of a line that is still being typed, without flicker.

Half a line is often anything: `오늘 진짜` may go on as joy or as anger, and the model's first
choice jumps between them with every syllable. So a growing line keeps the emotion that it has,
neutral at first, until another one leads it clearly. The finished line is answered as it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Final

LEAD: Final = 0.5
"""How far the scores of a new emotion must lie above those of the present one.

Chosen on lines kept from training. `emopic train text-report` counts the changes with and without
it; the price is that some lines come to their answer only when they are finished.
"""

_MOST: Final = 1024


class Typed:
    """The present emotion of every growing line, by a key of the caller's. Old ones are forgotten.

    `neutral` is the place of the neutral emotion, None where the set has none: then the first
    answer is the first emotion.
    """

    def __init__(self, neutral: int | None) -> None:
        self._neutral = neutral
        self._present: OrderedDict[Hashable, int] = OrderedDict()

    def grow(self, key: Hashable, scores: Sequence[float]) -> int:
        """The emotion to show now that the line has grown to these scores."""
        first = max(range(len(scores)), key=scores.__getitem__)
        present = self._present.pop(key, self._neutral)
        if present is None or scores[first] - scores[present] >= LEAD:
            present = first
        self._present[key] = present
        if len(self._present) > _MOST:
            self._present.popitem(last=False)
        return present

    def finish(self, key: Hashable) -> None:
        """The line is finished, or gone."""
        self._present.pop(key, None)
