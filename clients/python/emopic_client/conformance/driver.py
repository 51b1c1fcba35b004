"""The adapter of the client under test: a process that takes commands and gives reports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
from asyncio.subprocess import PIPE, Process
from typing import Any, Final, TypeAlias

from emopic_client.conformance.broken import BrokenRule

Report: TypeAlias = dict[str, Any]

_LINE_BYTES: Final = 1024 * 1024
_EXIT_S: Final = 5.0


class Driver:
    """One adapter process, started when it is first needed and again after it has died.

    `patience` in seconds bounds every wait for a report.
    """

    def __init__(self, command: str, patience: float) -> None:
        self._command = shlex.split(command)
        self._patience = patience
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._reports: asyncio.Queue[Report | None] = asyncio.Queue()
        self._marks = 0

    async def start(self) -> None:
        """Start the process unless it runs."""
        if self._process is not None and self._process.returncode is None:
            return
        self._reports = asyncio.Queue()
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, limit=_LINE_BYTES
        )
        self._reader = asyncio.create_task(self._read(self._process))

    async def stop(self) -> None:
        """End the process as the contract says: its input ends, it exits; else it is killed."""
        if self._process is None or self._reader is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _EXIT_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def tell(self, do: str, **fields: Any) -> None:
        """Give one command."""
        assert self._process is not None
        assert self._process.stdin is not None
        line = json.dumps({"do": do, **fields}, ensure_ascii=False) + "\n"
        self._process.stdin.write(line.encode())
        with contextlib.suppress(ConnectionError):  # the next report says that it died
            await self._process.stdin.drain()

    async def report(self, kind: str, **fields: Any) -> Report:
        """The next report of this kind with these fields; others are passed over."""
        seen: list[Report] = []
        try:
            async with asyncio.timeout(self._patience):
                while True:
                    report = await self._next()
                    if report["is"] == kind and _has(report, fields):
                        return report
                    seen.append(report)
        except TimeoutError:
            wanted = json.dumps({"is": kind, **fields}, ensure_ascii=False)
            raise BrokenRule(
                f"no report {wanted} within {self._patience:g} s; {_tail(seen)}"
            ) from None

    async def reports(self) -> list[Report]:
        """Everything reported up to now, by a `mark` behind it."""
        self._marks += 1
        name = f"mark-{self._marks}"
        await self.tell("mark", id=name)
        seen: list[Report] = []
        try:
            async with asyncio.timeout(self._patience):
                while (report := await self._next()) != {"is": "mark", "id": name}:
                    seen.append(report)
        except TimeoutError:
            raise BrokenRule(f"the adapter did not answer a mark; {_tail(seen)}") from None
        return seen

    def forget(self) -> None:
        """Drop the reports that wait: a scenario begins."""
        while not self._reports.empty():
            self._reports.get_nowait()

    async def _next(self) -> Report:
        report = await self._reports.get()
        if report is None:
            assert self._process is not None
            code = await self._process.wait()
            raise BrokenRule(f"the adapter ended with exit code {code}")
        return report

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            with contextlib.suppress(ValueError):  # what is no report is no business of ours
                report = json.loads(line)
                if isinstance(report, dict) and "is" in report:
                    self._reports.put_nowait(report)
        self._reports.put_nowait(None)


def _has(report: Report, fields: dict[str, Any]) -> bool:
    return all(report.get(name) == value for name, value in fields.items())


def _tail(seen: list[Report]) -> str:
    if not seen:
        return "nothing was reported"
    shown = ", ".join(json.dumps(report, ensure_ascii=False) for report in seen[-3:])
    return f"reported: {shown[:400]}"
