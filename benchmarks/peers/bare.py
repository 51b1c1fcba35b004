"""The bare engine loop: what the text model does with nothing around it."""

from __future__ import annotations

import time

from emopic_engine.backends import load_backend
from emopic_engine.engine import MODELS
from emopic_engine.text.model import TextModel
from emopic_server.bench.scenarios import bench_lines


class BareLoop:
    """The bundled text model on OpenVINO, alone, in this process."""

    def __init__(self) -> None:
        self._model = TextModel(MODELS / "text", load_backend("openvino"))
        self._model.warm_up()
        self._lines = bench_lines()

    def run(self, seconds: float, batch: int) -> float:
        """Lines a second, `batch` at a time."""
        self._model.classify(self._lines[:batch])
        began, count = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < seconds:
            start = count % max(1, len(self._lines) - batch)
            self._model.classify(self._lines[start : start + batch])
            count += batch
        return count / spent


def bare_lines(seconds: float, batch: int) -> float:
    """Lines a second of a loop that was just begun."""
    return BareLoop().run(seconds, batch)
