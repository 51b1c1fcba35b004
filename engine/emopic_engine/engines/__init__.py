"""Compiled engines on disk: built once, compared with the reference, checked at every start."""

from emopic_engine.engines.key import EngineKey
from emopic_engine.engines.parity import Parity
from emopic_engine.engines.store import EngineStore, Entry

__all__ = ["EngineKey", "EngineStore", "Entry", "Parity"]
