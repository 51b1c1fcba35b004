"""How many characters recognisers get wrong: `python -m benchmarks.ocr.compare kor Hangul …`.

Reads the rendered test set with the installed Tesseract models that are named (default: `kor`),
and with those in further folders (`best=FOLDER` for a folder with `kor.traineddata`). The
character error rate is the edit distance over the length of the truth, spaces apart; pictures that
were refused count as wholly wrong. Writes `benchmarks/results/ocr.json`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.ocr.render import ROOT, Sample, samples
from rich.progress import track

from emopic_server.errors import Refusal
from emopic_server.intake.ocr import Recogniser, Tesseract

RESULT = ROOT / "benchmarks" / "results" / "ocr.json"


def edit_distance(a: str, b: str) -> int:
    """Insertions, deletions and replacements that turn `a` into `b` (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            diagonal, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right)),
            )
    return row[-1]


async def errors(recogniser: Recogniser, sample: Sample) -> tuple[int, int, str]:
    """Wrong characters, characters, and what was read."""
    truth = "".join(sample.text.split())
    try:
        text = (await recogniser.read(sample.picture)).text
    except Refusal as refusal:
        return len(truth), len(truth), f"({refusal.code})"
    read = "".join(text.split())
    return min(len(truth), edit_distance(read, truth)), len(truth), text


async def measure(name: str, recogniser: Recogniser, pictures: list[Sample]) -> dict[str, object]:
    """Error rates by font and in all."""
    wrong: dict[str, int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    examples, began = [], time.perf_counter()
    for number, sample in enumerate(track(pictures, name)):
        bad, count, text = await errors(recogniser, sample)
        for key in (sample.font, "all"):
            wrong[key] += bad
            total[key] += count
        if number % 24 == 0:
            examples.append({"font": sample.font, "truth": sample.text, "read": text})
    seconds = (time.perf_counter() - began) / len(pictures)
    rates = {key: round(wrong[key] / total[key], 4) for key in total}
    return {"cer": rates, "seconds": round(seconds, 3), "examples": examples}


def main() -> None:
    pictures = samples()
    results = {}
    for argument in sys.argv[1:] or ["kor"]:
        name, _, folder = argument.partition("=")
        reader = Tesseract(models=Path(folder)) if folder else Tesseract(language=name)
        results[name] = asyncio.run(measure(name, reader, pictures))
        print(name, results[name]["cer"])
        RESULT.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
