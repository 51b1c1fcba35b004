"""A StarGAN of one's own: from folders of pictures over a line of configuration to frames."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from shutil import copyfile

import pytest
from PIL import Image
from tests.integration.talker import running
from typer.testing import CliRunner

from emopic_client import wire
from emopic_engine.cli import app
from emopic_engine.engine import Engine
from emopic_server.cli import engine_config
from emopic_server.config import ServerConfig

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]
RENDERS = Path(__file__).parents[1] / "unit/engine/data/aihub_faces/renders"
SIZES = {"size": 32, "conv-dim": 8, "blocks": 1, "critic-dim": 8, "critic-layers": 3, "batch": 4}
SMALL = [f"--{name}={value}" for name, value in SIZES.items()]


def emopic(*arguments: str | Path) -> str:
    run = CliRunner().invoke(
        app, list(map(str, arguments)), standalone_mode=False, catch_exceptions=False
    )
    return run.output


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Trained, exported and configured with the commands a person would use."""
    folder = tmp_path_factory.mktemp("stargan")
    for render in RENDERS.glob("*.jpg"):
        emotion, _, name = render.name.partition("_")
        (folder / "faces" / emotion).mkdir(parents=True, exist_ok=True)
        copyfile(render, folder / "faces" / emotion / name)
    run = ("--data", folder / "faces", "--out", folder / "run", "--iterations", "10", *SMALL)
    told = emopic("train", "stargan", *run, "--threads", "1")
    checkpoint = folder / "run" / "10-G.ckpt"
    assert str(checkpoint) in told.replace("\n", "")
    emopic("train", "stargan-export", checkpoint, "--out", folder / "model", "--cover", "all")
    config = folder / "server.toml"
    config.write_text(f'face_model = "{folder / "model"}"\nthreads = 1\n', encoding="utf-8")
    return Engine.load(engine_config(ServerConfig.load(config)))


async def test_a_line_moves_a_face_through_it(engine: Engine) -> None:
    async with running(engine) as server, server.connect() as talker:
        hello = await talker.expect(wire.Hello)
        assert hello.engine.face_model == "model"
        await talker.send(wire.Identify(client="test"))
        await talker.expect(wire.Ready)
        ready = await talker.put(builtin=engine.builtins[0].id)
        frames = wire.FrameOptions(size=0, patches=False, format="png")
        await talker.send(wire.Watch(character="a", frames=frames))
        rest = await talker.expect(wire.Frame)
        await talker.say("오늘 시험에 합격해서 정말 너무 기뻐요!", "1")
        moved = await talker.expect(wire.Frame, line="1")
        with Image.open(BytesIO(moved.data)) as image:
            assert image.size == (ready.width, ready.height)
        assert moved.data != rest.data
