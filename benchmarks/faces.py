"""What a face costs: registration and frames of the live generator beside the published StarGAN.

`python -m benchmarks.faces --threads 2`

All in one run, batch 1, one after the other in turns, so that a busy machine slows all alike:
finding, cutting and encoding a 512 px character; one decoder pass on the backend; one pass of
StarGAN's generator (conv_dim 64, 6 blocks, 128 px) in eager PyTorch; and the decoder in eager
PyTorch. Medians and the fastest run, in milliseconds. Writes `benchmarks/results/faces.json`.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich import print as show
from rich.progress import track

import emopic_engine
from emopic_engine.backends import load_backend
from emopic_engine.face.codec import decode
from emopic_engine.face.graphs import WEIGHTS, read_settings
from emopic_engine.face.live import LiveConfig, load_live
from emopic_engine.face.model import FaceModel
from emopic_engine.face.stargan import Generator

MODELS = Path(emopic_engine.__file__).parent / "models"
RESULT = Path(__file__).parent / "results" / "faces.json"


def main(
    model: Annotated[Path, typer.Option(help="A live model directory.")] = MODELS / "live",
    backend: Annotated[str, typer.Option()] = "openvino",
    threads: Annotated[int, typer.Option(min=1)] = 2,
    rounds: Annotated[int, typer.Option(min=1)] = 100,
    out: Annotated[Path, typer.Option()] = RESULT,
) -> None:
    """Measure and write."""
    torch.set_num_threads(threads)
    running = load_backend(backend, threads=threads)
    face_model = FaceModel(model, MODELS / "face_detector", running)
    picture = decode((MODELS / "characters" / "minji.png").read_bytes())
    steps = {
        "registration": lambda: face_model.register(*picture),
        **_decoders(model, face_model, picture),
        "stargan, eager torch": _stargan(),
        **_frame(face_model, picture),
    }
    with torch.inference_mode():
        times = measure(steps, rounds)
    values = {
        "device": running.device,
        "backend": running.name,
        "precision": running.precision,
        "threads": threads,
        "versions": {**running.versions, "torch": torch.__version__},
        "model": read_settings(model).__dict__,
        "milliseconds": times,
        "stargan_over_decoder": times["stargan, eager torch"]["median"]
        / times["decoder"]["median"],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    show(values)


def measure(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, dict[str, float]]:
    """Median and fastest run of each step, in milliseconds; the steps take turns."""
    for step in steps.values():
        step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in track(range(rounds), "measuring"):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            times[name].append((time.perf_counter() - began) * 1000)
    return {
        name: {"median": statistics.median(values), "fastest": min(values)}
        for name, values in times.items()
    }


def _decoders(
    model: Path, face_model: FaceModel, picture: tuple[object, ...]
) -> dict[str, Callable[[], object]]:
    face = face_model.register(*picture)  # type: ignore[arg-type]
    row = np.zeros(len(face_model.channels), np.float32)
    row[0] = 0.7
    settings = read_settings(model)
    eager = load_live(LiveConfig(**vars(settings)), model / WEIGHTS).decoder
    inputs = [torch.from_numpy(array) for array in (*face.features, row[None])]
    return {
        "decoder": lambda: face_model.render([(face, row)]),
        "decoder, eager torch": lambda: eager(*inputs),
    }


def _stargan() -> Callable[[], object]:
    generator = Generator().eval()
    picture, domain = torch.rand(1, 3, 128, 128), torch.eye(6)[:1]
    return lambda: generator(picture, domain)


def _frame(face_model: FaceModel, picture: tuple[object, ...]) -> dict[str, Callable[[], object]]:
    """Putting one answer into the picture, without encoding it as a file."""
    face = face_model.register(*picture)  # type: ignore[arg-type]
    (maps,) = face_model.render([(face, np.eye(len(face_model.channels), dtype=np.float32)[0])])
    return {
        f"compose at {size} px": partial(face.view(size).compose, maps) for size in (128, 256, 512)
    }


if __name__ == "__main__":
    typer.run(main)
