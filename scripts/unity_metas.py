"""Writes the .meta files that the Unity package lacks: `python scripts/unity_metas.py`.

Unity knows a file by the GUID in its .meta, so a GUID must never change once it is published: this
script leaves existing files alone and only says which ones have lost their asset. A new GUID is a
hash of the path at that moment, which makes it unique and the script repeatable.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "clients" / "unity" / "com.emopic.client"
_END = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n"
_FOLDER = "folderAsset: yes\nDefaultImporter:\n  externalObjects: {}\n" + _END
_SCRIPT = (
    "MonoImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  defaultReferences: []\n"
    "  executionOrder: 0\n  icon: {instanceID: 0}\n" + _END
)
_ASSET = "NativeFormatImporter:\n  externalObjects: {}\n  mainObjectFileID: 11400000\n" + _END
_WEBGL = (
    "PluginImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  iconMap: {}\n"
    "  executionOrder: {}\n  defineConstraints: []\n  isPreloaded: 0\n  isOverridable: 0\n"
    "  isExplicitlyReferenced: 0\n  validateReferences: 1\n  platformData:\n"
    "  - first:\n      Any: \n    second:\n      enabled: 0\n      settings: {}\n"
    "  - first:\n      Editor: Editor\n    second:\n      enabled: 0\n"
    "      settings:\n        DefaultValueInitialized: true\n"
    "  - first:\n      WebGL: WebGL\n    second:\n      enabled: 1\n      settings: {}\n" + _END
)


def _plain(importer: str) -> str:
    return f"{importer}:\n  externalObjects: {{}}\n{_END}"


_BY_ENDING = {
    ".cs": _SCRIPT,
    ".asmdef": _plain("AssemblyDefinitionImporter"),
    ".jslib": _WEBGL,
    ".asset": _ASSET,
    ".md": _plain("TextScriptImporter"),
    ".unity": _plain("DefaultImporter"),
}


def assets(package: Path = PACKAGE) -> list[Path]:
    """Everything Unity imports: not the `~` folders themselves, but what samples bring along."""
    found = []
    for path in sorted(package.rglob("*")):
        parts = path.relative_to(package).parts
        hidden = any(part.startswith(".") for part in parts) or path.suffix == ".meta"
        if not hidden and "Documentation~" not in parts and not path.name.endswith("~"):
            found.append(path)
    return found


def meta_of(path: Path) -> Path:
    """Where the .meta of an asset lies."""
    return path.with_name(path.name + ".meta")


def text(path: Path, package: Path = PACKAGE) -> str:
    """The .meta of a new asset. Raises `KeyError` for a kind of file that is not known here."""
    name = path.relative_to(package.parent).as_posix()
    guid = hashlib.sha256(name.encode()).hexdigest()[:32]
    importer = _importer(path)
    return f"fileFormatVersion: 2\nguid: {guid}\n{importer}"


def _importer(path: Path) -> str:
    if path.is_dir():
        return _FOLDER
    if path.name == "package.json":
        return _plain("PackageManifestImporter")
    return _BY_ENDING[path.suffix]


def main() -> None:
    known = {meta_of(path): path for path in assets()}
    for meta, path in known.items():
        if not meta.exists():
            meta.write_text(text(path), encoding="utf-8")
            sys.stdout.write(f"new: {meta.relative_to(PACKAGE)}\n")
    for meta in sorted(PACKAGE.rglob("*.meta")):
        if meta not in known:
            sys.stdout.write(f"its asset is gone: {meta.relative_to(PACKAGE)}\n")


if __name__ == "__main__":
    main()
