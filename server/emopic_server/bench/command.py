"""`emopic bench`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from emopic_engine.console import UsageError, err, out
from emopic_server.bench import scenarios
from emopic_server.bench.report import markdown
from emopic_server.bench.stages import markdown as stage_table
from emopic_server.bench.stages import summary

_SELF_TEST_SLACK = 0.15  # of the expected value; the backlog takes a moment to clear


def bench(
    seconds: Annotated[float, typer.Option(min=1, help="Measured time of each scenario.")] = 60.0,
    rate: Annotated[float, typer.Option(min=0.1, help="Lines a second with real models.")] = 5.0,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Folder for the JSON.")] = None,
    backend: Annotated[str, typer.Option(help="As for `emopic serve`.")] = "openvino",
    startup: Annotated[bool, typer.Option(help="Also measure a cold and a warm start.")] = True,
    stages: Annotated[
        bool, typer.Option("--stages", help="Show where a line's time goes, stage by stage.")
    ] = False,
    self_test: Annotated[
        bool,
        typer.Option(
            "--self-test", help="Freeze a server for 1 s of 60: p99 must be about 0.40 s."
        ),
    ] = False,
) -> None:
    """Measure latency on this machine: open loop, loopback, one character, 128 px JPEG."""
    if self_test:
        _self_test()
        return
    log = _log(out_dir)
    plan = scenarios.Plan(seconds=seconds, rate=rate, startup=startup)
    say = lambda text: err.print(f"[dim]{text}[/dim]")  # noqa: E731
    measure = scenarios.stages if stages else scenarios.measure
    try:
        result = measure(plan, ("--backend", backend), log, say)
    except RuntimeError as error:
        raise UsageError(f"{error}; its log is {log}") from error
    tables = _stage_tables(result) if stages else markdown(result)
    if out_dir is not None:
        path = out_dir / ("stages.json" if stages else "bench.json")
        path.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        err.print(str(path), markup=False, soft_wrap=True)
    out.print(tables, markup=False, soft_wrap=True)


def _stage_tables(result: dict[str, Any]) -> str:
    """The tables of both runs; the histograms in `result` give way to their summaries."""
    tables = []
    for name in ("real", "noop"):
        found = result[name]["stages"]
        result[name]["stages"] = summary(found)
        offered = result[name]["offered_per_s"]
        tables += [f"{name} models, {offered:g} lines/s", "", stage_table(found), ""]
    return "\n".join(tables)


def _self_test() -> None:
    err.print("[dim]freezing a no-op server for 1 s in 60 s at 100 lines/s[/dim]")
    result = scenarios.self_test(_log(None))
    measured, expected = result["line_to_emotion"]["p99_ms"], result["expected_p99_ms"]
    if measured is None:
        raise UsageError("more than one line in a hundred was never answered")
    out.print(f"p99 {measured:.0f} ms; the schedule and the freeze make it {expected:.0f} ms")
    if abs(measured - expected) > _SELF_TEST_SLACK * expected:
        raise UsageError("the harness misreads latency: do not trust its figures")


def _log(out_dir: Path | None) -> Path:
    if out_dir is None:
        return Path(os.devnull)
    out_dir.mkdir(parents=True, exist_ok=True)
    return out_dir / "server.log"
