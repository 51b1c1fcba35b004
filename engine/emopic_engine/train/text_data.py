"""Files to lines to train on: labelled, softly labelled, unlabelled; and parts for testing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from emopic_engine.data.lines import read_tsv
from emopic_engine.data.text.mapping import bundled_mappings, load_mapping
from emopic_engine.data.text.reader import read_lines
from emopic_engine.data.text.store import read_soft
from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError, InputError
from emopic_engine.train.text_lines import TrainLine, hard_lines, soft_lines

_SOFT_HEADER: Final = b"label\ttext\tsource\t"


def emotions_of(path: Path) -> Emotions | None:
    """The label set that a file with soft targets names; None for a `label<TAB>text` file."""
    return read_soft(path).emotions if _is_soft(path) else None


def read_training(path: Path, emotions: Emotions, *, soft: bool = True) -> list[TrainLine]:
    """Lines of a `label<TAB>text` file, or of one that `emopic data lines --soft` wrote.

    With `soft` the latter's shares are the targets, else its labels. Raises `DataError` for a file
    that cannot be read, or whose emotions are others.
    """
    if not _is_soft(path):
        return hard_lines(read_tsv(path, emotions), len(emotions))
    reading = read_soft(path)
    if reading.emotions.names != emotions.names:
        raise DataError(
            f"{path} has the emotions {','.join(reading.emotions.names)}; to train on them, say "
            f"--labels {reading.emotions.spec}"
        )
    if soft:
        return soft_lines(reading.examples)
    return hard_lines(reading.examples, len(emotions))


def _is_soft(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(len(_SOFT_HEADER) + 3)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    return start.removeprefix(b"\xef\xbb\xbf").startswith(_SOFT_HEADER)


def read_unlabelled(source: str) -> list[str]:
    """Lines without labels: a text file with a line a row, or `MAPPING:FILE` for a data set.

    Raises `DataError`.
    """
    name, colon, file = source.partition(":")
    if colon and (name in bundled_mappings() or name.endswith(".toml")):
        return [line.text for line in read_lines(load_mapping(name), [Path(file)])]
    try:
        rows = Path(source).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: not UTF-8 at byte {error.start + 1}") from error
    lines = [row.strip() for row in rows if row.strip()]
    if not lines:
        raise DataError(f"{source} holds no lines")
    return lines


def by_name(paths: Sequence[Path], *taken: str) -> dict[str, Path]:
    """The files by their names without ending. Raises `InputError` if two have the same, or one
    has a name that is taken.
    """
    named: dict[str, Path] = {}
    for path in paths:
        if path.stem in named or path.stem in taken:
            raise InputError(f"{path}: there are other lines called {path.stem!r}; rename the file")
        named[path.stem] = path
    return named


def cut_off(
    lines: Sequence[TrainLine], share: float, seed: int
) -> tuple[list[TrainLine], list[TrainLine]]:
    """The lines in two parts, `(the rest, share of them)`: every emotion spread evenly.

    Raises `InputError` where a part would be empty.
    """
    chance = random.Random(seed)
    order = sorted(range(len(lines)), key=lambda i: (lines[i].top, chance.random()))
    count = round(share * len(lines))
    if not 0 < count < len(lines):
        raise InputError(f"a share of {share} of {len(lines)} lines leaves a part empty")
    # Evenly spaced places in an order by emotion take the same share of each.
    taken = {order[int((i + 0.5) * len(lines) / count)] for i in range(count)}
    rest = [line for i, line in enumerate(lines) if i not in taken]
    return rest, [lines[i] for i in sorted(taken)]
