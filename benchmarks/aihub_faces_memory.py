"""Peak memory of `emopic data aihub-faces` over a made-up set of any size.

    python benchmarks/aihub_faces_memory.py --pictures 50000
    python benchmarks/aihub_faces_memory.py --pictures 500000

Writes one archive of tiny pictures and one label file in the published format, cleans them, and
prints JSON. Every picture is read and decoded; all are too small to be kept, so that no time goes
into finding faces, whose memory does not depend on how many there are.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import tempfile
import time
from pathlib import Path
from zipfile import ZipFile

from PIL import Image
from rich.console import Console

from emopic_engine.data.aihub_faces.clean import Cleaning, clean_faces

CORNERS = {"minX": 0.0, "minY": 0.0, "maxX": 16.0, "maxY": 16.0}


def name(number: int) -> str:
    return f"{number:064x}_여_20_기쁨_숙박 및 거주공간_20210126165538-010-011.jpg"


def write_set(folder: Path, pictures: int) -> None:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), (90, 120, 60)).save(out, "JPEG")
    with ZipFile(folder / "[원천]EMOIMG_기쁨_TRAIN_01.zip", "w") as archive:
        for number in range(pictures):
            archive.writestr(name(number), out.getvalue())
    annotator = {"boxes": CORNERS, "faceExp": "기쁨", "bg": "숙박 및 거주공간"}
    common = {"gender": "여", "age": 20, "isProf": "일반인", "faceExp_uploader": "기쁨"}
    common |= {"bg_uploader": "숙박 및 거주공간"}
    votes = {f"annot_{letter}": annotator for letter in "ABC"}
    path = folder / "img_emotion_training_data(기쁨).json"
    with path.open("w", encoding="cp949") as file:
        file.write("[")
        for number in range(pictures):
            record = {"filename": name(number), **common, **votes}
            file.write((",\n" if number else "") + json.dumps(record, ensure_ascii=False))
        file.write("]")


def peak() -> float:
    """The most memory this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cleaned(folder: Path) -> dict[str, float]:
    before, began = peak(), time.monotonic()
    index = clean_faces([folder], folder / "out", Cleaning(), Console(stderr=True))
    results = index.results()
    index.close()
    size = (folder / "out" / "index.sqlite").stat().st_size
    return {
        "too_small": results["small"],
        "peak_mib": round(peak(), 1),
        "peak_before_mib": round(before, 1),
        "seconds": round(time.monotonic() - began, 1),
        "index_mib": round(size / 2**20, 1),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=int, default=50_000)
    options.add_argument("--folder", type=Path, help="of a set that is there already")
    options.add_argument("--make-only", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            write_set(folder, chosen.pictures)
        if not chosen.make_only:
            print(json.dumps({"pictures": chosen.pictures, **cleaned(folder)}))


if __name__ == "__main__":
    main()
