"""`python -m emopic_server.bench.serve_noop --port N`: the server with models that do nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from emopic_server.bench.noop import NoopEngine
from emopic_server.config import ServerConfig
from emopic_server.io.app import run_server
from emopic_server.io.worker import EngineSource

_TARGET = "emopic_server.bench.noop:load_noop"


def main() -> None:
    """Serve on loopback until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--engine-process", action=argparse.BooleanOptionalAction)
    arguments = parser.parse_args()
    config = ServerConfig.load(
        arguments.config,
        port=arguments.port,
        atlas_mb=0,
        engine_process=arguments.engine_process,
    )
    run_server(config, NoopEngine if config.in_process else EngineSource(_TARGET))


if __name__ == "__main__":
    main()
