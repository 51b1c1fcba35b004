"""The bare engine loop: what the text model does with nothing around it."""

from __future__ import annotations

import time

from emopic_engine.backends import load_backend
from emopic_engine.engine import MODELS
from emopic_engine.text.model import TextModel
from emopic_server.bench.scenarios import bench_lines


def bare_lines(seconds: float, batch: int) -> float:
    """Lines a second of the bundled text model on OpenVINO, alone, in this process."""
    model = TextModel(MODELS / "text", load_backend("openvino"))
    model.warm_up()
    lines = bench_lines()
    model.classify(lines[:batch])
    began, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        start = count % max(1, len(lines) - batch)
        model.classify(lines[start : start + batch])
        count += batch
    return count / spent
