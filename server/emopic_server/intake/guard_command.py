"""`emopic guard`: judge lines, mask them, or measure the guard on labelled lines."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.progress import track

from emopic_engine.console import UsageError, err, out
from emopic_server.intake.guard import Guard, load_guard

LABELS = ("profane", "clean")


class Score(NamedTuple):
    """How a guard did: `missed` are profane lines it let pass, `accused` clean ones it minded."""

    lines: int
    found: int
    missed: list[str]
    accused: list[str]
    ms: float

    @property
    def precision(self) -> float:
        """The share of profane lines among those the guard minds."""
        return self.found / max(1, self.found + len(self.accused))

    @property
    def recall(self) -> float:
        """The share of profane lines that the guard minds."""
        return self.found / max(1, self.found + len(self.missed))


def guard(
    lines: Annotated[list[str] | None, typer.Argument(help="Lines; none: read stdin.")] = None,
    mask: Annotated[
        bool, typer.Option("--mask", help="Print the lines masked, and nothing else.")
    ] = False,
    test: Annotated[
        Path | None, typer.Option(help="Measure on a file of `profane` or `clean`, tab, line.")
    ] = None,
    second_opinion: Annotated[str, typer.Option(help="none or korcen.")] = "none",
) -> None:
    """Find profanity in Korean lines."""
    if second_opinion not in ("none", "korcen"):
        raise UsageError(f"--second-opinion {second_opinion!r}: use none or korcen")
    judge = load_guard(second_opinion)
    if test is not None:
        _report(measure(judge, read_labelled(test)))
        return
    for line in lines or sys.stdin.read().splitlines():
        if mask:
            out.print(judge.mask(line), markup=False, soft_wrap=True)
        else:
            _print(judge, line)


def read_labelled(path: Path) -> list[tuple[str, str]]:
    """(label, line) of every row; `#` begins a comment. Raises `UsageError`."""
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    labelled = []
    for number, row in enumerate(rows, 1):
        if not row or row.startswith("#"):
            continue
        label, _, line = row.partition("\t")
        if label not in LABELS or not line:
            raise UsageError(f"{path}:{number}: {label!r}: expected profane or clean, tab, line")
        labelled.append((label, line))
    return labelled


def measure(judge: Guard, labelled: Sequence[tuple[str, str]]) -> Score:
    """Judge all lines; `ms` is the processor time for one."""
    missed, accused, found = [], [], 0
    begin = time.process_time()
    for label, line in track(labelled, "judging", console=err, transient=True):
        minds = bool(judge.find(line))
        found += minds and label == "profane"
        if minds and label == "clean":
            accused.append(line)
        if not minds and label == "profane":
            missed.append(line)
    seconds = time.process_time() - begin
    return Score(len(labelled), found, missed, accused, seconds * 1000 / max(1, len(labelled)))


def _print(judge: Guard, line: str) -> None:
    spans = judge.find(line)
    signs = unicodedata.normalize("NFC", line)
    words = ", ".join(signs[begin:end] for begin, end in spans)
    label = f"[red]{LABELS[0]}[/red]" if spans else f"[green]{LABELS[1]}[/green]  "
    out.print(label, end="  ")
    out.print(f"{judge.mask(line)}{f'   ({words})' if spans else ''}", markup=False, soft_wrap=True)


def _report(score: Score) -> None:
    out.print(
        f"{score.lines} lines: precision {score.precision:.4f}, recall {score.recall:.4f}, "
        f"{score.ms:.3f} ms a line"
    )
    for what, lines in (("missed", score.missed), ("accused", score.accused)):
        for line in lines:
            out.print(f"{what}  {line}", markup=False, soft_wrap=True)
