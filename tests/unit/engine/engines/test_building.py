import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.unit.engine.engines.doubling import GRAPH, NUMBERS, Builder

from emopic_engine.engines import EngineKey, EngineStore
from emopic_engine.engines.building import obtain, rebuild
from emopic_engine.errors import ParityError

ROOT = Path(__file__).parents[4]


@pytest.fixture
def store(tmp_path) -> EngineStore:
    return EngineStore(tmp_path / "engines")


def folder(store: EngineStore) -> Path:
    return store.folder(EngineKey.of(Builder(), GRAPH))


def test_an_engine_is_built_once_and_read_back(store):
    first, second = Builder(), Builder()
    obtain(first, GRAPH, store)
    compiled = obtain(second, GRAPH, store)
    assert (first.built, second.built, second.loaded) == (1, 0, 1)
    np.testing.assert_array_equal(compiled(NUMBERS)[0], NUMBERS * 2)


def test_what_was_built_and_how_close_it_is_stands_beside_it(store):
    obtain(Builder(), GRAPH, store)
    ((_, engine),) = store.entries()
    assert engine.parity.passed
    assert engine.parity.rows == 6
    assert engine.parity.figures == {"doubled": 200.0, "limit": 40.0}
    assert engine.key["device"] == "a test"
    assert engine.built.seconds >= 0


def test_an_engine_that_answers_otherwise_is_not_used_and_not_built_again(store):
    first, second = Builder(2.1), Builder(2.1)
    with pytest.raises(ParityError, match=r"doubling on doubler f32 .*doubled 3\d\.\d+.*limit 40"):
        obtain(first, GRAPH, store)
    with pytest.raises(ParityError, match="--precision"):
        obtain(second, GRAPH, store)
    assert (first.built, second.built, second.loaded) == (1, 0, 0)


def test_building_anew_replaces_what_there_is(store):
    with pytest.raises(ParityError):
        obtain(Builder(2.1), GRAPH, store)
    rebuild(Builder(), GRAPH, store)
    again = Builder()
    obtain(again, GRAPH, store)
    assert again.built == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: (path / "factor.txt").write_bytes(b"3.0"),
        lambda path: (path / "factor.txt").unlink(),
        lambda path: (path / "engine.json").write_bytes(b"{"),
        lambda path: (path / "engine.json").write_bytes(b"[]"),
        lambda path: (path / "engine.json").unlink(),
        lambda path: (path / "engine.json").write_text(
            (path / "engine.json").read_text().replace("false", "true").replace("2.0", "2.1")
            + '{"passed": 1}'
        ),
    ],
    ids=["changed", "lost", "half", "no map", "no manifest", "longer"],
)
def test_a_damaged_engine_is_built_again(store, spoil, caplog):
    obtain(Builder(), GRAPH, store)
    spoil(folder(store))
    builder = Builder()
    compiled = obtain(builder, GRAPH, store)
    assert builder.built == 1
    assert "is built again" in caplog.text
    np.testing.assert_array_equal(compiled(NUMBERS)[0], NUMBERS * 2)
    assert store.read(EngineKey.of(builder, GRAPH)).parity.passed


def test_a_manifest_that_was_edited_is_not_believed(store):
    with pytest.raises(ParityError):
        obtain(Builder(2.1), GRAPH, store)
    manifest = folder(store) / "engine.json"
    manifest.write_text(manifest.read_text().replace('"passed": false', '"passed": true'))
    builder = Builder()
    obtain(builder, GRAPH, store)
    assert builder.built == 1


def test_an_engine_from_elsewhere_is_built_again(store):
    """Copied in from another machine, by its folder's name the right one."""
    other = Builder()
    other.device = "another machine"
    obtain(other, GRAPH, store)
    store.folder(EngineKey.of(other, GRAPH)).rename(folder(store))
    builder = Builder()
    obtain(builder, GRAPH, store)
    assert builder.built == 1


def test_files_that_the_backend_refuses_are_built_again(store):
    """Whole by their checksums, and yet nothing it can load."""
    good = Builder()
    obtain(good, GRAPH, store)
    engine = store.read(EngineKey.of(good, GRAPH))
    store.write(EngineKey.of(good, GRAPH), {"factor.txt": b"two"}, engine.parity, engine.built)
    builder = Builder()
    obtain(builder, GRAPH, store)
    assert builder.built == 1


def start(store: EngineStore) -> subprocess.Popen[str]:
    script = "from tests.unit.engine.engines.doubling import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "EMOPIC_CACHE": str(store.root.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> str:
    """Let it build; all it says from then on."""
    with process:
        return process.communicate("\n")[0]


def test_of_two_processes_one_builds_and_the_other_waits_for_it(store):
    one = start(store)
    assert [said(one), said(one)] == ["building", "build"]
    two = start(store)
    assert said(two) == "waiting for another process"
    assert "answer 2" in go(one)
    rest = go(two)
    assert "answer 2" in rest
    assert "build" not in rest
    assert len(list(store.entries())) == 1


def test_a_builder_that_is_killed_blocks_nobody(store):
    one = start(store)
    assert [said(one), said(one)] == ["building", "build"]
    two = start(store)
    assert said(two) == "waiting for another process"
    one.kill()
    with one:
        one.wait()
    assert [said(two), said(two)] == ["building", "build"]
    assert "answer 2" in go(two)
