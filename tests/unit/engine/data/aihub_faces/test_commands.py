import json

import pytest
from typer.testing import CliRunner

from emopic_engine.cli import app
from emopic_engine.errors import DataError

from .conftest import agreed, banner, jpeg, pack, photo

pytestmark = pytest.mark.models


def emopic(*arguments):
    run = CliRunner().invoke(
        app, list(map(str, arguments)), standalone_mode=False, catch_exceptions=False
    )
    return run.output


def test_one_command_from_archives_to_folders_and_report(tmp_path):
    items = [agreed("기쁨", picture=jpeg(photo("기쁨"))), agreed("분노", picture=banner())]
    pictures = {item.name(place): item.picture for place, item in enumerate(items)}
    records = [item.record(place) for place, item in enumerate(items)]
    labels = json.dumps(records, ensure_ascii=False).encode("cp949")
    archive = pack(tmp_path / "set.zip", {**pictures, "labels.json": labels}, cp949=True)
    out = tmp_path / "out"
    sizes = ("--size", 32, "--smallest", 48, "--backend", "torch")
    told = emopic("data", "aihub-faces", archive, "--out", out, *sizes)
    assert "1 of 2 kept" in told
    assert [path.parent.name for path in out.rglob("*.jpg")] == ["joy"]
    page = (out / "report.html").read_text(encoding="utf-8")
    (out / "report.html").unlink()
    emopic("data", "aihub-faces-report", out)
    assert (out / "report.html").read_text(encoding="utf-8") == page


def test_a_folder_without_an_index_is_named(tmp_path):
    with pytest.raises(DataError, match="run `emopic data aihub-faces` first"):
        emopic("data", "aihub-faces-report", tmp_path)
