"""Who may import what, read from the sources: the rooms of the design stay apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "engine" / "emopic_engine"
CLIENT = ROOT / "clients" / "python" / "emopic_client"
SERVER = ROOT / "server" / "emopic_server"

OURS = {"emopic_engine", "emopic_client", "emopic_server"}
SHELL = {"asyncio", "threading", "multiprocessing", "concurrent", "selectors", "subprocess"}
SOCKETS = {"socket", "ssl", "select", "websockets", "uvloop", "http", "urllib"}
CLOCKS = {"time", "sched", "signal"}
HEAVY = {"torch", "transformers", "openvino", "cv2"}

PURE = [
    *sorted((SERVER / "core").rglob("*.py")),
    ENGINE / "text" / "typed.py",
    *(CLIENT / f"{name}.py" for name in ("wire", "protocol", "requests", "backoff", "errors")),
    *(CLIENT / "bridges" / f"{name}.py" for name in ("gate", "growing", "irc", "shapes")),
    *(CLIENT / "conformance" / f"{name}.py" for name in ("broken", "widest")),
]
# The client's shell, and the programs in its package: bridges and the conformance kit.
CLIENT_SHELL = {"aio", "dial", "jupyter", "link", "streams", "sync"}
CLIENT_PROGRAMS = {"bridges", "conformance"}
CLIENT_PICTURES = {"pictures", "terminal"}  # need an extra, and nobody imports them unasked
# What of the engine is light enough for the server's core: labels, errors, kept pictures.
LIGHT_ENGINE = {
    "emopic_engine.atlas",
    "emopic_engine.emotions",
    "emopic_engine.errors",
    "emopic_engine.face.sprite_files",
    "emopic_engine.text.typed",
}


def absolute(path: Path, node: ast.ImportFrom) -> str:
    """The module an import names, with its leading dots resolved."""
    if node.level == 0:
        return node.module or ""
    root = next(parent for parent in path.parents if parent.name in OURS)
    inside = path.relative_to(root.parent).parts[: -node.level]
    return ".".join((*inside, node.module) if node.module else inside)


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, anywhere in it, by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = absolute(path, node)
            if module in OURS:
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module


def foreign(path: Path, forbidden: set[str]) -> list[str]:
    """The imports of a file whose package is forbidden."""
    return [name for name in imports(path) if name.split(".")[0] in forbidden]


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PURE, ids=label)
def test_the_core_knows_no_sockets_clocks_or_threads(path: Path) -> None:
    assert foreign(path, SHELL | SOCKETS | CLOCKS | HEAVY) == []


@pytest.mark.parametrize("path", sorted((SERVER / "core").rglob("*.py")), ids=label)
def test_the_core_uses_of_the_engine_only_what_is_light(path: Path) -> None:
    names = {name for name in imports(path) if name.startswith("emopic_engine")}
    assert names <= LIGHT_ENGINE


@pytest.mark.parametrize("path", sorted(ENGINE.rglob("*.py")), ids=label)
def test_the_engine_stands_alone_and_is_synchronous(path: Path) -> None:
    assert foreign(path, OURS - {"emopic_engine"}) == []
    assert foreign(path, {"asyncio", "socket", "websockets", "uvloop"}) == []


@pytest.mark.parametrize("path", sorted(CLIENT.rglob("*.py")), ids=label)
def test_the_client_needs_neither_engine_nor_server(path: Path) -> None:
    assert foreign(path, OURS - {"emopic_client"}) == []
    pictures = set() if path.stem in CLIENT_PICTURES else {"numpy", "PIL"}
    assert foreign(path, HEAVY | pictures) == []


@pytest.mark.parametrize("path", sorted(CLIENT.rglob("*.py")), ids=label)
def test_only_the_clients_shell_touches_sockets_and_clocks(path: Path) -> None:
    if path.stem not in CLIENT_SHELL and not CLIENT_PROGRAMS & set(path.parts):
        assert foreign(path, SHELL | SOCKETS | CLOCKS) == []


@pytest.mark.parametrize("path", sorted((SERVER / "core").rglob("*.py")), ids=label)
def test_the_core_does_not_know_the_shell(path: Path) -> None:
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("emopic_server.")}
    assert rooms <= {"core", "errors"}


def test_the_rules_see_what_they_look_for(tmp_path: Path) -> None:
    """A rule that finds nothing anywhere is no rule."""
    path = tmp_path / "sample.py"
    path.write_text("def f():\n    import time\n    from asyncio.tasks import sleep\n")
    assert foreign(path, CLOCKS | SHELL) == ["time", "asyncio.tasks"]
    assert len(PURE) > 10
    assert foreign(CLIENT / "link.py", SHELL) == ["asyncio"]
