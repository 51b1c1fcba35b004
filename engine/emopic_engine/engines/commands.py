"""`emopic engines build | list | verify | prune`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from emopic_engine.backends import AUTO, BACKENDS, Backend, known_precision, load_backend
from emopic_engine.console import UsageError, err, out, status
from emopic_engine.engine import MODELS, EngineConfig
from emopic_engine.engines.models import Recording, Row, built, compile_all, runnable, verified
from emopic_engine.engines.store import Damaged, EngineStore, Entry
from emopic_engine.errors import BackendUnavailable

app = typer.Typer(no_args_is_help=True, help="Compiled engines: build, list, compare, remove.")

BackendOption = Annotated[
    str, typer.Option("--backend", help=f"{AUTO}, {', '.join(BACKENDS)}. Never substituted.")
]
PrecisionOption = Annotated[
    str | None, typer.Option("--precision", help="f32, bf16, f16 or int8; default: the backend's.")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=0, help="0: all processors.")]
TextModelOption = Annotated[Path, typer.Option("--text-model", help="A KoBERT-format directory.")]
FaceModelOption = Annotated[Path, typer.Option("--face-model", help="A face model directory.")]
AllOption = Annotated[
    bool, typer.Option("--all", help="On every backend and precision that can run here.")
]


@app.command()
def build(
    backend: BackendOption = "openvino",
    precision: PrecisionOption = None,
    threads: ThreadsOption = 0,
    text_model: TextModelOption = MODELS / "text",
    face_model: FaceModelOption = MODELS / "live",
    every: AllOption = False,
) -> None:
    """Build what is not there yet, and compare it with fp32, so that `serve` starts at once."""
    config = _config(backend, precision, threads, text_model, face_model)
    _finish(_each(config, every, built))


@app.command()
def verify(
    backend: BackendOption = "openvino",
    precision: PrecisionOption = None,
    threads: ThreadsOption = 0,
    text_model: TextModelOption = MODELS / "text",
    face_model: FaceModelOption = MODELS / "live",
    every: AllOption = False,
) -> None:
    """Compare engines with fp32 again, now; build those that are not there."""
    config = _config(backend, precision, threads, text_model, face_model)
    _finish(_each(config, every, verified))


@app.command(name="list")
def list_engines() -> None:
    """Show the engines that are kept, and how close to fp32 each was when it was built."""
    table = Table("backend", "engine", "MB", "built", "s", "against fp32", "state")
    judge = Judge()
    for folder, entry in EngineStore().entries():
        state = judge.reason(entry) or "[green]current[/green]"
        if isinstance(entry, Damaged):
            table.add_row(folder.parent.name, folder.name, "", "", "", "", state)
            continue
        table.add_row(
            folder.parent.name,
            f"{entry.key['graph']} {entry.key['precision']}",
            f"{entry.bytes / 1e6:.1f}",
            entry.built.at[:16].replace("T", " "),
            f"{entry.built.seconds:.1f}",
            entry.parity.brief,
            state,
        )
    out.print(table)
    out.print(f"{EngineStore().root}", markup=False, soft_wrap=True)


@app.command()
def prune(
    every: Annotated[bool, typer.Option("--all", help="Remove every engine.")] = False,
    older_than: Annotated[
        int | None, typer.Option(min=0, help="Also those built more than this many days ago.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove engines that are damaged, refused, or for other versions or another machine."""
    store, judge, freed, count = EngineStore(), Judge(older_than), 0, 0
    for folder, entry in list(store.entries()):
        reason = "everything goes" if every else judge.reason(entry)
        if not reason:
            continue
        out.print(f"{folder.parent.name}/{folder.name}: {reason}", soft_wrap=True)
        count += 1
        freed += 0 if dry_run else store.remove(folder)
    out.print(f"{'would remove' if dry_run else 'removed'} {count}, {freed / 1e6:.1f} MB freed")


@app.command()
def specimens(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
) -> None:
    """Write models of the published sizes with random weights, to build and measure engines on."""
    from emopic_engine.engines.specimens import write_specimens

    with status("writing KoBERT 12 × 768 and StarGAN at 128 and 256 px"):
        written = write_specimens(folder)
    for path in written:
        out.print(str(path), markup=False, soft_wrap=True)


class Judge:
    """Says why an entry is of no use any more; empty for one that is."""

    def __init__(self, older_than: int | None = None) -> None:
        self._oldest = None if older_than is None else datetime.now(UTC) - timedelta(older_than)
        self._backends: dict[str, Backend | None] = {}

    def reason(self, entry: Entry | Damaged) -> str:
        """In rich's markup."""
        if isinstance(entry, Damaged):
            return f"[red]damaged[/red]: {escape(str(entry))}"
        if not entry.parity.passed:
            return "[red]refused[/red]: too far from fp32"
        if self._oldest and datetime.fromisoformat(entry.built.at) < self._oldest:
            return "older than asked for"
        return self._foreign(entry)

    def _foreign(self, entry: Entry) -> str:
        name = str(entry.key["backend"])
        backend = self._backend(name)
        if backend is None:
            return f"[yellow]foreign[/yellow]: {name} cannot run here"
        if entry.key["device"] != backend.device:
            return f"[yellow]foreign[/yellow]: made for {escape(entry.key['device'])}"
        if entry.key["versions"] != backend.versions:
            return "[yellow]stale[/yellow]: made for other versions"
        return ""

    def _backend(self, name: str) -> Backend | None:
        if name not in self._backends:
            try:
                self._backends[name] = load_backend(name)
            except BackendUnavailable:
                self._backends[name] = None
        return self._backends[name]


def _config(
    backend: str, precision: str | None, threads: int, text_model: Path, face_model: Path
) -> EngineConfig:
    for folder in (text_model, face_model):
        if not folder.is_dir():
            raise UsageError(f"there is no model directory {folder}")
    return EngineConfig(
        backend=backend,
        precision=known_precision(precision),
        threads=threads,
        text_model=text_model,
        face_model=face_model,
    )


def _each(
    config: EngineConfig, every: bool, work: Callable[[Recording], Iterable[Row]]
) -> list[Row]:
    """Compile for the configuration, or for every backend, and do the work; progress on stderr."""
    wanted = [(config.backend, config.precision)]
    rows: list[Row] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("starting", total=None)
        for backend, precision in list(runnable()) if every else wanted:
            label = f"{backend} {precision or ''}".strip()
            progress.update(task, description=f"{label}: loading")

            def watch(graph: str, stage: str, label: str = label) -> None:
                progress.update(task, description=escape(f"{label}: {graph}: {stage}"))

            chosen = replace(config, backend=backend, precision=precision)
            recording = compile_all(chosen, watch)
            progress.update(task, description=f"{label}: comparing with fp32")
            rows += work(recording)
            progress.console.print(f"{label}: {recording.reason}", markup=False, soft_wrap=True)
    return rows


def _finish(rows: list[Row]) -> None:
    """Print the table; exit code 1 where an engine is refused."""
    table = Table("backend", "precision", "graph", "against fp32", "")
    for row in rows:
        figures = row.parity.brief if row.parity else "as when it was built"
        figures = escape(row.refused or figures)
        state = "[red]refused[/red]" if row.refused else "[green]good[/green]"
        table.add_row(row.backend, row.precision, row.graph, figures, state)
    out.print(table)
    if any(row.refused for row in rows):
        raise typer.Exit(1)
