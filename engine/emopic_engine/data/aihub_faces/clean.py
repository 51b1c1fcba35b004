"""From AI Hub's folders or archives to one folder of cut faces for each emotion.

    out/index.sqlite          what was read, and what became of each picture
    out/train/<emotion>/…     faces, JPEG
    out/held_out/<emotion>/…  those of people who were set apart

Nothing is unpacked, memory does not grow with the data, and a stopped run goes on where it was.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from PIL import Image
from rich.console import Console
from rich.progress import track

from emopic_engine.backends import load_backend
from emopic_engine.errors import DataError
from emopic_engine.face.detector import FaceDetector

from .archives import Member, member_parts, members
from .index import KEPT, FaceIndex, Place, Task
from .labels import FaceRecord, Parts, RecordError, file_name, parse_record, read_objects
from .pictures import QUALITY, Archives, Cutting, Finder, look_at
from .rules import RULES, TO_EMOTION, Limits, judge_labels

INDEX: Final = "index.sqlite"
PICTURES: Final = (".jpg", ".jpeg", ".png", ".webp")
_CHUNK: Final = 32  # pictures that a worker takes at once
_DETECTOR: Final = Path(__file__).parents[2] / "models" / "face_detector"

Result = tuple[str, str, str | None]  # name, rule or `kept`, note


@dataclass(frozen=True)
class Cleaning:
    """Settings of a run. Raises `DataError` for a value that cannot be used.

    `off` are rules that are not applied; `held_out` is the share of people set apart.
    """

    cutting: Cutting = field(default_factory=Cutting)
    limits: Limits = field(default_factory=Limits)
    off: frozenset[str] = frozenset()
    held_out: float = 0.0

    def __post_init__(self) -> None:
        unknown = sorted(self.off - RULES.keys())
        if unknown:
            raise DataError(f"unknown rule {unknown[0]!r}: use {', '.join(RULES)}")
        never = sorted(self.off & {"unreadable", "removed"})
        if never:
            raise DataError(f"the rule {never[0]!r} cannot be switched off: {RULES[never[0]]}")
        if not 1 <= self.limits.agreement <= 4:
            raise DataError(f"agreement must be 1 … 4 opinions, got {self.limits.agreement}")
        if self.cutting.size < 16:
            raise DataError(f"size must be at least 16 pixels, got {self.cutting.size}")

    def to_dict(self) -> dict[str, Any]:
        """As the index keeps it."""
        return {**asdict(self), "off": sorted(self.off)}


def clean_faces(
    sources: Sequence[Path],
    out: Path,
    cleaning: Cleaning,
    console: Console,
    *,
    backend: str = "openvino",
    workers: int = 1,
) -> FaceIndex:
    """Read the sources and cut what passes all rules into `out`; the index is the caller's.

    Raises `DataError` that names file and reason, and when `out` was made with other settings.
    """
    index = FaceIndex(out / INDEX, cleaning.to_dict())
    try:
        for path in sources:
            _read_source(index, path, cleaning, console)
        count = index.queue_up()
        work = Work(out, cleaning, backend)
        done = _all_done(index.tasks(), work, workers)
        for results in track(done, "Cutting faces", total=-(-count // _CHUNK), console=console):
            index.add_results(results)
    except BaseException:
        index.close()
        raise
    return index


def _read_source(index: FaceIndex, path: Path, cleaning: Cleaning, console: Console) -> None:
    if path.is_dir():
        with console.status(f"looking through {path}"):
            _read_folder(index, path, cleaning, console)
    elif path.suffix.lower() == ".zip":
        _read_archive(index, path, cleaning, console)
    elif path.suffix.lower() == ".json":
        _read_labels(index, path, _stamp(path), lambda: _file_parts(path), cleaning)
    elif path.exists():
        raise DataError(f"{path} is neither a folder nor a .zip or .json file")
    else:
        raise DataError(f"there is no {path}")


def _read_folder(index: FaceIndex, folder: Path, cleaning: Cleaning, console: Console) -> None:
    """The pictures of a folder and of those within, then its archives and label files."""
    others: list[Path] = []

    def pictures() -> Iterator[tuple[str, str, Member | None]]:
        for path in _files(folder):
            ending = path.suffix.lower()
            if ending in PICTURES:
                yield file_name(path.name), str(path.relative_to(folder)), None
            elif ending in (".zip", ".json"):
                others.append(path)

    if index.has_source(folder, "folder"):
        others = [path for path in _files(folder) if path.suffix.lower() in (".zip", ".json")]
    else:
        index.add_pictures(folder, "folder", pictures())
    for path in sorted(others):
        _read_source(index, path, cleaning, console)


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder, one at a time."""
    within: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    within.append(entry.path)
                else:
                    yield Path(entry.path)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}") from error
    for inner in sorted(within):
        yield from _files(Path(inner))


