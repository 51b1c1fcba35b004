"""The engine's functions as the hosted peers call them: one line in, JSON out.

`EMOPIC_PEER_ENGINE` is `noop`, or `real` for the bundled models on the engine's default backend.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from typing import Any

from emopic_engine.engine import Engine, RenderJob, Scores

ENGINE = "EMOPIC_PEER_ENGINE"
Answer = dict[str, Any]


def load_function() -> Callable[[Mapping[str, Any]], Answer]:
    """A function from `{"text": …, "picture": bool}` to the answer, loaded in this process."""
    if os.environ.get(ENGINE, "real") == "noop":
        return lambda _: {"scores": [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]}
    engine = Engine.load()
    engine.warm_up()
    face = engine.builtin(engine.builtins[0].id)

    def answer(request: Mapping[str, Any]) -> Answer:
        (scores,) = engine.classify([str(request["text"])])
        if not isinstance(scores, Scores):
            return {"error": str(scores)}
        found: Answer = {"scores": scores.values.tolist()}
        if request.get("picture"):
            weights = tuple(float(place == scores.top) for place in range(len(scores.values)))
            (picture,) = engine.render([RenderJob(face, weights, size=128)])
            if isinstance(picture, Exception):
                return {"error": str(picture)}
            found["picture"] = base64.b64encode(picture.data).decode()
        return found

    return answer
