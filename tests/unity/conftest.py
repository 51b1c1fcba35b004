"""The Unity package, compiled once for all tests in this folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.unity.building import CORE, HERE, MCS, MONO, compile_cs, sources


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder everything is compiled into. Skips where mono is missing; on CI that fails."""
    if not (MCS.exists() and MONO.exists()):
        reason = f"{MCS} is missing: apt-get install mono-mcs mono-runtime"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return tmp_path_factory.mktemp("unity")


@pytest.fixture(scope="session")
def core(built: Path) -> Path:
    """`Runtime/Core` as Unity's assembly of that name."""
    return compile_cs(sources(CORE), built / "Emopic.Client.Core.dll")


@pytest.fixture(scope="session")
def driver(core: Path, built: Path) -> Path:
    """The program that drives the core for these tests."""
    files = sources(HERE / "driver")
    return compile_cs(files, built / "Emopic.Client.Tests.exe", references=[core])
