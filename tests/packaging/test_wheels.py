"""The wheels, not the tree: built, installed into clean environments, and used there."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECTS = {"client": ROOT / "clients/python", "engine": ROOT / "engine", "server": ROOT / "server"}
TORCH = "torch>=2.11,<2.14"

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(900)]


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("wheels")
    built = {}
    for name, project in PROJECTS.items():
        run(
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            out / name,
            project,
        )
        (built[name],) = (out / name).glob("*.whl")
    return built


def clean_environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheels_carry_what_runs_and_nothing_else(wheels):
    for name, wheel in wheels.items():
        names = names_in(wheel)
        assert f"emopic_{name}/py.typed" in names
        assert not [item for item in names if "test" in Path(item).parts or item.endswith(".pyc")]
    engine = names_in(wheels["engine"])
    for folder in ("text", "live", "face_detector"):
        assert f"emopic_engine/models/{folder}/model.safetensors" in engine
        assert f"emopic_engine/models/{folder}/MODEL_CARD.md" in engine
    assert "emopic_server/web/index.html" in names_in(wheels["server"])


def test_the_client_needs_no_torch(wheels, tmp_path):
    python = clean_environment(tmp_path / "env")
    run(python, "-m", "pip", "install", "--quiet", wheels["client"])
    installed = run(python, "-m", "pip", "list", "--format=freeze").lower()
    packages = {line.split("==")[0] for line in installed.split()}
    assert packages <= {"emopic-client", "msgspec", "websockets", "pip", "setuptools"}
    code = "import emopic_client, emopic_client.sync; print(emopic_client.__version__)"
    assert run(python, "-c", code, cwd=tmp_path).strip()
    bare = subprocess.run(
        [python.with_name("emopic-client")], capture_output=True, text=True, check=False
    )
    assert (bare.returncode, "emopic-client[bridges]" in bare.stderr) == (2, True)


def test_bridges_and_the_conformance_kit_need_the_client_alone(wheels, tmp_path):
    python = clean_environment(tmp_path / "env")
    run(python, "-m", "pip", "install", "--quiet", f"{wheels['client']}[bridges]")
    command = python.with_name("emopic-client")
    for bridge in ("vmc", "ifacialmocap", "vts", "twitch", "youtube", "llm"):
        run(python, "-c", f"import emopic_client.bridges.{bridge}", cwd=tmp_path)
        assert "--character" in run(command, "bridge", bridge, "--help", cwd=tmp_path)
    adapter = f"{python} -m emopic_client.conformance.adapter"
    out = run(command, "conformance", "--client", adapter, "--only", "opening", cwd=tmp_path)
    assert "pass" in out


def test_the_server_runs_from_its_wheels(wheels, tmp_path):
    python = clean_environment(tmp_path / "env")
    # torch first and by name, as the Makefile does, so that pip may take a CPU build at hand.
    run(python, "-m", "pip", "install", "--quiet", TORCH)
    run(python, "-m", "pip", "install", "--quiet", *wheels.values())
    emopic = python.with_name("emopic")
    assert "0.1.0" in run(emopic, "--version", cwd=tmp_path)
    answer = run(emopic, "classify", "--json", "드디어 합격했다 너무 행복해!", cwd=tmp_path)
    assert '"joy"' in answer
    assert "openvino" in run(emopic, "doctor", cwd=tmp_path)
