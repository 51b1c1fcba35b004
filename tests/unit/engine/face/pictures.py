"""Pictures that tests upload."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emopic_engine.face.codec import encode


def png(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8] | None = None) -> bytes:
    """A PNG of uint8 [H, W, 3] and [H, W]."""
    return encode(rgb, alpha, "png")
