"""What the server says about itself: to clients in `hello`, and to operators over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from emopic_client import wire
from emopic_server import __version__
from emopic_server.config import ServerConfig
from emopic_server.core.history import HistoryPolicy
from emopic_server.core.hub import Hub, Settings
from emopic_server.io.http import Status

if TYPE_CHECKING:
    from emopic_server.io.history import Historian
from emopic_server.io.worker import EngineLike

NOT_WRITTEN: Final = "the history is not being written"


def settings(config: ServerConfig, engine: EngineLike) -> Settings:
    """The hub's settings for this configuration and what the engine really is."""
    return Settings(
        server=f"emopic/{__version__}",
        emotions=engine.emotions,
        engine=_engine(engine),
        builtins=tuple(wire.Builtin(id=b.id, name=b.name, ko=b.ko) for b in engine.builtins),
        limits=config.limits,
        tokens=frozenset() if config.token is None else frozenset((config.token,)),
        readers=_readers(config),
        bounds=config.queue,
        keeping=config.store is not None,
        guard=cast("wire.GuardMode", config.guard),
        history=_history(config),
        atlas_bytes=config.atlas_mb * 1024 * 1024,
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
    hub: Hub | None, engine: EngineLike | None, historian: Historian | None, uptime: float
) -> Status:
    """What goes to `/healthz`, `/readyz` and `/metrics` now."""
    detail: dict[str, Any] = {"version": __version__, "uptime_s": round(uptime, 1)}
    if hub is None or engine is None:
        return Status(False, {"status": "warming up", **detail}, {"ready": 0}, None)
    gauges = _gauges(hub) | _history_gauges(historian)
    trouble = NOT_WRITTEN if historian is not None and not historian.healthy else ""
    running = msgspec.structs.asdict(_engine(engine))
    detail = {"status": "ok", **detail, "engine": running, **gauges}
    return Status(
        True, detail, {"ready": 1, "uptime_seconds": uptime, **gauges}, hub.metrics, trouble
    )


def _engine(engine: EngineLike) -> wire.EngineInfo:
    info = engine.info
    return wire.EngineInfo(
        backend=info.backend,
        device=info.device,
        precision=info.precision,
        text_model=info.text_model,
        face_model=info.face_model,
        versions=dict(info.versions),
    )


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
    }
