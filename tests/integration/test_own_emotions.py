"""Eight emotions, one of them nobody knows: from a table of lines to the wire."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import pytest
import torch
from rich.console import Console
from tests.integration.talker import running
from typer.testing import CliRunner

from emopic_client import wire
from emopic_engine.cli import app
from emopic_engine.emotions import Emotions
from emopic_engine.engine import MODELS, Engine, EngineConfig
from emopic_engine.text.classifier import TextClassifier
from emopic_engine.text.config import TextConfig, read_config
from emopic_engine.text.weights import save_weights
from emopic_engine.train.text_job import train_text
from emopic_engine.train.text_plan import Job, Source
from emopic_engine.train.text_recipes import settings_of

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]

MAPPING = """
name = "guild chat"
emotions = ["joy", "anger", "fear", "neutral", "sadness", "surprise", "disgust", "pride"]
korean = { pride = "자랑" }

[columns]
text = "말"
label = "느낌"
"""
SAID = {
    "joy": "좋다",
    "분노": "화나",
    "공포": "무서워",
    "neutral": "출발",
    "슬픔": "눈물",
    "놀람": "깜짝",
    "혐오": "역겨워",
    "자랑": "봤지",
}
NAMES = ("joy", "anger", "fear", "neutral", "sadness", "surprise", "disgust", "pride")
ANSWERS = tuple(zip(NAMES, SAID.values(), strict=True))


def emopic(*arguments: str | Path) -> str:
    run = CliRunner().invoke(
        app, list(map(str, arguments)), standalone_mode=False, catch_exceptions=False
    )
    return run.output


def tiny_base(folder: Path) -> Path:
    """The bundled tokenizer under one fresh layer of 32."""
    folder.mkdir()
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    bert = {**read_config(MODELS / "text").bert, **sizes, "intermediate_size": 64}
    config = TextConfig(Emotions.from_labels(["joy"]), bert)
    torch.manual_seed(5)
    save_weights(folder / "model.safetensors", TextClassifier(config).state_dict(), int8=False)
    (folder / "config.json").write_text(config.to_json(), encoding="utf-8")
    copyfile(MODELS / "text" / "spiece.model", folder / "spiece.model")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model trained on the table, through the commands a person would use."""
    torch.set_num_threads(1)  # so small a model is slower on two
    folder = tmp_path_factory.mktemp("own")
    rows = [f"{word} {more},{label}" for label, word in SAID.items() for more in "가나다라마바"]
    (folder / "chat.csv").write_text("말,느낌\n" + "\n".join(rows) + "\n", encoding="cp949")
    (folder / "mine.toml").write_text(MAPPING, encoding="utf-8")
    lines = folder / "lines.tsv"
    heard = folder / "heard.tsv"
    heard.write_text("".join(f"{label}\t{word} 사\n" for label, word in ANSWERS), encoding="utf-8")
    told = emopic("data", "lines", folder / "mine.toml", folder / "chat.csv", "--out", lines)
    spec = told.partition("emotions: ")[2].strip()
    settings = settings_of("kobert", emotions=Emotions.parse(spec), epochs=20, batch=16, rate=1e-2)
    settings = replace(settings, dropout=0.0, head_rate=1e-2)
    base = tiny_base(folder / "base")
    job = Job((Source(lines),), str(base), folder / "out", folder / "work", settings=settings)
    figures = train_text(replace(job, tests=(heard,), dev_share=0), Console(quiet=True))
    assert figures["tests"]["heard"]["accuracy"] == 1
    return folder / "out"


@pytest.fixture(scope="module")
def engine(model: Path) -> Engine:
    return Engine.load(EngineConfig(text_model=model))


async def test_hello_names_every_emotion(engine: Engine) -> None:
    async with running(engine) as server, server.connect() as talker:
        hello = await talker.expect(wire.Hello)
        assert [label.id for label in hello.emotions][5:] == ["surprise", "disgust", "pride"]
        assert hello.emotions[-1] == wire.EmotionLabel(id="pride", ko="자랑")


async def test_every_emotion_is_told_and_known_ones_move_the_face(engine: Engine) -> None:
    async with running(engine) as server, server.session() as talker:
        await talker.put(builtin=engine.builtins[0].id)
        for place, word in enumerate(SAID.values()):
            await talker.say(f"{word} 가", word)
            emotion = await talker.expect(wire.Emotion, line=word)
            assert emotion.top == engine.emotions.names[place]
            assert len(emotion.scores) == 8
        await talker.send(wire.Watch(character="a", frames=wire.FrameOptions(size=64)))
        rest = await talker.expect(wire.Frame)
        await talker.send(wire.Express(character="a", expression={"disgust": 1.0}))
        moved = await talker.expect(wire.Frame)
        assert len(moved.expression) == 8
        assert moved.data != rest.data
