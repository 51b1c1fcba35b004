"""The comparison as Markdown."""

from __future__ import annotations

from typing import Any


def markdown(found: dict[str, Any]) -> str:
    """Tables of `peers.json`."""
    parts = [_naive(name, rows) for name, rows in found["naive"].items()]
    if found["naive"].keys() >= {"published", "bundled"}:
        parts.append(_across(found["naive"]))
    return "\n".join([*parts, _overhead(found["overhead"]), _capacity(found["capacity"])])


def _across(models: dict[str, Any]) -> str:
    """What most people would serve first, over what we ship."""
    base = _picture(models["published"]["naive"])
    ours = {name: _picture(row) for name, row in models["bundled"].items() if "int8" in name}
    ratios = [f"{name}: {base / p50:.1f}×" for name, p50 in ours.items() if base and p50]
    told = "; ".join(ratios) or "–"
    return f"The naive service with published models over ours with bundled ones: {told}.\n"


def _picture(row: dict[str, Any]) -> float | None:
    """Line → picture, p50 in ms; None where it is not known."""
    p50: float | None = row.get("line_to_picture", {}).get("p50_ms")
    return p50


def _naive(name: str, rows: dict[str, Any]) -> str:
    base = _picture(rows["naive"])
    lines = [
        f"{name} models, p50 in ms",
        "",
        "| | line → emotion | line → picture | naive over it |",
        "|---|---|---|---|",
    ]
    for key, row in rows.items():
        if "failed" in row:
            lines.append(f"| {key} | failed: {row['failed']} | | |")
            continue
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
    base = rows["ours"].get("line_to_emotion", {}).get("p50_ms")
    for name, row in rows.items():
        if name == "rate":
            continue
        if "failed" in row:
            lines.append(f"| {name} | failed: {row['failed']} | | |")
            continue
        p50, p99 = (row["line_to_emotion"][f"{what}_ms"] for what in ("p50", "p99"))
        ratio = f"{p50 / base:.2f}×" if base and p50 else "–"
        lines.append(f"| {name} | {_ms(p50, 2)} | {_ms(p99, 2)} | {ratio} |")
    return "\n".join([*lines, ""])


def _capacity(rows: dict[str, Any]) -> str:
    lines = ["| | lines a second |", "|---|---|"]
    for name, value in rows.items():
        told = f"failed: {value['failed']}" if isinstance(value, dict) else f"{value:.1f}"
        lines.append(f"| {name} | {told} |")
    return "\n".join([*lines, ""])


def _ms(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
