"""The `emopic` command: the engine's commands, and `serve`, `say` and `bench`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from emopic_client.bridges.command import app as bridge
from emopic_client.conformance.command import conformance
from emopic_client.errors import EmopicError
from emopic_engine import cli as engine_cli
from emopic_engine.backends import known_precision
from emopic_engine.console import err, out, run
from emopic_engine.engine import Engine, EngineConfig
from emopic_engine.face.codec import PictureLimits
from emopic_server import __version__
from emopic_server.bench.command import bench
from emopic_server.config import ServerConfig
from emopic_server.errors import ServerError
from emopic_server.history.command import app as history_app
from emopic_server.intake.commands import capture, ocr
from emopic_server.intake.guard_command import guard
from emopic_server.say import say

app = engine_cli.app
app.command()(say)
app.command()(bench)
app.command()(guard)
app.add_typer(history_app, name="history")
app.command()(ocr)
app.command()(capture)
app.command()(conformance)
app.add_typer(bridge, name="bridge")


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0: any free one. Default: 8765.")] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="EMOPIC_TOKEN", help="Required unless only this machine can connect."),
    ] = None,
    read_only_token: Annotated[
        str | None,
        typer.Option(envvar="EMOPIC_READ_ONLY_TOKEN", help="Lets overlays watch, and no more."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="Another web origin that may connect; repeatable.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file; options win over it.")] = None,
    backend: Annotated[
        str | None, typer.Option(help="auto, tensorrt, cuda, openvino or torch. Default: openvino.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="f32, bf16, f16 or int8. Default: the backend's.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="0: all processors. Default: 0.")] = None,
    text_model: Annotated[Path | None, typer.Option(help="A KoBERT-format directory.")] = None,
    face_model: Annotated[Path | None, typer.Option(help="A face model directory.")] = None,
    atlas_mb: Annotated[
        int | None, typer.Option(help="Memory for rendered frames; 0: keep none. Default: 256.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Keep shared characters in this file or database URL.")
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(help="Keep what lines meant in this file or database URL. Default: nowhere."),
    ] = None,
    history_keep: Annotated[
        str | None, typer.Option(help="The most kept of a line: scores or text. Default: scores.")
    ] = None,
    guard: Annotated[
        str | None, typer.Option(help="Profane lines: off, mask or refuse. Default: off.")
    ] = None,
    engine_process: Annotated[
        bool | None,
        typer.Option(
            "--engine-process/--no-engine-process",
            help="Run the engine in a process of its own, started again if it fails. Default: yes.",
        ),
    ] = None,
    device: Annotated[
        list[str] | None,
        typer.Option(help="An engine process for cpu or cuda:N; repeatable. Default: one process."),
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    traces: Annotated[
        str | None, typer.Option(help="Send a trace of every line to this OTLP/HTTP address.")
    ] = None,
) -> None:
    """Start the server."""
    from emopic_server.io.app import run_server
    from emopic_server.io.worker import engine_source

    settings = ServerConfig.load(
        config,
        host=host,
        port=port,
        token=token,
        read_only_token=read_only_token,
        allow_origins=allow_origin or None,
        backend=backend,
        precision=precision,
        threads=threads,
        text_model=text_model,
        face_model=face_model,
        atlas_mb=atlas_mb,
        store=store,
        history={"url": history, "keep": history_keep},
        guard=guard,
        engine_process=engine_process,
        devices=device or None,
        log_level=log_level,
        traces=traces,
    )
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    err.print(f"emopic {__version__}: loading the models", markup=False)
    models = engine_config(settings)
    if settings.in_process:
        run_server(settings, lambda: Engine.load(models), _ready)
    else:
        run_server(settings, engine_source(models, settings.devices), _ready)


def engine_config(settings: ServerConfig) -> EngineConfig:
    """The engine's part of the server's configuration."""
    default = EngineConfig()
    limits = settings.limits
    return EngineConfig(
        backend=settings.backend,
        precision=known_precision(settings.precision),
        threads=settings.threads,
        text_model=settings.text_model or default.text_model,
        face_model=settings.face_model or default.face_model,
        pictures=PictureLimits(limits.face_bytes, limits.face_side, limits.face_pixels),
    )


def _ready(url: str) -> None:
    out.print(f"ready: the studio is at [bold]{url}[/bold]", soft_wrap=True)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(__version__, markup=False)
        raise typer.Exit


@app.callback()
def _emopic(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Korean chat lines to a living face."""


def main() -> None:
    """Entry point of `emopic`."""
    run(app, "emopic", ServerError, EmopicError)
