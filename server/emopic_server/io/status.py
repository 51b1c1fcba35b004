"""What the server says about itself: to clients in `hello`, and to operators over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from emopic_client import wire
from emopic_server import __version__
from emopic_server.config import ServerConfig
from emopic_server.core.history import HistoryPolicy
from emopic_server.core.hub import Hub, Settings
from emopic_server.core.quarantine import Rule
from emopic_server.core.work import KINDS
from emopic_server.io.http import Status

if TYPE_CHECKING:
    from emopic_server.io.history import Historian
from emopic_server.io.hosting.like import BuiltinLike
from emopic_server.io.worker import AboutEngine, EngineHost

NOT_WRITTEN: Final = "the history is not being written"


def settings(config: ServerConfig, engine: AboutEngine) -> Settings:
    """The hub's settings for this configuration and what the engine really is."""
    return Settings(
        server=f"emopic/{__version__}",
        emotions=engine.emotions,
        engine=_engine(engine),
        builtins=tuple(map(_builtin, engine.builtins)),
        limits=config.limits,
        tokens=frozenset() if config.token is None else frozenset((config.token,)),
        readers=_readers(config),
        bounds=config.queue,
        quarantine=Rule(config.worker.blames, config.worker.quarantine_s),
        keeping=config.store is not None,
        guard=cast("wire.GuardMode", config.guard),
        history=_history(config),
        atlas_bytes=config.atlas_mb * 1024 * 1024,
        mark=cast("wire.MarkMode", config.mark),
        cutting=config.cutout.service != "engine",
        tracing=bool(config.traces),
        workers=max(1, len(config.devices)),
    )


def _history(config: ServerConfig) -> HistoryPolicy:
    if config.history.url is None:
        return HistoryPolicy()
    return HistoryPolicy(most=cast("wire.HistoryMode", config.history.keep))


def _readers(config: ServerConfig) -> dict[str, str]:
    if config.token is None or config.read_only_token is None:
        return {}
    return {config.read_only_token: config.token}


def status(
    hub: Hub | None,
    engine: AboutEngine | None,
    host: EngineHost,
    historian: Historian | None,
    uptime: float,
) -> Status:
    """What goes to `/healthz`, `/readyz` and `/metrics` now."""
    detail: dict[str, Any] = {"version": __version__, "uptime_s": round(uptime, 1)}
    if hub is None or engine is None:
        return Status(False, {"status": "warming up", **detail}, {"ready": 0}, None, "warming up")
    away = _away(host)
    ready = len(away) < len(host.status())
    gauges = _gauges(hub) | _worker_gauges(host) | _history_gauges(historian)
    troubles = away + ([NOT_WRITTEN] if historian is not None and not historian.healthy else [])
    detail |= {
        "status": "ok" if ready else "the engine is away",
        "engine": msgspec.structs.asdict(_engine(engine)),
        "engine_workers": [asdict(worker) for worker in host.status()],
        **gauges,
    }
    numbers = {"ready": int(ready), "uptime_seconds": uptime, **gauges}
    return Status(ready, detail, numbers, hub.metrics, "; ".join(troubles))


def _away(host: EngineHost) -> list[str]:
    """What is wrong with each worker that is away."""
    return [
        f"worker {number} is being started again: its process {worker.trouble}"
        for number, worker in enumerate(host.status())
        if worker.trouble
    ]


def _worker_gauges(host: EngineHost) -> dict[str, float]:
    workers = host.status()
    return {
        "workers": len(workers),
        "workers_away": sum(bool(worker.trouble) for worker in workers),
        "worker_memory_bytes": sum(worker.memory or 0 for worker in workers),
    }


def _engine(engine: AboutEngine) -> wire.EngineInfo:
    info = engine.info
    return wire.EngineInfo(
        backend=info.backend,
        device=info.device,
        precision=info.precision,
        text_model=info.text_model,
        face_model=info.face_model,
        versions=dict(info.versions),
        face_channels=info.face_channels,
        reason=info.reason,
    )


def _builtin(face: BuiltinLike) -> wire.Builtin:
    kind = next(known for known in KINDS if known == face.kind)
    return wire.Builtin(id=face.id, name=face.name, ko=face.ko, kind=kind)


def _history_gauges(historian: Historian | None) -> dict[str, float]:
    if historian is None:
        return {}
    return {"history_ok": int(historian.healthy), "history_waiting": historian.waiting}


def _gauges(hub: Hub) -> dict[str, float]:
    atlas = hub.atlas.stats()
    scheduler = hub.scheduler
    return {
        "connections_open": len(hub.post.connections),
        "sessions_open": len(hub.post.sessions),
        "characters": len(hub.stage.characters),
        "lines_waiting": scheduler.depth("lines"),
        "frames_waiting": scheduler.depth("urgent") + scheduler.depth("frames"),
        "faces_waiting": scheduler.depth("register"),
        "partial_lines_replaced": scheduler.replaced_partials,
        "frames_replaced": scheduler.replaced_frames,
        "atlas_hits": atlas.hits,
        "atlas_misses": atlas.misses,
        "atlas_evictions": atlas.evictions,
        "atlas_bytes": atlas.bytes,
        "atlas_pictures": atlas.pictures,
        "bake_waiting": hub.bakery.waiting,
        "suspects": hub.quarantine.held,
    }