def _read_archive(index: FaceIndex, path: Path, cleaning: Cleaning, console: Console) -> None:
    """The pictures of an archive, then the label files in it."""
    stamp = _stamp(path)
    labels: list[Member] = []

    def pictures() -> Iterator[tuple[str, str, Member | None]]:
        for member in members(path):
            ending = Path(member.name).suffix.lower()
            if ending in PICTURES:
                yield file_name(member.name), member.name, member
            elif ending == ".json":
                labels.append(member)

    with console.status(f"reading {path.name}"):
        if index.has_source(path, stamp):
            labels = [item for item in members(path) if item.name.lower().endswith(".json")]
        else:
            index.add_pictures(path, stamp, pictures())
        for member in labels:
            inside = path / member.name
            _read_labels(index, inside, stamp, _member_source(path, member), cleaning)


def _member_source(path: Path, member: Member) -> Parts:
    def parts() -> Iterator[bytes]:
        with path.open("rb") as file:
            yield from member_parts(file, path, member)

    return parts


def _read_labels(
    index: FaceIndex, path: Path, stamp: str, parts: Parts, cleaning: Cleaning
) -> None:
    if index.has_source(path, stamp):
        return

    def records() -> Iterator[Any]:
        for values in read_objects(parts, str(path)):
            try:
                record: FaceRecord = parse_record(values)
            except RecordError as error:
                yield str(error)
            else:
                yield record, judge_labels(record, cleaning.limits, cleaning.off)

    index.add_records(path, stamp, records())


def _file_parts(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 16):
                yield part
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _stamp(path: Path) -> str:
    """What changes when a file does."""
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    return f"{status.st_size} {status.st_mtime_ns}"


@dataclass(frozen=True)
class Work:
    """What a worker needs to know."""

    out: Path
    cleaning: Cleaning
    backend: str

    def face_path(self, place: Place, label: str) -> Path:
        """Where a kept face goes. All pictures of one person are on the same side."""
        person = place.name.split("_", 1)[0]
        apart = zlib.crc32(person.encode()) / 2**32 < self.cleaning.held_out
        stem, _, ending = place.name.rpartition(".")
        name = stem if ending.lower() in ("jpg", "jpeg") else place.name
        side = "held_out" if apart else "train"
        return self.out / side / TO_EMOTION[label] / f"{name}.jpg"


class Worker:
    """Looks at pictures and writes the faces that are kept."""

    def __init__(self, work: Work, finder: Finder | None = None) -> None:
        self.work, self.archives = work, Archives()
        self.finder: Finder = finder or FaceDetector(
            _DETECTOR, load_backend(work.backend, threads=1)
        )
        for side in ("train", "held_out") if work.cleaning.held_out else ("train",):
            for emotion in TO_EMOTION.values():
                (work.out / side / emotion).mkdir(parents=True, exist_ok=True)

    def __call__(self, tasks: Sequence[Task]) -> list[Result]:
        return [self._result(task) for task in tasks]

    def _result(self, task: Task) -> Result:
        cleaning = self.work.cleaning
        try:
            content = self.archives.read(task.place)
        except DataError as error:
            return task.place.name, "unreadable", str(error)
        look = look_at(task, content, self.finder, cleaning.cutting, cleaning.limits, cleaning.off)
        if look.result == KEPT and look.face is not None:
            path = self.work.face_path(task.place, task.label)
            Image.fromarray(look.face).save(path, "JPEG", quality=QUALITY)
        return task.place.name, look.result, look.note


def _all_done(tasks: Iterable[Task], work: Work, workers: int) -> Iterator[list[Result]]:
    chunks = _chunked(tasks)
    if workers > 1:
        yield from _in_processes(chunks, work, workers)
        return
    first = next(chunks, None)
    if first is None:
        return
    worker = Worker(work)
    try:
        for chunk in chain([first], chunks):
            yield worker(chunk)
    finally:
        worker.archives.close()


def _chunked(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    left = iter(tasks)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk


def _in_processes(chunks: Iterator[list[Task]], work: Work, workers: int) -> Iterator[list[Result]]:
    """Results as they come; only a few chunks are on their way at any time."""
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (work,)) as pool:
        on_the_way: set[Future[list[Result]]] = set()
        while True:
            more = islice(chunks, 2 * workers - len(on_the_way))
            on_the_way |= {pool.submit(_do, chunk) for chunk in more}
            if not on_the_way:
                return
            done, on_the_way = wait(on_the_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()


_worker: Worker | None = None  # one per process: making it takes seconds


def _start(work: Work) -> None:
    global _worker
    _worker = Worker(work)


def _do(tasks: list[Task]) -> list[Result]:
    if _worker is None:
        raise RuntimeError("the worker was not started")
    return _worker(tasks)
