"""Writing in a picture → text. What is read is a proposal: it becomes a line when a person has
confirmed it and a client sends it as one.
"""

from __future__ import annotations

import asyncio
import csv
import io
import os
import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from emopic_engine.face.codec import PictureLimits
from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.page import LINE_HEIGHT, straighten

LANGUAGE: Final = "kor"
INSTALL: Final = "apt-get install tesseract-ocr tesseract-ocr-kor"
# Not the config file `tsv`: a folder of models alone has no config files.
_TABLE: Final = "tessedit_create_tsv=1"
_LINE: Final = "7"  # Tesseract's page segmentation: one line of text
_BLOCK: Final = "6"  # one block of lines
# Pixels between words; the best of 6 … 24 on a quarter of the rendered test set.
_SPACE: Final = round(0.29 * LINE_HEIGHT)


@dataclass(frozen=True)
class Reading:
    """What was read: lines joined by single spaces. `confidence` in [0, 1] is the reader's own."""

    text: str
    confidence: float


class _Word(NamedTuple):
    text: str
    confidence: float  # 0 … 100
    left: int
    right: int
    line: tuple[str, str, str]


class Recogniser(Protocol):
    """Reads the writing in a picture."""

    async def read(self, picture: bytes) -> Reading:
        """What a JPEG, PNG or WebP says. Raises `Refusal`: `no_text`, a picture's code, or what
        has failed.
        """
        ...


class Tesseract:
    """Tesseract in a process of its own for each picture, on one core and at a low priority.

    `models` is a folder with `<language>.traineddata`, None for the installed ones. Raises
    `ConfigError` when the program or the language is missing.
    """

    def __init__(
        self,
        *,
        language: str = LANGUAGE,
        models: Path | None = None,
        limits: PictureLimits | None = None,
        seconds: float = 20.0,
    ) -> None:
        program = shutil.which("tesseract")
        if program is None:
            raise ConfigError("ocr.service", "tesseract", f"Tesseract to be installed: {INSTALL}")
        self._command = [*_politely(), program, "stdin", "stdout", "-l", language]
        if models is not None:
            self._command += ["--tessdata-dir", str(models)]
        self._limits = limits
        self._seconds = seconds

    async def read(self, picture: bytes) -> Reading:
        """See `Recogniser`."""
        page = await asyncio.to_thread(straighten, picture, self._limits)
        table = await self._run(page.png(), _LINE if page.rows == 1 else _BLOCK)
        reading = read_table(table)
        if not reading.text:
            raise Refusal("no_text", "the writing in the picture cannot be read")
        return reading

    async def _run(self, png: bytes, segmentation: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(*self._command, "--psm", segmentation, "--oem", "1", "-c", _TABLE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
        try:
            async with asyncio.timeout(self._seconds):
                out, err = await process.communicate(png)
        except TimeoutError as error:
            raise Refusal("service_failed", "reading took too long", retry_ms=1000) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            lines = err.decode("utf-8", "replace").strip().splitlines()
            why = lines[0] if lines else f"exit code {process.returncode}"
            raise Refusal("unavailable", f"Tesseract cannot read: {why} (try {INSTALL})")
        return out.decode("utf-8", "replace")


def read_table(table: str) -> Reading:
    """Tesseract's TSV → text and the mean confidence of its words, weighted by their length.

    Tesseract takes many a syllable of Korean for a word; where there is hardly a gap, there is no
    space.
    """
    rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    words = [word for row in rows if (word := _word(row)) is not None]
    if not words:
        return Reading("", 0.0)
    letters = sum(len(word.text) for word in words)
    mean = sum(len(word.text) * word.confidence for word in words) / letters
    text = words[0].text
    for before, word in pairwise(words):
        close = word.line == before.line and word.left - before.right < _SPACE
        text += word.text if close else f" {word.text}"
    return Reading(unicodedata.normalize("NFC", text), round(min(1.0, mean / 100), 3))


def _word(row: Mapping[str, str]) -> _Word | None:
    text = (row.get("text") or "").strip()
    if not text or float(row["conf"]) < 0:
        return None
    left = int(row["left"])
    line = (row["block_num"], row["par_num"], row["line_num"])
    return _Word(text, float(row["conf"]), left, left + int(row["width"]), line)


def _politely() -> list[str]:
    nice = shutil.which("nice")
    return [] if nice is None else [nice, "-n", "10"]
