"""The folder of compiled engines.

    <cache>/engines/<backend>/<graph>-<precision>-<digest>/
        engine.json     the key in full, size and checksum of each file, the comparison, when built
        …               the files the backend made, possibly none
    <cache>/engines/<backend>/<graph>-<precision>-<digest>.lock

An entry is written beside its place and moved there whole, by the one process that holds the lock.
Readers take no lock: they read the files into memory and use them only when every checksum is
right, since a compiler loads a damaged engine without a word and answers wrongly.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from emopic_engine.engines.key import EngineKey
from emopic_engine.engines.parity import Parity
from emopic_engine.errors import BackendUnavailable
from emopic_engine.hardware import cache_dir

MANIFEST: Final = "engine.json"
LOCK_SECONDS: Final = 3600.0
"""How long another process may build before this one gives up."""

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Built:
    """When an engine was made, in how many seconds, by which version of Emopic."""

    at: str
    seconds: float
    emopic: str


@dataclass(frozen=True)
class Entry:
    """An entry whose checksums are right. `files` are its contents, unless only listed."""

    folder: Path
    key: dict[str, Any]
    parity: Parity
    built: Built
    bytes: int
    files: Files = field(default_factory=dict, repr=False)


class Damaged(Exception):
    """An entry that cannot be used; the text says why."""


class EngineStore:
    """Engines in one folder, by key. Safe between processes and threads."""

    def __init__(self, root: Path | None = None) -> None:
        self.root: Final = root or cache_dir() / "engines"

    def folder(self, key: EngineKey) -> Path:
        """Where the engine of this key lives."""
        return self.root / key.backend / key.name

    def read(self, key: EngineKey) -> Entry | None:
        """The engine of this key, or None where there is none.

        Raises `Damaged` for one that is broken, half written, or another's.
        """
        folder = self.folder(key)
        if not folder.is_dir():
            return None
        engine = read_entry(folder)
        if engine.key != key.to_json():
            raise Damaged("it was made for another model, processor or version")
        return engine

    def write(self, key: EngineKey, files: Files, parity: Parity, built: Built) -> Entry:
        """Put an engine in its place; hold the key's lock. An older one there is removed."""
        folder = self.folder(key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as temporary:
            part = Path(temporary) / folder.name
            part.mkdir()
            for name, data in files.items():
                (part / name).write_bytes(data)
            manifest = _manifest(key, files, parity, built)
            (part / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            if folder.exists():
                folder.rename(Path(temporary) / "old")
            part.rename(folder)
        return Entry(folder, key.to_json(), parity, built, _size(files), dict(files))

    @contextmanager
    def lock(self, key: EngineKey, waiting: Callable[[], None]) -> Iterator[None]:
        """Be the only process that builds this engine. `waiting` is called if another one is.

        The system gives the lock back when its holder ends, however it ends. Raises
        `BackendUnavailable` when another process builds for an hour.
        """
        folder = self.folder(key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_name(f"{folder.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            _wait(lock, folder)
        try:
            yield
        finally:
            lock.release()

    def entries(self) -> Iterator[tuple[Path, Entry | Damaged]]:
        """Every entry, in the order of names: the engine without its files, or what is wrong."""
        for folder in sorted(self.root.glob("*/*")):
            if not folder.is_dir() or folder.name.startswith("."):
                continue
            try:
                yield folder, read_entry(folder)
            except Damaged as damage:
                yield folder, damage

    def remove(self, folder: Path) -> int:
        """Delete an entry; how many bytes that frees. Processes that have loaded it go on.

        One that is being built is left alone: 0. Its lock stays, since another process may be
        about to take it.
        """
        try:
            with FileLock(folder.with_name(f"{folder.name}.lock"), timeout=0):
                freed = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
                shutil.rmtree(folder)
                return freed
        except Timeout:
            return 0


def read_entry(folder: Path) -> Entry:
    """An entry with its files, all checksums compared. Raises `Damaged`."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest.pop("checksum") != _checksum(manifest):
            raise Damaged(f"{MANIFEST} has been changed")
        files = {name: _file(folder / name, want) for name, want in manifest["files"].items()}
        parity, built = Parity(**manifest["parity"]), Built(**manifest["built"])
        return Entry(folder, manifest["key"], parity, built, _size(files), files)
    except OSError as error:
        raise Damaged(f"{error.filename} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{MANIFEST} is broken: {error}") from error


def _file(path: Path, want: Mapping[str, Any]) -> bytes:
    data = path.read_bytes()
    if len(data) != want["bytes"] or hashlib.sha256(data).hexdigest() != want["sha256"]:
        raise Damaged(f"{path.name} is not what was written")
    return data


def _manifest(key: EngineKey, files: Files, parity: Parity, built: Built) -> dict[str, Any]:
    described = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    manifest = {
        "key": key.to_json(),
        "files": described,
        "parity": asdict(parity),
        "built": asdict(built),
    }
    return {**manifest, "checksum": _checksum(manifest)}


def _checksum(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _size(files: Files) -> int:
    return sum(map(len, files.values()))


def _wait(lock: FileLock, folder: Path) -> None:
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise BackendUnavailable(
            f"another process has been building {folder.name} for an hour; end it and try again"
        ) from None
