"""The commands `emopic data mapping|lines|eda`; pictures are imported inside them."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from emopic_engine.console import UsageError, err, out
from emopic_engine.data.text.duplicates import distinct
from emopic_engine.data.text.mapping import LabelMapping, bundled_mappings, load_mapping
from emopic_engine.data.text.reader import Account, Reading, read_examples
from emopic_engine.data.text.store import read_soft, write_hard, write_soft
from emopic_engine.emotions import Emotions

SOFT: Final = "soft"
_LISTED: Final = 8  # emotions; a set with more is cut short in the list
_MODEL: Final = Path(__file__).parents[1] / "models" / "text"

Source = Annotated[
    str,
    typer.Argument(
        help=f"{', '.join(bundled_mappings())}; {SOFT} (written by `data lines --soft`); "
        "or a mapping file of your own (.toml)."
    ),
]
Files = Annotated[list[Path], typer.Argument(help="CSV, TSV or xlsx files.")]


def mapping(
    name: Annotated[str | None, typer.Argument(help="Print this one's file.")] = None,
) -> None:
    """List the data sets that can be read, or print one's mapping file, to change a copy of it."""
    bundled = bundled_mappings()
    if name is None:
        table = Table("name", "data set", "emotions")
        for known in bundled:
            found = load_mapping(known)
            table.add_row(known, found.name, _emotions(found))
        out.print(table)
        return
    if name not in bundled:
        raise UsageError(f"unknown data set {name!r}: use {', '.join(bundled)}")
    sys.stdout.write(bundled[name].read_text(encoding="utf-8"))


def _emotions(found: LabelMapping) -> str:
    if not found.columns.label:
        return "no labels"
    korean = found.emotions.korean
    shown = ", ".join(korean[:_LISTED])
    return shown if len(korean) <= _LISTED else f"{shown}, … ({len(korean)})"


def lines(
    source: Source,
    files: Files,
    out_file: Annotated[Path, typer.Option("--out", help="TSV file to write.")],
    soft: Annotated[
        bool, typer.Option("--soft", help="With soft targets, not just label<TAB>text.")
    ] = False,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Keep duplicates and conflicting labels.")
    ] = False,
) -> None:
    """Turn a labelled data set into lines to train on, each text once."""
    reading = _read(source, files, err)
    examples = reading.examples
    if not keep_duplicates:
        cleaned = distinct(examples)
        examples = cleaned.examples
        err.print(
            f"{cleaned.duplicates:,} duplicates and {len(cleaned.conflicts):,} texts with "
            "conflicting labels left out"
        )
    (write_soft if soft else write_hard)(out_file, reading.emotions, examples)
    out.print(f"{out_file}: {len(examples):,} lines", soft_wrap=True)
    out.print(f"emotions: {reading.emotions.spec}", markup=False, soft_wrap=True)


def eda(
    source: Source,
    files: Files,
    out_file: Annotated[Path, typer.Option("--out", help="HTML file to write.")],
    text_model: Annotated[Path, typer.Option(help="Whose tokenizer counts the tokens.")] = _MODEL,
    max_tokens: Annotated[int, typer.Option(min=3, help="What the model would read.")] = 71,
    font: Annotated[Path | None, typer.Option(help="A font with Korean letters.")] = None,
    title: Annotated[str | None, typer.Option(help="Heading of the page.")] = None,
    seed: Annotated[int, typer.Option(help="Which samples are shown.")] = 0,
) -> None:
    """Write a page with pictures of what is in a labelled data set."""
    _need("datasketch", "jinja2", "kiwipiepy", "matplotlib", "wordcloud")
    from emopic_engine.data.eda.fonts import korean_font
    from emopic_engine.data.eda.report import Settings, write_report
    from emopic_engine.text.tokenizer import Tokenizer, find_tokenizer

    settings = Settings(
        title=title or (source if source == SOFT else load_mapping(source).name),
        names=tuple(path.name for path in files),
        tokenizer=Tokenizer(find_tokenizer(text_model)),
        font=korean_font(font),
        max_tokens=max_tokens,
        seed=seed,
    )
    write_report(out_file, _read(source, files, err), settings, err)
    out.print(str(out_file), markup=False, soft_wrap=True)


def _read(source: str, files: list[Path], console: Console) -> Reading:
    if source != SOFT:
        reading = read_examples(load_mapping(source), files, console)
    else:
        reading = _joined([read_soft(path) for path in files])
    _tell(reading.emotions, reading.account, console)
    return reading


def _joined(readings: list[Reading]) -> Reading:
    first = readings[0].emotions
    for reading in readings:
        if reading.emotions != first:
            raise UsageError(
                f"the files have different emotions: {first.choices}; {reading.emotions.choices}"
            )
    examples = tuple(example for reading in readings for example in reading.examples)
    return Reading(first, examples, Account(rows=len(examples)))


def _tell(emotions: Emotions, account: Account, console: Console) -> None:
    console.print(f"{account.rows:,} rows, {len(emotions)} emotions", highlight=False)
    if account.no_text:
        console.print(f"{account.no_text:,} rows without text left out")
    for label, count in account.left_out.most_common():
        console.print(f"{count:,} left out as {label!r}", markup=False)
    for tie, count in account.ties.items():
        console.print(f"{count:,} ties: {tie}")


def _need(*modules: str) -> None:
    """Say at once what is missing."""
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:
            raise UsageError(
                f"this needs {module}: pip install 'emopic-engine[data]' ({error})"
            ) from error
