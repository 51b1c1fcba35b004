"""The comparison as Markdown."""

from __future__ import annotations

from typing import Any


def markdown(found: dict[str, Any]) -> str:
    """Tables of `peers.json`."""
    parts = [_naive(name, rows) for name, rows in found["naive"].items()]
    return "\n".join([*parts, _overhead(found["overhead"]), _capacity(found["capacity"])])


def _naive(name: str, rows: dict[str, Any]) -> str:
    base = rows["naive"]["line_to_picture"]["p50_ms"]
    lines = [
        f"{name} models, p50 in ms",
        "",
        "| | line → emotion | line → picture | naive over it |",
        "|---|---|---|---|",
    ]
    for key, row in rows.items():
        emotion, picture = (row[f"line_to_{what}"]["p50_ms"] for what in ("emotion", "picture"))
        ratio = f"{base / picture:.1f}×" if base and picture else "–"
        lines.append(f"| {key} | {_ms(emotion)} | {_ms(picture)} | {ratio} |")
    return "\n".join([*lines, ""])


def _overhead(rows: dict[str, Any]) -> str:
    lines = [
        f"no-op models, {rows['rate']:g} lines/s, ms",
        "",
        "| | p50 | p99 | over ours, p50 |",
        "|---|---|---|---|",
    ]
    for name, row in rows.items():
        if name != "rate" and "failed" in row:
            lines.append(f"| {name} | failed: {row['failed']} | | |")
        elif name != "rate":
            ratio = row["p50_ms"] / rows["ours"]["p50_ms"]
            lines.append(f"| {name} | {_ms(row['p50_ms'])} | {_ms(row['p99_ms'])} | {ratio:.1f}× |")
    return "\n".join([*lines, ""])


def _capacity(rows: dict[str, Any]) -> str:
    lines = ["| | lines a second |", "|---|---|"]
    for name, value in rows.items():
        told = f"failed: {value['failed']}" if isinstance(value, dict) else f"{value:.1f}"
        lines.append(f"| {name} | {told} |")
    return "\n".join([*lines, ""])


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
