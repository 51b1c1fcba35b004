"""How to make an engine in another process: the name of a function, and what to give it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from emopic_engine.hardware import physical_cores
from emopic_server.io.hosting.like import EngineLike

if TYPE_CHECKING:
    from emopic_engine.engine import Engine, EngineConfig

REAL: Final = "emopic_server.io.hosting.source:load_engine"
_GPUS: Final = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class WorkerSource:
    """What one worker makes its engine of, and the environment it needs beside ours."""

    argument: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EngineSource:
    """`target` is `module:function`; the function makes an engine of a worker's argument."""

    target: str
    workers: tuple[WorkerSource, ...] = (WorkerSource(),)


def resolve(target: str) -> Callable[[bytes], EngineLike]:
    """The function a target names. Raises `ImportError` or `AttributeError`."""
    module, _, name = target.partition(":")
    function: Callable[[bytes], EngineLike] = getattr(importlib.import_module(module), name)
    return function


def engine_source(config: EngineConfig, devices: Sequence[str] = ()) -> EngineSource:
    """Where the models' own engine comes from: one worker for each device, or one in all.

    A device is `cpu` or `cuda:N`. A worker sees no other GPU than its own; workers on the CPU share
    the cores, unless the configuration says how many threads each takes.
    """
    workers = []
    for device in devices or ("",):
        kind, _, number = device.partition(":")
        ours = config
        if kind == "cpu" and config.threads == 0:
            ours = replace(config, threads=max(1, physical_cores() // devices.count("cpu")))
        environment = {_GPUS: _visible(int(number))} if kind == "cuda" else {}
        workers.append(WorkerSource(_encode(ours), environment))
    return EngineSource(REAL, tuple(workers))


def _visible(number: int) -> str:
    """GPU `number` of those this process sees, as CUDA wants it named."""
    seen = [name for name in os.environ.get(_GPUS, "").split(",") if name]
    return seen[number] if number < len(seen) else str(number)


def _encode(config: EngineConfig) -> bytes:
    return msgspec.json.encode(config, enc_hook=_plain)


def load_engine(argument: bytes) -> Engine:
    """The engine of an encoded configuration. Raises what `Engine.load` raises."""
    from emopic_engine.engine import Engine, EngineConfig

    config = msgspec.json.decode(argument, type=EngineConfig, dec_hook=_rich)
    return Engine.load(config)


def _plain(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _rich(kind: type, value: Any) -> object:
    if issubclass(kind, Path):
        return Path(value)
    raise NotImplementedError(kind.__name__)
