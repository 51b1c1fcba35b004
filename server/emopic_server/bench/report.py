"""Benchmark JSON as a Markdown table."""

from __future__ import annotations

from typing import Any

_ROWS = (
    ("line → emotion", "cached", "line_to_emotion"),
    ("line → emotion, atlas off", "uncached", "line_to_emotion"),
    ("line → first frame, atlas off", "uncached", "line_to_first_frame_uncached"),
    ("line → first frame, from the atlas", "cached", "line_to_first_frame_cached"),
    ("framework overhead (no-op models)", "overhead", "line_to_emotion"),
)


def markdown(result: dict[str, Any]) -> str:
    """The table of the README: milliseconds, open loop, lost answers counted as infinite."""
    lines = ["| | lines/s | p50 | p90 | p99 | p99.9 | max | n | lost |", "|---" * 9 + "|"]
    for title, scenario, key in _ROWS:
        if scenario in result:
            lines.append(_row(title, result[scenario], key))
    lines += ["", *_facts(result)]
    return "\n".join(lines)


def _row(title: str, scenario: dict[str, Any], key: str) -> str:
    values = scenario[key]
    names = ("p50_ms", "p90_ms", "p99_ms", "p99.9_ms", "max_ms")
    cells = ["∞" if values[name] is None else f"{values[name]:.1f}" for name in names]
    row = [title, f"{scenario['offered_per_s']:g}", *cells, str(values["count"])]
    return "| " + " | ".join([*row, str(values["lost"])]) + " |"


def _facts(result: dict[str, Any]) -> list[str]:
    facts = []
    if "startup" in result:
        startup = result["startup"]
        facts.append(
            f"Start to ready: {startup['cold_s']:.1f} s the first time, "
            f"{startup['warm_s']:.1f} s with warm caches."
        )
    if "cached" in result:
        engine = result["cached"]["engine"]
        facts.append(
            f"Resident memory {result['cached']['rss_mb']:.0f} MB. Backend that ran: "
            f"{engine['backend']} {engine['precision']} on {engine['device']}."
        )
    environment = result["environment"]
    facts.append(
        f"{environment['usable_processors']} processors, load average at the start "
        f"{environment['load_average_1m']:.2f}, Python {environment['python']}."
    )
    return facts
