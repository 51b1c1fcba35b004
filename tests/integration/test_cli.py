"""The `emopic` command as a person runs it: answers on stdout, one clear line for mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emopic_engine.engine import MODELS

pytestmark = pytest.mark.models


def emopic(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "emopic_server", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--prot", "80"], "--prot"),
        (["nothing"], "nothing"),
        (["serve", "--port", "99999"], "99999"),
        (["serve", "--backend", "directml"], "directml"),
        (["serve", "--precision", "f64"], "f64"),
        (["serve", "--host", "0.0.0.0"], "token"),
        (["serve", "--config", "/missing.toml"], "/missing.toml"),
        (["serve", "--face-model", "/missing"], "/missing"),
        (["classify", "--tsv", "/missing.tsv"], "/missing.tsv"),
        (["classify", "--text-model", "/missing", "안녕"], "/missing"),
        (["render", "--face", "/missing.png", "--all", "--out", "x"], "/missing.png"),
        (["render", "--face", "x", "--out", "y"], "--emotion"),
        (["say", "--url", "ws://127.0.0.1:9", "안녕"], "127.0.0.1:9"),
        (["say", "--face", "/missing.png", "안녕"], "/missing.png"),
        (["bridge", "vts", "--hotkey", "joy"], "'joy'"),
        (["conformance"], "--client"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_one_clear_line_and_exit_code_2(arguments, said):
    done = emopic(*arguments)
    assert done.returncode == 2, done.stderr
    *_, last = done.stderr.strip().splitlines()
    assert last.startswith("emopic: error: ")
    assert said in last
    assert "Traceback" not in done.stderr


def test_unreadable_pictures_are_named(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    done = emopic("render", "--face", broken, "--all", "--out", tmp_path)
    assert done.returncode == 2
    assert "not a JPEG, PNG or WebP" in done.stderr


def test_classify_reads_stdin_and_prints_json():
    done = emopic(
        "classify", "--json", stdin="드디어 합격했다 너무 행복해!\n왜 자꾸 무시하는 거야\n"
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["top"] for row in rows] == ["joy", "anger"]
    assert sum(rows[0]["scores"].values()) == pytest.approx(1, abs=0.01)


def test_classify_measures_a_labelled_file_in_either_language(tmp_path):
    file = tmp_path / "lines.tsv"
    file.write_text(
        "joy\t드디어 합격했다 너무 행복해!\n분노\t왜 자꾸 무시하는 거야 짜증나게\n", "utf-8"
    )
    done = emopic("classify", "--tsv", file, "--json")
    report = json.loads(done.stdout)
    assert report["n"] == 2
    assert report["accuracy"] == 1.0
    assert report["per_class"]["joy"] == 1.0
    assert np.sum(report["confusion"]) == 2


def test_render_writes_every_emotion_at_the_pictures_size(tmp_path):
    face = tmp_path / "portrait.png"
    base = Image.open(MODELS / "characters" / "junho.png").convert("RGB")
    base.resize((700, 600)).save(face)
    done = emopic("render", "--face", face, "--all", "--sheet", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    names = ("joy", "anger", "anxiety", "neutral", "sadness", "surprise")
    for name in names:
        with Image.open(tmp_path / "out" / f"portrait_{name}.png") as picture:
            assert picture.size == (700, 600)
    assert (tmp_path / "out" / "portrait_sheet.png").exists()


def test_render_takes_korean_names(tmp_path):
    face = MODELS / "characters" / "minji.png"
    done = emopic(
        "render", "--face", face, "--emotion", "기쁨", "--strength", ".8", "--out", tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "minji_joy.png").exists()


def test_doctor_and_models_say_what_is_here():
    doctor = emopic("doctor")
    assert "openvino" in doctor.stdout
    assert "torch" in doctor.stdout
    models = emopic("models").stdout
    assert "text" in models
    assert "live" in models
