"""Labels of our own for lines of a data set that may be had elsewhere: `label<TAB>id` files.

The lines themselves stay in the data set. An id is the cell of an id column, or, where there is
none, the number of the data row, from 1 and without the header.
"""

from __future__ import annotations

from pathlib import Path

from emopic_engine.data.lines import LabelledLine, read_tsv
from emopic_engine.data.text.mapping import LabelMapping
from emopic_engine.data.text.tables import read_table
from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError


def own_labels(
    labels: Path, mapping: LabelMapping, table: Path, emotions: Emotions, id_column: int | None
) -> list[LabelledLine]:
    """The lines that `labels` names, in its order, each with its label.

    The text is the mapping's first text column; `id_column` counts from 1. Raises `DataError`
    naming the first id that the table does not have.
    """
    texts = _texts(mapping, table, id_column)
    found = []
    for row in read_tsv(labels, emotions):
        if row.text not in texts:
            raise DataError(f"{labels}: {table} has no line {row.text!r}; is it the right file?")
        found.append(LabelledLine(row.label, texts[row.text]))
    return found


def _texts(mapping: LabelMapping, path: Path, id_column: int | None) -> dict[str, str]:
    table = read_table(path, mapping.table)
    place = table.place(mapping.columns.text[0])
    header = 1 if mapping.table.header else 0
    texts = {}
    for row in table.rows:
        key = str(row[0] - header) if id_column is None else table.cell(row, id_column - 1)
        texts[key] = table.cell(row, place)
    return texts
