"""How many characters recognisers get wrong: `python -m benchmarks.ocr.compare kor Hangul …`.

Reads the rendered test set with the installed Tesseract models that are named (default: `kor`),
with those in further folders (`best=FOLDER` for a folder with `kor.traineddata`), and with `raw`,
the installed `kor` on pictures that are not straightened. The character error rate `cer` is the
edit distance over the length of the truth without spaces, `cer_spaced` with them; pictures that
were refused count as wholly wrong. Writes `benchmarks/results/ocr.json`, beside what is there of
other recognisers. `every=6` reads every sixth line only.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

from benchmarks.ocr.render import ROOT, Sample, samples
from rich.progress import track

from emopic_server.errors import Refusal
from emopic_server.intake.ocr import Reading, Recogniser, Tesseract, read_table

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


class Raw(Tesseract):
    """The picture as it was taken, for comparison."""

    async def read(self, picture: bytes) -> Reading:
        return read_table(await self._run(picture, "7"))


async def read(recogniser: Recogniser, sample: Sample) -> str:
    """What was read; nothing when the picture was refused."""
    try:
        return (await recogniser.read(sample.picture)).text
    except Refusal:
        return ""


def wrong(text: str, truth: str) -> int:
    """Wrong characters, at most as many as there are."""
    return min(len(truth), edit_distance(text, truth))


def unspaced(text: str) -> str:
    return "".join(text.split())


async def measure(name: str, recogniser: Recogniser, pictures: list[Sample]) -> dict[str, object]:
    """Error rates by font and in all."""
    bad, total = Counter[str](), Counter[str]()
    spaced_bad, spaced_total = Counter[str](), Counter[str]()
    examples = []
    for number, sample in enumerate(track(pictures, name)):
        text, truth = await read(recogniser, sample), sample.text
        for key in (sample.font, "all"):
            bad[key] += wrong(unspaced(text), unspaced(truth))
            total[key] += len(unspaced(truth))
            spaced_bad[key] += wrong(text, truth)
            spaced_total[key] += len(truth)
        if number % 24 == 0:
            examples.append({"font": sample.font, "truth": truth, "read": text})
    return {
        "lines": len(pictures),
        "cer": {key: round(bad[key] / total[key], 4) for key in total},
        "cer_spaced": {key: round(spaced_bad[key] / spaced_total[key], 4) for key in total},
        "examples": examples,
    }


def main() -> None:
    arguments = sys.argv[1:] or ["kor"]
    every = next((int(a.split("=")[1]) for a in arguments if a.startswith("every=")), 1)
    pictures = samples()[::every]
    results = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    for argument in arguments:
        name, _, folder = argument.partition("=")
        if name == "every":
            continue
        if name == "raw":
            reader: Tesseract = Raw()
        else:
            reader = Tesseract(models=Path(folder)) if folder else Tesseract(language=name)
        key = f"{name}, {len(pictures)} lines"
        results[key] = asyncio.run(measure(name, reader, pictures))
        print(key, results[key]["cer"], results[key]["cer_spaced"], flush=True)
        RESULT.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
