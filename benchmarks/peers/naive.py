"""The service that people write first. `python -m benchmarks.peers.naive --port N …`

One websocket handler: read a line as JSON, ask the text model in eager PyTorch, answer, run the
generator in eager PyTorch on the character's crop, save the picture as PNG with Pillow, send it in
base64 in JSON. No batching, no cache. With the bundled models the generator is ours, in eager
PyTorch, its encoder run once.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from benchmarks.peers.models import SIZE
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from websockets.asyncio.server import ServerConnection, serve

from emopic_engine.backends import load_backend
from emopic_engine.engine import MODELS
from emopic_engine.face.codec import decode
from emopic_engine.face.model import FaceModel
from emopic_engine.face.stargan import build_generator
from emopic_engine.face.stargan_graph import MODEL_TYPE, WEIGHTS
from emopic_engine.text.classifier import load_classifier
from emopic_engine.text.config import read_config
from emopic_engine.text.model import load_tokenizer

Pixels = NDArray[np.uint8]
CHARACTER = MODELS / "characters" / "minji.png"


def main(
    port: Annotated[int, typer.Option()],
    text: Annotated[Path, typer.Option(help="Text model directory.")],
    face: Annotated[Path, typer.Option(help="Face model directory.")],
    threads: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Serve on loopback until the process is ended."""
    torch.set_num_threads(threads)
    asyncio.run(_serve(port, _reader(text), _painter(face)))


async def _serve(
    port: int, read: Callable[[str], list[float]], paint: Callable[[int], Pixels]
) -> None:
    async def handle(socket: ServerConnection) -> None:
        async for message in socket:
            request = json.loads(message)
            scores = read(request["text"])
            top = int(np.argmax(scores))
            await socket.send(json.dumps({"id": request["id"], "scores": scores}))
            file = io.BytesIO()
            Image.fromarray(paint(top)).save(file, "PNG")
            picture = base64.b64encode(file.getvalue()).decode()
            await socket.send(json.dumps({"id": request["id"], "picture": picture}))

    async with serve(handle, "127.0.0.1", port, max_size=None) as server:
        await server.serve_forever()


def _reader(folder: Path) -> Callable[[str], list[float]]:
    config = read_config(folder)
    tokenizer, model = load_tokenizer(folder, config.vocab_size), load_classifier(folder, config)

    @torch.inference_mode()
    def read(text: str) -> list[float]:
        ids = torch.tensor([tokenizer.encode(text, config.max_tokens)])
        scores: list[float] = model(ids, torch.ones_like(ids)).softmax(dim=1)[0].tolist()
        return scores

    return read


def _painter(folder: Path) -> Callable[[int], Pixels]:
    """A function from an emotion to the character with that emotion, uint8 [128, 128, 3]."""
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    return _stargan(folder) if kind == MODEL_TYPE else _live(folder)


def _stargan(folder: Path) -> Callable[[int], Pixels]:
    generator = build_generator(load_file(folder / WEIGHTS), str(folder))
    crop = np.array(Image.open(CHARACTER).convert("RGB").resize((SIZE, SIZE)))
    source = torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 127.5 - 1

    @torch.inference_mode()
    def paint(emotion: int) -> Pixels:
        values = (generator(source, torch.eye(6)[emotion][None])[0] + 1) * 127.5
        return np.asarray(values.clamp(0, 255).byte().permute(1, 2, 0))

    return paint


def _live(folder: Path) -> Callable[[int], Pixels]:
    model = FaceModel(folder, MODELS / "face_detector", load_backend("torch"))
    face = model.register(*decode(CHARACTER.read_bytes()))

    def paint(emotion: int) -> Pixels:
        row = np.eye(len(model.channels), dtype=np.float32)[emotion]
        (maps,) = model.render([(face, row)])
        return face.view(SIZE).compose(maps)

    return paint


if __name__ == "__main__":
    typer.run(main)
