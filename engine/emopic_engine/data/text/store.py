"""Examples on disk: a TSV file with soft targets, one column for each emotion.

The header is `label`, `text`, `source`, `age`, `sex`, then the emotions in order, each as `name` or
`name=Korean name`; tabs and line breaks within a text become spaces. `write_hard` writes plain
`label<TAB>text` lines, which every command that takes lines reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from emopic_engine.data.text.example import Example
from emopic_engine.data.text.mapping import TableFormat
from emopic_engine.data.text.reader import Account, Reading, read_sex
from emopic_engine.data.text.tables import Row, Table, read_table
from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError, InputError

_FIXED: Final = ("label", "text", "source", "age", "sex")
_FORMAT: Final = TableFormat(delimiter="\t", quotes=False, encodings=("utf-8",))


def write_soft(path: Path, emotions: Emotions, examples: Sequence[Example]) -> None:
    """Write the examples with their targets, to 6 digits; the folder is made if need be."""
    rows = ["\t".join((*_FIXED, *emotions.spec.split(",")))]
    for example in examples:
        fixed = (
            emotions.names[example.label],
            _flat(example.text),
            _flat(example.source),
            _flat(example.age or ""),
            example.sex or "",
        )
        rows.append("\t".join((*fixed, *(f"{share:.6g}" for share in example.target))))
    _write(path, rows)


def write_hard(path: Path, emotions: Emotions, examples: Sequence[Example]) -> None:
    """Write `label<TAB>text` lines."""
    _write(path, [f"{emotions.names[e.label]}\t{_flat(e.text)}" for e in examples])


def read_soft(path: Path) -> Reading:
    """Read what `write_soft` wrote. Raises `DataError` naming file, row and column."""
    table = read_table(path, _FORMAT)
    header = table.header or ()
    if header[: len(_FIXED)] != _FIXED:
        raise DataError(f"{path}, row 1: the columns must begin with {', '.join(_FIXED)}")
    try:
        emotions = Emotions.parse(",".join(header[len(_FIXED) :]))
    except InputError as error:
        raise DataError(f"{path}, row 1: {error.message}") from error
    examples = tuple(_example(table, row, emotions) for row in table.rows)
    return Reading(emotions, examples, Account(rows=len(table.rows)))


def _example(table: Table, row: Row, emotions: Emotions) -> Example:
    label, text, source, age, _ = (table.cell(row, place) for place in range(len(_FIXED)))
    places = range(len(_FIXED), len(_FIXED) + len(emotions))
    target = tuple(_share(table, row, place) for place in places)
    if not text or abs(sum(target) - 1) > 1e-3:
        problem = "the text is empty" if not text else f"the shares sum to {sum(target):.4g}, not 1"
        raise DataError(f"{table.path}, row {row[0]}: {problem}")
    try:
        index = emotions.index(label)
    except InputError as error:
        raise DataError(f"{table.at(row[0], 0)}: {error.message}") from error
    sex = read_sex(table, row, _FIXED.index("sex"))
    return Example(text=text, source=source, age=age or None, sex=sex, label=index, target=target)


def _share(table: Table, row: Row, place: int) -> float:
    cell = table.cell(row, place)
    try:
        share = float(cell)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise DataError(f"{table.at(row[0], place)}: a share is between 0 and 1, got {cell!r}")
    return share


def _flat(text: str) -> str:
    return " ".join(text.split())


def _write(path: Path, rows: Sequence[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error
