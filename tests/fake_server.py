"""`python -m tests.fake_server --port N`: the real server over the fake engine.

For trying pages and clients without models. Any option of `ServerConfig` may follow as
`--name value`; its tables as `--limits.name value` and `--history.name value`.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from tests.fakes import FakeEngine

from emopic_server.config import ServerConfig
from emopic_server.io.app import run_server
from emopic_server.io.worker import EngineSource


def _options(words: list[str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    tables: dict[str, dict[str, object]] = {"limits": {}, "history": {}}
    for name, text in zip(words[::2], words[1::2], strict=True):
        value: object = int(text) if text.lstrip("-").isdigit() else text
        if text in ("true", "false"):
            value = text == "true"
        if name == "--allow-origins":
            value = [text]
        table, _, key = name.removeprefix("--").replace("-", "_").rpartition(".")
        (tables[table] if table else options)[key] = value
    return {**options, **tables}


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    config = ServerConfig.load(**_options(sys.argv[1:]))
    source = EngineSource("tests.fakes:load_fake")
    run_server(config, source if config.engine_process else FakeEngine, _ready)


def _ready(url: str) -> None:
    sys.stdout.write(f"ready {url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
