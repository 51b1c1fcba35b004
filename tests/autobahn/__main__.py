"""Websocket conformance: Autobahn's fuzzing client against an echo on our own connections.

    python2.7 -m pip install virtualenv==20.15.1
    python2.7 -m virtualenv /tmp/wstest
    /tmp/wstest/bin/pip install autobahntestsuite
    python -m tests.autobahn /tmp/wstest/bin/wstest

The suite runs on Python 2.7 only, which is why `make test` does not run it. The echo uses the
server's connections (`emopic_server.io.connection.Peer`), without limits on the size of a message
and the number of its fragments, which the cases 9.* exceed; nothing that is installed has an echo.
Compression (12.*, 13.*) is left out, since the server does not offer it. Case 7.1.5 may fail: a
close within a fragmented message, which the library answers with 1002.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from websockets.asyncio import messages
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from emopic_engine.console import UsageError, err, out
from emopic_server.io.connection import CLOSE_S, WRITE_LIMIT, Peer

MAY_FAIL: Final = frozenset({"7.1.5"})
_FRAGMENTS: Final = 100_000  # 4 MiB in pieces of 64 bytes; the library's own bound is 4,096
GOOD: Final = frozenset({"OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"})


async def echo(connection: ServerConnection) -> None:
    """Send back what comes."""
    try:
        async for message in connection:
            await connection.send(message)
    except ConnectionClosed:
        pass  # cases end as they like


async def run(wstest: Path, folder: Path, cases: list[str]) -> None:
    """Serve the echo and let the fuzzing client at it; its reports go to the folder."""
    messages.MAX_FRAGMENTS = _FRAGMENTS
    async with serve(
        echo,
        "127.0.0.1",
        0,
        create_connection=Peer,
        compression=None,
        max_size=None,
        write_limit=WRITE_LIMIT,
        close_timeout=CLOSE_S,
    ) as server:
        port = server.sockets[0].getsockname()[1]
        spec = {
            "outdir": str(folder),
            "servers": [{"agent": "emopic", "url": f"ws://127.0.0.1:{port}"}],
            "cases": cases,
            "exclude-cases": ["12.*", "13.*"],
            "exclude-agent-cases": {},
        }
        path = folder / "spec.json"
        path.write_text(json.dumps(spec), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            str(wstest), "-m", "fuzzingclient", "-s", str(path), stdout=asyncio.subprocess.DEVNULL
        )
        if await process.wait() != 0:
            raise UsageError(f"{wstest} ended with status {process.returncode}")


def read(folder: Path) -> dict[str, str]:
    """How each case behaved: `OK`, `FAILED` and so on."""
    index: dict[str, Any] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return {
        case: worst([result["behavior"], result["behaviorClose"]])
        for case, result in index["emopic"].items()
    }


def worst(behaviours: list[str]) -> str:
    """The one that is not good, if there is one."""
    bad = [name for name in behaviours if name not in GOOD]
    return bad[0] if bad else behaviours[0]


def main(
    wstest: Annotated[Path, typer.Argument(exists=True, help="Autobahn's `wstest`.")],
    cases: Annotated[list[str] | None, typer.Option("--case", help="Default: all.")] = None,
    report: Annotated[Path | None, typer.Option(help="Keep its pages here.")] = None,
) -> None:
    """Run Autobahn's cases; exit code 1 where another than 7.1.5 fails."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = report or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(run(wstest.absolute(), folder.absolute(), cases or ["*"]))
        found = read(folder)
    counts = Counter(found.values())
    out.print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    failed = [case for case, behaviour in found.items() if behaviour not in GOOD]
    for case in failed:
        err.print(f"{case}: {found[case]}")
    raise typer.Exit(1 if set(failed) - MAY_FAIL else 0)


if __name__ == "__main__":
    typer.run(main)
