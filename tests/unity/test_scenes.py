"""The components, inspectors and samples against stand-ins for UnityEngine and a live server.

The stand-ins (`stubs/`) keep objects and pixels and call Awake, OnEnable, Update and so on; they
draw nothing. What Unity itself does with textures, meshes, serialized fields and inspectors is
not tested here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.browser.serving import ServerProcess, free_port
from tests.unity.building import (
    HERE,
    PACKAGE,
    ROOT,
    compile_cs,
    marked,
    outcomes,
    run_mono,
    sources,
)

SAMPLES = ("FaceDemo", "BlendShapeDemo", "ChatNpc")
SERIALIZED = ("0649", "0414")  # fields that only Unity sets
RUNTIME, CORE = PACKAGE / "Runtime", PACKAGE / "Runtime" / "Core"


@pytest.fixture(scope="session")
def engine(built: Path) -> Path:
    """The stand-ins, as an assembly named like Unity's."""
    return compile_cs(sources(HERE / "stubs"), built / "UnityEngine.dll")


@pytest.fixture(scope="session")
def components(built: Path, core: Path, engine: Path) -> Path:
    files = sources(RUNTIME, apart_from=[CORE])
    out = built / "Emopic.Client.dll"
    return compile_cs(files, out, references=[core, engine], quiet=SERIALIZED)


@pytest.fixture(scope="session")
def samples(built: Path, core: Path, engine: Path, components: Path) -> list[Path]:
    made = []
    for name in SAMPLES:
        files = sources(PACKAGE / "Samples~" / name)
        out = built / f"Emopic.Samples.{name}.dll"
        references = [core, engine, components]
        made.append(compile_cs(files, out, references=references, quiet=SERIALIZED))
    return made


@pytest.fixture(scope="module")
def played(
    built: Path, core: Path, engine: Path, components: Path, samples: list[Path]
) -> dict[str, str]:
    """All scenes, played once against the real server over the fake engine."""
    (built / "play").mkdir()
    program = compile_cs(
        sources(HERE / "play"),
        built / "play" / "Emopic.Client.Tests.exe",
        references=[core, engine, components, *samples],
    )
    with ServerProcess(free_port()) as server:
        url = server.url.replace("http://", "ws://")
        return outcomes(run_mono(program, url, library=built))


@pytest.mark.parametrize("name", marked(HERE / "play", "Scene"))
def test_scene(played: dict[str, str], name: str) -> None:
    assert played[name] == "ok"


def test_the_inspectors_compile(built: Path, core: Path, engine: Path, components: Path) -> None:
    files = sources(PACKAGE / "Editor")
    references = [core, engine, components]
    compile_cs(files, built / "Emopic.Client.Editor.dll", references=references, quiet=SERIALIZED)


PAGES = (ROOT / "docs/clients/unity.md", PACKAGE / "Documentation~/index.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_code_in_the_documentation_compiles(
    tmp_path: Path, core: Path, engine: Path, components: Path, page: Path
) -> None:
    pieces = re.findall(r"```csharp\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert len(pieces) >= 2
    for number, piece in enumerate(pieces):
        source = tmp_path / f"Piece{number}.cs"
        source.write_text(piece, "utf-8")
        out = source.with_suffix(".dll")
        compile_cs([source], out, references=[core, engine, components], quiet=SERIALIZED)


def test_the_tests_for_unitys_own_runner_compile(
    tmp_path: Path, core: Path, engine: Path, components: Path
) -> None:
    files = sources(PACKAGE / "Tests")
    compile_cs(files, tmp_path / "Emopic.Client.Tests.dll", references=[core, engine, components])


@pytest.mark.parametrize("define", ["UNITY_WEBGL", "UNITY_2023_1_OR_NEWER", "UNITY_EDITOR"])
def test_other_platforms_and_versions_compile(tmp_path: Path, engine: Path, define: str) -> None:
    core = tmp_path / "Emopic.Client.Core.dll"
    compile_cs(sources(CORE), core, defines=[define])
    files = sources(RUNTIME, apart_from=[CORE])
    out = tmp_path / "Emopic.Client.dll"
    compile_cs(files, out, references=[core, engine], defines=[define], quiet=SERIALIZED)
