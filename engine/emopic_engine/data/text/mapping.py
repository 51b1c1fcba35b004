"""Mapping files: what a table's columns are, and which emotions its labels stand for.

A mapping is a TOML file. The bundled ones (folder `mappings/`) and those people write for their own
data are of one kind:

    name = "my chat"                          # how examples name their source
    emotions = ["joy", "anger", "neutral"]    # the label set, in order; default: the default six
    codes = ["기쁨", "분노"]                   # where the label column holds numbers from 0

    [korean]                                  # names of emotions that Emopic does not know
    pride = "자랑"

    [file]
    header = true                             # false: columns are numbers from 1
    delimiter = ","                           # default: by the ending, .csv or .tsv/.txt
    quotes = true                             # false: a " is a character like any other
    encoding = ["utf-8", "cp949"]             # tried in this order
    sheet = "Sheet1"                          # .xlsx only; default: the first

    [columns]
    text = "말"                               # a name or number; a list: each cell is a line
    label = "감정"                            # a list: one column for each rater
    strength = "세기"                         # as many as labels; how strongly each is meant
    separator = "|"                           # where one cell holds several labels
    age = "나이"
    sex = "성별"

    [labels]                                  # default: labels are the emotions' own names
    "행복" = "joy"                             # one emotion …
    "어이없음" = { anger = 0.5, surprise = 0.4 }   # … or shares of several …
    "혐오" = {}                                # … or none: left out

Without `label` a mapping describes lines without labels. A key that is not listed here is an error.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.errors import DataError, InputError

Column = str | int
MAPPINGS: Final = Path(__file__).parent / "mappings"

_KEYS: Final = {"name", "emotions", "codes", "korean", "file", "columns", "labels"}
_FILE_KEYS: Final = {"header", "delimiter", "quotes", "encoding", "sheet"}
_COLUMN_KEYS: Final = {"text", "label", "strength", "separator", "age", "sex"}


@dataclass(frozen=True)
class TableFormat:
    """How a file becomes rows. `delimiter` None: by the file's ending; `sheet` None: the first."""

    header: bool = True
    delimiter: str | None = None
    quotes: bool = True
    encodings: tuple[str, ...] = ("utf-8", "cp949")
    sheet: str | None = None


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; without `label` there are no labels."""

    text: tuple[Column, ...]
    label: tuple[Column, ...] = ()
    strength: tuple[Column, ...] = ()
    separator: str | None = None
    age: Column | None = None
    sex: Column | None = None


@dataclass(frozen=True)
class LabelMapping:
    """A mapping file, checked.

    `weights` gives each label, folded by `fold_label`, its weight for every emotion, all at least
    0; all 0: the label is left out.
    """

    name: str
    emotions: Emotions
    table: TableFormat
    columns: Columns
    weights: Mapping[str, tuple[float, ...]]
    codes: tuple[str, ...] = ()

    def label(self, cell: str) -> str:
        """The label in a cell, decoded and folded: a key of `weights`. Raises `InputError`."""
        if not cell.strip():
            raise InputError("the label is empty")
        label = fold_label(self._decoded(cell) if self.codes else cell)
        if label not in self.weights:
            raise InputError(f"unknown label {cell.strip()!r}: use {', '.join(self.weights)}")
        return label

    def _decoded(self, cell: str) -> str:
        number = cell.strip()
        if number.isdecimal() and int(number) < len(self.codes):
            return self.codes[int(number)]
        raise InputError(f"unknown label number {number!r}: use 0 to {len(self.codes) - 1}")


def fold_label(label: str) -> str:
    """A label for comparing: case, outer and double spaces do not matter."""
    return " ".join(label.split()).casefold()


def bundled_mappings() -> dict[str, Path]:
    """The mappings that come with Emopic, by name."""
    return {path.stem: path for path in sorted(MAPPINGS.glob("*.toml"))}


def load_mapping(name: str | Path) -> LabelMapping:
    """A bundled mapping by its name, or a mapping file by its path, which ends in `.toml`.

    Raises `DataError` naming the file, the key and the value that cannot be used.
    """
    bundled = bundled_mappings()
    path = bundled.get(str(name), Path(name))
    if path.suffix != ".toml":
        raise DataError(
            f"unknown data set {str(name)!r}: use {', '.join(bundled)}, or a mapping file (.toml)"
        )
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path} is not TOML: {error}") from error
    try:
        return _mapping(path, raw)
    except InputError as error:
        raise DataError(f"{path}: {error.message}") from error


def _mapping(path: Path, raw: dict[str, Any]) -> LabelMapping:
    _only(raw, _KEYS, "")
    codes = _strings(raw, "codes")
    korean = _table(raw, "korean")
    for name in korean:
        _string(korean, name, "korean.")
    labels = _table(raw, "labels") if "labels" in raw else None
    names = _strings(raw, "emotions") or (codes if labels is None else ())
    emotions = Emotions.from_labels(names, korean) if names else DEFAULT
    columns = _columns(_table(raw, "columns"))
    mapping = LabelMapping(
        name=_string(raw, "name") or path.stem,
        emotions=emotions,
        table=_format(_table(raw, "file")),
        columns=columns,
        weights=_own_names(emotions) if labels is None else _weights(labels, emotions),
        codes=codes,
    )
    for code in codes if columns.label else ():
        if fold_label(code) not in mapping.weights:
            raise InputError(f"[labels] says nothing about the code {code!r}")
    return mapping


def _own_names(emotions: Emotions) -> dict[str, tuple[float, ...]]:
    pairs = zip(emotions.names, emotions.korean, strict=True)
    return {
        fold_label(label): _one_hot(index, len(emotions))
        for index, pair in enumerate(pairs)
        for label in pair
    }


def _weights(labels: dict[str, Any], emotions: Emotions) -> dict[str, tuple[float, ...]]:
    found: dict[str, tuple[float, ...]] = {}
    for label, meaning in labels.items():
        if fold_label(label) in found:
            raise InputError(f"labels.{label!r} is given twice (case does not matter)")
        found[fold_label(label)] = _meaning(label, meaning, emotions)
    return found


def _meaning(label: str, meaning: object, emotions: Emotions) -> tuple[float, ...]:
    if isinstance(meaning, str):
        return _one_hot(emotions.index(meaning), len(emotions))
    if not isinstance(meaning, dict):
        raise InputError(f"labels.{label!r} must be an emotion or a table of weights: {meaning!r}")
    weights = [0.0] * len(emotions)
    for emotion, weight in meaning.items():
        valid = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not valid or not 0 < weight < math.inf:
            raise InputError(f"labels.{label!r}.{emotion} must be above 0, got {weight!r}")
        weights[emotions.index(emotion)] = float(weight)
    return tuple(weights)


def _one_hot(index: int, length: int) -> tuple[float, ...]:
    return tuple(float(place == index) for place in range(length))


def _format(raw: dict[str, Any]) -> TableFormat:
    _only(raw, _FILE_KEYS, "file.")
    delimiter = _string(raw, "delimiter", "file.")
    if delimiter is not None and len(delimiter) != 1:
        raise InputError(f"file.delimiter must be one character, got {delimiter!r}")
    encodings = _strings(raw, "encoding", "file.") or TableFormat.encodings
    for encoding in encodings:
        try:
            "".encode(encoding)
        except LookupError as error:
            raise InputError(f"file.encoding {encoding!r} is unknown") from error
    return TableFormat(
        header=_switch(raw, "header"),
        delimiter=delimiter,
        quotes=_switch(raw, "quotes"),
        encodings=encodings,
        sheet=_string(raw, "sheet", "file."),
    )


def _switch(raw: dict[str, Any], key: str) -> bool:
    value = raw.get(key, True)
    if not isinstance(value, bool):
        raise InputError(f"file.{key} must be true or false, got {value!r}")
    return value


def _columns(raw: dict[str, Any]) -> Columns:
    _only(raw, _COLUMN_KEYS, "columns.")
    text, label, strength = (_column_list(raw, key) for key in ("text", "label", "strength"))
    separator = _string(raw, "separator", "columns.")
    if not text:
        raise InputError('columns.text is missing: say which column holds the text, text = "말"')
    if strength and len(strength) != len(label):
        raise InputError(f"columns.strength needs {len(label)} columns, one for each label")
    if separator and (strength or len(label) != 1):
        raise InputError("columns.separator goes with one label column and without strength")
    return Columns(text, label, strength, separator, _column(raw, "age"), _column(raw, "sex"))


def _column_list(raw: dict[str, Any], key: str) -> tuple[Column, ...]:
    value = raw.get(key, [])
    return tuple(_checked(key, item) for item in (value if isinstance(value, list) else [value]))


def _column(raw: dict[str, Any], key: str) -> Column | None:
    return _checked(key, raw[key]) if key in raw else None


def _checked(key: str, value: object) -> Column:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise InputError(f"columns.{key} must be a column's name or its number from 1, got {value!r}")


def _only(raw: dict[str, Any], keys: set[str], where: str) -> None:
    if unknown := sorted(raw.keys() - keys):
        raise InputError(f"unknown key {where}{unknown[0]}: use {', '.join(sorted(keys))}")


def _table(raw: dict[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise InputError(f"{key} must be a table, got {value!r}")
    return value


def _string(raw: dict[str, Any], key: str, where: str = "") -> str | None:
    value = raw.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise InputError(f"{where}{key} must be text, got {value!r}")


def _strings(raw: dict[str, Any], key: str, where: str = "") -> tuple[str, ...]:
    value = raw.get(key, [])
    items: Sequence[object] = value if isinstance(value, list) else [value]
    texts = tuple(item for item in items if isinstance(item, str) and item)
    if len(texts) != len(items):
        raise InputError(f"{where}{key} must be text or a list of texts, got {value!r}")
    return texts
