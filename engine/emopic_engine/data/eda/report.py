"""The HTML page: figures and pictures put together, everything inside one file."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from rich.console import Console

from emopic_engine.data.eda import figures
from emopic_engine.data.eda.charts import Charts, colours
from emopic_engine.data.eda.words import telling_words
from emopic_engine.data.text.duplicates import distinct, near_duplicates
from emopic_engine.data.text.example import Example
from emopic_engine.data.text.reader import Reading
from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError
from emopic_engine.text.tokenizer import Tokenizer

_ROWS = 25  # of the tables of conflicts and near-duplicates
_QUANTILES = (0.5, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True)
class Settings:
    """What the report is about: `names` are the files, `max_tokens` what the model would read."""

    title: str
    names: tuple[str, ...]
    tokenizer: Tokenizer
    font: Path
    max_tokens: int = 71
    seed: int = 0


def write_report(out: Path, reading: Reading, settings: Settings, console: Console) -> None:
    """Write the page. Raises `DataError` where a library is missing or `out` cannot be written."""
    page = render_report(reading, settings, console)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror or error}") from error


def render_report(reading: Reading, settings: Settings, console: Console) -> str:
    """The page as text. Every text from the data is escaped."""
    template = files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {"picture": _picture, "parts": _parts}
    return environment.from_string(template).render(_Report(reading, settings, console).context())


def _picture(content: bytes, alt: str) -> Markup:
    kind = "png" if content.startswith(b"\x89PNG") else "svg+xml"
    data = base64.b64encode(content).decode("ascii")
    return Markup('<img alt="{}" src="data:image/{};base64,{}">').format(alt, kind, data)


def _parts(example: Example) -> list[tuple[int, float]]:
    """The emotions in the target, by index, with their shares."""
    return [(label, share) for label, share in enumerate(example.target) if share > 0]


class _Report:
    """Gathers what the template shows, one method for each section."""

    def __init__(self, reading: Reading, settings: Settings, console: Console) -> None:
        self._reading, self._settings, self._console = reading, settings, console
        self._examples: Sequence[Example] = reading.examples
        self._emotions: Emotions = reading.emotions
        self._labels = [
            name if name == korean else f"{korean} {name}"
            for name, korean in zip(self._emotions.names, self._emotions.korean, strict=True)
        ]
        self._colours = colours(self._emotions.names)
        self._charts = Charts(settings.font, self._labels, self._colours)
        self._counts = figures.label_counts(self._examples, len(self._emotions))
        self._shares = figures.targets(self._examples)
        self._members = figures.members(self._examples, self._shares)
        self._shown = figures.shown_labels(self._members.sum(axis=0))

    def context(self) -> dict[str, Any]:
        steps: dict[str, tuple[str, Callable[[], Any]]] = {
            "labels": ("counting labels", self._label_section),
            "lengths": ("counting tokens", self._length_section),
            "clouds": ("looking for telling words", self._clouds),
            "people": ("counting people", self._people),
            "same": ("looking for duplicates", self._same),
            "samples": ("choosing samples", self._samples),
        }
        found: dict[str, Any] = {
            "title": self._settings.title,
            "names": self._settings.names,
            "account": self._reading.account,
            "lines": len(self._examples),
            "emotions": self._labels,
            "colours": self._colours,
            "shown": self._shown,
        }
        for name, (doing, step) in steps.items():
            with self._console.status(doing):
                found[name] = step()
        return found

    def _label_section(self) -> dict[str, Any]:
        shares = self._shares
        if not figures.is_soft(shares):
            return {"soft": False, "counts": self._charts.label_counts(self._counts, None)}
        means = figures.together(shares, self._shown)
        return {
            "soft": True,
            "counts": self._charts.label_counts(self._counts, shares.sum(axis=0)),
            "certainty": self._charts.certainty(shares),
            "means": self._charts.together(means, self._shown),
            "half": float((shares.max(axis=1) >= 0.5).mean()),
        }

    def _length_section(self) -> dict[str, Any]:
        settings = self._settings
        lengths = figures.token_lengths(self._examples, settings.tokenizer, settings.max_tokens)
        return {
            "max_tokens": settings.max_tokens,
            "share": lengths.share_within,
            "mean": float(lengths.tokens.mean()),
            "quantiles": [(share, lengths.quantile(share)) for share in _QUANTILES],
            "all": self._charts.lengths(lengths),
            "by_emotion": self._charts.lengths_by_emotion(
                lengths.tokens, self._members, self._shown
            ),
        }

    def _clouds(self) -> list[tuple[int, bytes | None]]:
        words = telling_words(self._examples, len(self._emotions))
        return [
            (label, self._charts.cloud(words[label], label) if words[label] else None)
            for label in self._shown
        ]

    def _people(self) -> dict[str, bytes]:
        tables = {
            "age": figures.by_age(self._examples, len(self._emotions)),
            "sex": figures.by_sex(self._examples, len(self._emotions)),
        }
        return {name: self._charts.people(table) for name, table in tables.items() if table}

    def _same(self) -> dict[str, Any]:
        cleaned = distinct(self._examples)
        groups = near_duplicates([example.text for example in self._examples])
        alike = [[self._examples[index] for index in group] for group in groups]
        mixed = [group for group in alike if len({example.label for example in group}) > 1]
        return {
            "duplicates": cleaned.duplicates,
            "conflicts": len(cleaned.conflicts),
            "conflict_rows": cleaned.conflicts[:_ROWS],
            "near": len(alike),
            "near_lines": sum(map(len, alike)),
            "near_mixed": len(mixed),
            "near_rows": [*mixed, *(group for group in alike if group not in mixed)][:_ROWS],
        }

    def _samples(self) -> list[tuple[int, list[Example]]]:
        return [
            (label, figures.samples(self._of(label), seed=self._settings.seed))
            for label in self._shown
        ]

    def _of(self, label: int) -> list[Example]:
        return [e for e, own in zip(self._examples, self._members[:, label], strict=True) if own]
