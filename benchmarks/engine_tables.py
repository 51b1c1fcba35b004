"""The engines' results as Markdown: a table for each model, shapes down, engines across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.markdown import ms, table

Found = Mapping[str, Any]


def engines(found: Found) -> str:
    """All models, under what their floors were made of."""
    peaks = [
        f"{device}: " + ", ".join(f"{name} {value:g}" for name, value in each.items())
        for device, each in found["peak_gflops"].items()
    ]
    head = (
        f"{found['threads']} threads. Peaks in GFLOP/s: {'; '.join(peaks)}. Each cell: median / "
        "p99 in ms (how much of the median the arithmetic alone would take)."
    )
    names = dict.fromkeys(row["model"] for row in found["rows"])
    models = [_model(name, [r for r in found["rows"] if r["model"] == name]) for name in names]
    return "\n\n".join([head, *models])


def engine(row: Found) -> str:
    """What ran."""
    return f"{row['backend']} {row['precision']}"


def _model(name: str, rows: Sequence[Found]) -> str:
    measured = [row for row in rows if "batch" in row]
    parity = {engine(row): row.get("refused") or row["parity"] for row in rows}
    beside = "; ".join(f"{each}: {text}" for each, text in parity.items())
    title = f"**{name}**" + _summary(measured)
    return f"{title}\n\n{_shapes(measured, list(parity))}\n\nAgainst fp32 torch: {beside}."


def _summary(rows: Sequence[Found]) -> str:
    if not rows:
        return ": no engine is good enough."
    best = max(rows, key=lambda row: row["items_per_s"])
    return (
        f", {rows[0]['gflop_per_item']} GFLOP an item. At most {best['items_per_s']:g} items/s "
        f"({engine(best)}, batch {best['batch']})."
    )


def _shapes(rows: Sequence[Found], engines: Sequence[str]) -> str:
    cells = {(engine(row), row["length"], row["batch"]): _cell(row) for row in rows}
    shapes = dict.fromkeys((row["length"], row["batch"]) for row in rows)
    lines = [
        [length or None, batch, *(cells.get((each, length, batch)) for each in engines)]
        for length, batch in shapes
    ]
    return table(["tokens", "batch", *engines], lines)


def _cell(row: Found) -> str:
    return (
        f"{ms(row['median_ms'], 2)} / {ms(row['p99_ms'], 2)} ({100 * row['share_of_floor']:.0f} %)"
    )
