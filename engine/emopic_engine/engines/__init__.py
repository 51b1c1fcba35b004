"""Compiled engines on disk: built once, compared with the reference, checked at every start."""

from emopic_engine.engines.key import EngineKey
from emopic_engine.engines.parity import Parity
from emopic_engine.engines.store import Engine, EngineStore

__all__ = ["Engine", "EngineKey", "EngineStore", "Parity"]
