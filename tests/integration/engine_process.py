"""Servers whose engine is the fake one in a process of its own, and what to do to it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.integration.talker import PATIENCE_S, Running, Talker

from emopic_client import wire
from emopic_server.io.worker import EngineSource, WorkerSource, WorkerStatus

WORDS = ("기쁘다", "짜증나", "슬프다", "놀라", "무서워")
QUICK = {"pause_s": 0.05, "beat_s": 0.1}


def fake_source(workers: int = 1) -> EngineSource:
    """The fake engine, once for each worker."""
    return EngineSource("tests.fakes:load_fake", (WorkerSource(),) * workers)


def workers(server: Running) -> list[WorkerStatus]:
    return list(server.server.workers())


def kill(server: Running, worker: int = 0) -> int:
    """kill -9 an engine process; returns its process id."""
    pid = workers(server)[worker].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


async def until_back(server: Running, old: int, worker: int = 0, patience: float = 60.0) -> None:
    """Wait until another process than `old` works."""
    async with asyncio.timeout(patience):
        while workers(server)[worker].pid in (None, old) or workers(server)[worker].trouble:
            await asyncio.sleep(0.005)


@dataclass
class Ledger:
    """Which lines were sent and how each was answered."""

    sent: dict[str, float] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    frames: int = 0
    notices: list[str] = field(default_factory=list)

    def take(self, message: wire.ServerMessage) -> None:
        match message:
            case wire.Emotion(line=line):
                self._answer(line)
            case wire.Error(ref=str(ref), code=code) if ref in self.sent:
                self.refusals[code] += 1
                self._answer(ref)
            case wire.Frame():
                self.frames += 1
            case wire.Notice(code=code):
                self.notices.append(code)

    def _answer(self, line: str) -> None:
        self.answers[line] += 1
        self.slowest = max(self.slowest, time.monotonic() - self.sent[line])

    @property
    def waiting(self) -> int:
        return len(self.sent) - len(self.answers)


class Load:
    """One client that keeps sending lines and takes in whatever comes."""

    def __init__(self, talker: Talker, pause: float = 0.01) -> None:
        self.talker = talker
        self.ledger = Ledger()
        self._pause = pause
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Load:
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._send())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        bugs = [r for r in results if isinstance(r, Exception)]
        if bugs:
            raise bugs[0]

    async def finish(self) -> None:
        """Send no more and wait until each line has its answer."""
        self._stopping = True
        async with asyncio.timeout(PATIENCE_S):
            while self.ledger.waiting:
                await asyncio.sleep(0.01)

    async def _send(self) -> None:
        number = 0
        while not self._stopping:
            number += 1
            line = f"line-{number}"
            self.ledger.sent[line] = time.monotonic()
            await self.talker.say(WORDS[number % len(WORDS)], line)
            await asyncio.sleep(self._pause)

    async def _read(self) -> None:
        async for data in self.talker.ws:
            self.ledger.take(wire.decode_server(data, self.talker.encoding))
