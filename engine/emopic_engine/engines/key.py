"""What a compiled engine was made of. Two engines with one key are interchangeable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Protocol

from emopic_engine.backends.base import Graph, Precision

FORMAT: Final = 1
"""Of the entries on disk; part of every key."""


class Keyed(Protocol):
    """What of a backend goes into a key."""

    name: str
    device: str
    precision: Precision
    versions: dict[str, str]
    capability: str
    options: dict[str, Any]


@dataclass(frozen=True)
class EngineKey:
    """Everything that could make a compiled engine another one.

    `weights` is the graph's own key, a hash of weights and code. `shapes` are its inputs and what
    sizes they come in. `options` are the backend's settings, the version of its conversion among
    them. `device` and `capability` are the processor's name and what it can do.
    """

    graph: str
    weights: str
    shapes: tuple[Any, ...]
    backend: str
    precision: str
    versions: dict[str, str]
    device: str
    capability: str
    options: dict[str, Any]

    @classmethod
    def of(cls, backend: Keyed, graph: Graph) -> EngineKey:
        """The key of `graph` compiled by `backend`."""
        shapes = (*((spec.name, spec.dtype, spec.shape) for spec in graph.inputs), graph.lengths)
        return cls(
            graph=graph.name,
            weights=graph.key,
            shapes=shapes,
            backend=backend.name,
            precision=backend.precision,
            versions=dict(backend.versions),
            device=backend.device,
            capability=backend.capability,
            options=dict(backend.options),
        )

    def to_json(self) -> dict[str, Any]:
        """As it is written beside the engine, and hashed."""
        plain: dict[str, Any] = json.loads(json.dumps({"format": FORMAT, **vars(self)}))
        return plain

    @property
    def name(self) -> str:
        """The name of the engine's folder: readable in front, unique behind."""
        text = json.dumps(self.to_json(), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:24]
        return f"{self.graph}-{self.precision}-{digest}"
