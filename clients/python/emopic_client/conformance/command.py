"""`emopic conformance`: play the scenarios to a client and print the verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from emopic_client.conformance.run import Verdict, play
from emopic_client.conformance.scenarios import SCENARIOS, what_it_asks
from emopic_client.console import err, out
from emopic_client.errors import InvalidRequest

_WIDTH = max(map(len, SCENARIOS))


def conformance(
    url: Annotated[str, typer.Argument(help="Where to listen.")] = "ws://127.0.0.1:0",
    client: Annotated[
        str | None, typer.Option(help="The command that starts the client's adapter.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="A scenario; repeatable.")] = None,
    patience: Annotated[float, typer.Option(min=0.1, help="Seconds to wait in a step.")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a scenario.")] = False,
    show: Annotated[bool, typer.Option("--list", help="List the scenarios.")] = False,
) -> None:
    """Test any client of the protocol: play the server to it and say where it breaks the rules.

    docs/clients/conformance.md describes the adapter. Exits with 1 if a scenario fails.
    """
    if show:
        for name, scenario in SCENARIOS.items():
            out.print(f"[bold]{name:<{_WIDTH}}[/bold]  {escape(what_it_asks(scenario))}")
        return
    if client is None:
        raise InvalidRequest("which client? Name its adapter with --client, or see --list")
    try:
        failed = asyncio.run(_play(client, only or [], url, patience, as_json))
    except OSError as error:
        raise InvalidRequest(f"cannot play to {client!r} at {url}: {error}") from error
    if failed:
        raise typer.Exit(1)


async def _play(client: str, only: Sequence[str], url: str, patience: float, as_json: bool) -> int:
    failed = passed = 0
    async for verdict in play(client, only, url, patience):
        failed += bool(verdict.broken)
        passed += not verdict.broken
        _print(verdict, as_json)
    if not as_json:
        err.print(f"{passed} passed, {failed} failed")
    return failed


def _print(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        row = {
            "scenario": verdict.scenario,
            "passed": not verdict.broken,
            "broken": verdict.broken,
            "seconds": round(verdict.seconds, 3),
        }
        out.print(msgspec.json.encode(row).decode(), markup=False, soft_wrap=True)
        return
    mark = "[red]FAIL[/red]" if verdict.broken else "[green]pass[/green]"
    text = verdict.broken or what_it_asks(SCENARIOS[verdict.scenario])
    line = f"[bold]{verdict.scenario:<{_WIDTH}}[/bold]  {mark}  {escape(text)}"
    out.print(line, soft_wrap=True)
