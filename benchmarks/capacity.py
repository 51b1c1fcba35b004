"""How many faces at 30 frames a second: `python -m benchmarks.capacity`.

Characters with the bundled generator, each at 128 px in JPEG, each told 30 times a second what to
show next (`driven`), a few on each connection. A picture is on time when its watcher has it within
1/30 s of when it was due; what never came is not. The capacity is the largest number of characters
of which at least 99 % of all pictures were on time, found by doubling, then by bisection to within
an eighth; a number that fails is tried once more.

- from the atlas: every picture has been rendered before, as in most transitions of a chat;
- uncached: with no atlas, every picture goes through the generator.

Server, engine and our client share the machine; the processors each of them took are in the JSON.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop
from benchmarks import record
from benchmarks.driven import PICTURES, Company, Ledger, drive, watch
from benchmarks.record import say
from benchmarks.search import most

from emopic_server.bench.process import ServerProcess
from emopic_server.bench.scenarios import serving

FPS: Final = 30
ENOUGH: Final = 0.99
_PER_CONNECTION: Final = 8
_FILL_FPS: Final = 3.0
_RESUME: Final = "resume_s = 1\n"  # what a trial leaves behind is soon gone
MODES: Final = {"from the atlas": (), "uncached": ("--atlas-mb", "0")}


class Trials:
    """Numbers of characters tried on one server; `rows` are what came of them."""

    def __init__(self, server: ServerProcess, seconds: float, tries: int = 2) -> None:
        self._server, self._seconds, self._tries = server, seconds, tries
        self.rows: list[dict[str, Any]] = []

    def works(self, characters: int) -> bool:
        """Whether so many are on time."""
        for _ in range(self._tries):
            cpu, own = self._server.cpu_s() or 0.0, time.process_time()
            ledger = uvloop.run(play(self._server.port, characters, FPS, self._seconds))
            spent = (self._server.cpu_s() or 0.0) - cpu
            found = {"characters": characters, **ledger.to_dict(), "server_cpu_s": round(spent, 2)}
            found["client_cpu_s"] = round(time.process_time() - own, 2)
            self.rows.append(found)
            say(f"  {characters} characters: {ledger.share:.1%} on time")
            if ledger.share >= ENOUGH:
                return True
        return False


async def play(port: int, characters: int, fps: float, seconds: float) -> Ledger:
    """Drive so many characters and count their pictures."""
    company, ledger = await Company.at(port), Ledger(1 / FPS)
    actors = []
    for place in range(characters):
        if place % _PER_CONNECTION == 0:
            lean = await company.watcher(ledger)
        actors.append(await company.actor(lean, place))
        lean.send(watch(actors[-1].name, FPS))
    await drive(actors, ledger, fps, seconds)
    await company.part()
    return ledger


def capacity(arguments: tuple[str, ...], seconds: float, limit: int, tries: int) -> dict[str, Any]:
    """The search on a server of its own."""
    log = Path(os.devnull)
    with serving("emopic_server", ("serve", *arguments), log, _RESUME) as server:
        if not arguments:
            uvloop.run(fill(server.port, limit))
        trials = Trials(server, seconds, tries)
        found = most(trials.works, limit, within=0.125)
    return {"characters": found, "limit": limit, "trials": trials.rows}


async def fill(port: int, limit: int) -> None:
    """Let every picture that the trials show be rendered, slowly."""
    company = await Company.at(port)
    everyone = min(limit, len(company.faces) * len(company.emotions))
    say(f"  rendering {everyone * PICTURES} pictures")
    await play(port, everyone, fps=_FILL_FPS, seconds=PICTURES / _FILL_FPS)


def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each trial.")] = 5.0,
    limit: Annotated[int, typer.Option(min=1, help="No more characters than that.")] = 512,
    quick: record.Quick = False,
    out: record.Out = None,
) -> None:
    """Search, with the atlas and without."""
    found = record.begin(quick)
    seconds, limit, tries = (1.0, 4, 1) if quick else (seconds, limit, 2)
    found |= {"fps": FPS, "size": 128, "enough": ENOUGH, "seconds": seconds}
    for name, arguments in MODES.items():
        say(name)
        found[name] = capacity(arguments, seconds, limit, tries)
    record.keep("capacity", found, out)


if __name__ == "__main__":
    typer.run(main)
