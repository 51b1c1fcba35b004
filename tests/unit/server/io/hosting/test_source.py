"""How an engine is described to the process that makes it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from emopic_engine.engine import EngineConfig
from emopic_server.config import ServerConfig
from emopic_server.errors import ConfigError
from emopic_server.io.hosting import source
from emopic_server.io.hosting.source import engine_source


def decoded(argument: bytes) -> EngineConfig:
    return msgspec.json.decode(argument, type=EngineConfig, dec_hook=lambda kind, v: kind(v))


def test_the_configuration_arrives_as_it_was() -> None:
    config = EngineConfig(backend="torch", precision="f32", threads=3, text_model=Path("/a b/c"))
    (worker,) = engine_source(config).workers
    assert decoded(worker.argument) == config
    assert worker.environment == {}


def test_each_gpu_has_a_worker_that_sees_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    first, second, third = engine_source(EngineConfig(), ["cuda:0", "cuda:1", "cpu"]).workers
    assert first.environment == {"CUDA_VISIBLE_DEVICES": "4"}
    assert second.environment == {"CUDA_VISIBLE_DEVICES": "6"}
    assert third.environment == {}
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert engine_source(EngineConfig(), ["cuda:1"]).workers[0].environment == {
        "CUDA_VISIBLE_DEVICES": "1"
    }


def test_workers_on_the_cpu_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "physical_cores", lambda: 8)
    workers = engine_source(EngineConfig(), ["cpu", "cpu"]).workers
    assert [decoded(worker.argument).threads for worker in workers] == [4, 4]
    workers = engine_source(EngineConfig(threads=7), ["cpu", "cpu"]).workers
    assert [decoded(worker.argument).threads for worker in workers] == [7, 7]


def test_what_the_server_may_be_told() -> None:
    config = ServerConfig.load(devices=["cpu", "cuda:1"], worker={"lines_s": 2, "tries": 1})
    assert (config.devices, config.worker.lines_s, config.worker.tries) == (("cpu", "cuda:1"), 2, 1)
    assert ServerConfig.load(engine_process=False).in_process
    with pytest.raises(ConfigError, match="cuda: and a number"):
        ServerConfig.load(devices=["gpu"])
    with pytest.raises(ConfigError, match="devices"):
        ServerConfig.load(devices=["cpu"], engine_process=False)
    with pytest.raises(ConfigError, match=r"worker\.lines_s"):
        ServerConfig.load(worker={"lines_s": 0})
