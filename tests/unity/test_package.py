"""The package's files: what Unity's package manager and asset database expect of them."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.unity.building import CORE, HERE, PACKAGE, ROOT, sources

SAMPLES = PACKAGE / "Samples~"
GUID = re.compile(r"^guid: ([0-9a-f]{32})$", re.MULTILINE)


def metas_script() -> Any:
    path = ROOT / "scripts" / "unity_metas.py"
    spec = importlib.util.spec_from_file_location("unity_metas", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


METAS = metas_script()
ASSETS: list[Path] = METAS.assets()


def guid_of(path: Path) -> str:
    found = GUID.search(METAS.meta_of(path).read_text("utf-8"))
    assert found is not None, path
    return found.group(1)


def asmdefs() -> dict[str, dict[str, Any]]:
    files = sorted(PACKAGE.rglob("*.asmdef"))
    return {path.stem: json.loads(path.read_text("utf-8")) for path in files}


# ── .meta files ──────────────────────────────────────────────────────────────────────────────────


def test_every_asset_has_its_meta_and_every_meta_its_asset() -> None:
    wanted = {METAS.meta_of(path) for path in ASSETS}
    assert wanted == set(PACKAGE.rglob("*.meta")), "run scripts/unity_metas.py"


def test_guids_are_unique_and_in_use_since_they_were_made() -> None:
    guids = {path: guid_of(path) for path in ASSETS}
    assert len(set(guids.values())) == len(guids)
    made = {METAS.text(path).split("guid: ")[1][:32] for path in ASSETS}
    assert set(guids.values()) == made, "a file that moves keeps its GUID: list it here then"


@pytest.mark.parametrize("path", ASSETS, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_the_meta_is_for_this_kind_of_file(path: Path) -> None:
    lines = METAS.meta_of(path).read_text("utf-8").splitlines()
    wanted = METAS.text(path).splitlines()
    assert lines[0] == "fileFormatVersion: 2"
    assert lines[2:] == wanted[2:]


def test_scenes_point_at_scripts_of_their_own_sample() -> None:
    scenes = sorted(SAMPLES.rglob("*.unity"))
    assert len(scenes) == 3
    for scene in scenes:
        text = scene.read_text("utf-8")
        assert text.startswith("%YAML 1.1\n%TAG !u! tag:unity3d.com,2011:\n")
        assert re.findall(r"m_Script: .*guid: (\w+)", text) == [guid_of(scene.with_suffix(".cs"))]
        anchors = set(re.findall(r"^--- !u!\d+ &(\d+)$", text, re.MULTILINE))
        assert set(re.findall(r"fileID: (\d+)\}", text)) - {"0"} <= anchors


def test_a_scene_sets_only_fields_that_its_script_has() -> None:
    for scene in SAMPLES.rglob("*.unity"):
        fields = scene.read_text("utf-8").split("m_EditorClassIdentifier: \n")[1]
        script = scene.with_suffix(".cs").read_text("utf-8")
        for name in re.findall(r"^  (\w+):", fields, re.MULTILINE):
            assert re.search(rf"\[SerializeField.*\bprivate \w+ {name}\b", script), name


# ── the manifest and assemblies ──────────────────────────────────────────────────────────────────


def test_the_manifest_says_what_is_there() -> None:
    manifest = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    assert manifest["name"] == PACKAGE.name
    assert manifest["unity"] == "2021.3"
    python = (ROOT / "clients/python/pyproject.toml").read_text("utf-8")
    assert f'version = "{manifest["version"]}"' in python, "all of Emopic has one version"
    assert f"## [{manifest['version']}]" in (PACKAGE / "CHANGELOG.md").read_text("utf-8")
    listed = {sample["path"] for sample in manifest["samples"]}
    assert listed == {f"Samples~/{path.name}" for path in SAMPLES.iterdir() if path.is_dir()}


def test_the_licence_is_the_projects() -> None:
    assert (PACKAGE / "LICENSE.md").read_text() == (ROOT / "LICENSE").read_text()


def test_there_is_no_foreign_code() -> None:
    assert {path.suffix for path in ASSETS if path.is_file()} == {
        ".cs", ".asmdef", ".jslib", ".json", ".md", ".unity",
    }  # fmt: skip


def test_assemblies_refer_to_assemblies_that_exist() -> None:
    found = asmdefs()
    for path in PACKAGE.rglob("*.asmdef"):
        assert found[path.stem]["name"] == path.stem
    known = set(found) | {"UnityEngine.UI", "UnityEngine.TestRunner", "UnityEditor.TestRunner"}
    for definition in found.values():
        assert set(definition["references"]) <= known
        assert definition["precompiledReferences"] in ([], ["nunit.framework.dll"])
        assert not definition["allowUnsafeCode"]


def test_the_core_has_no_engine_and_the_editor_only_its_place() -> None:
    found = asmdefs()
    assert found["Emopic.Client.Core"]["noEngineReferences"]
    assert found["Emopic.Client.Core"]["references"] == []
    assert found["Emopic.Client.Editor"]["includePlatforms"] == ["Editor"]
    for path in sources(CORE):
        assert "UnityEngine" not in path.read_text("utf-8"), path


# ── sources ──────────────────────────────────────────────────────────────────────────────────────

# What the core may use: in .NET Standard 2.1 since 2.0, in mono, and in IL2CPP.
NAMESPACES = {
    "System",
    "System.Collections.Generic",
    "System.Net.WebSockets",
    "System.Runtime.CompilerServices",
    "System.Runtime.InteropServices",
    "System.Text",
    "System.Threading",
    "System.Threading.Tasks",
}


def test_the_core_uses_few_namespaces() -> None:
    used = set()
    for path in sources(CORE):
        used |= set(re.findall(r"^using ([\w.]+);", path.read_text("utf-8"), re.MULTILINE))
    assert used <= NAMESPACES


def test_a_script_has_the_class_of_its_name() -> None:
    """Unity finds a component by the name of its file."""
    for path in [*sources(PACKAGE / "Runtime", apart_from=[CORE]), *sources(SAMPLES)]:
        text = path.read_text("utf-8")
        if "MonoBehaviour\n" in text or "ScriptableObject\n" in text:
            assert re.search(rf"\bclass {path.stem} : (MonoBehaviour|ScriptableObject)\n", text)


def test_sources_are_short_and_plain() -> None:
    for path in [*sources(PACKAGE), *sources(HERE)]:
        text = path.read_text("utf-8")
        lines = text.splitlines()
        assert not text.startswith("\ufeff"), path
        assert "\t" not in text, path
        assert len(lines) <= 420, path
        assert max(len(line) for line in lines) <= 130, path


def test_what_is_public_is_documented() -> None:
    """Every public member of the runtime has XML documentation right above it."""
    public = re.compile(r"^        public (?!override)|^    public ")
    for path in sources(PACKAGE / "Runtime"):
        lines = path.read_text("utf-8").splitlines()
        scope_is_public = False
        for number, line in enumerate(lines):
            if re.match(r"    (public|internal|\[)", line):
                scope_is_public = scope_is_public if line.startswith("    [") else "public" in line
            if not (scope_is_public and public.match(line)) or " partial " in line:
                continue
            above = number - 1
            while lines[above].strip().startswith("["):
                above -= 1
            assert lines[above].strip().startswith("///"), f"{path.name}: {line.strip()}"
