import pytest
from tests.unit.engine.engines.doubling import GRAPH, NUMBERS, Builder
from typer.testing import CliRunner

from emopic_engine.backends import load_backend
from emopic_engine.engines import EngineKey, EngineStore
from emopic_engine.engines.building import obtain
from emopic_engine.engines.commands import app
from emopic_engine.engines.models import Recording, built, verified
from emopic_engine.errors import ParityError


@pytest.fixture
def store(tmp_path, monkeypatch) -> EngineStore:
    monkeypatch.setenv("EMOPIC_CACHE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return EngineStore()


@pytest.fixture
def current(store):
    """An engine that is of use here: the reference's own backend, in bf16."""
    backend = load_backend("torch", precision="bf16", threads=1)
    backend.compile(GRAPH)
    return store.folder(EngineKey.of(backend, GRAPH))


@pytest.fixture
def foreign(store):
    """An engine of a backend that nobody here knows."""
    obtain(Builder(), GRAPH, store)
    return store.folder(EngineKey.of(Builder(), GRAPH))


def said(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_listing_says_how_close_each_engine_is_and_which_is_of_no_use(current, foreign):
    text = said("list")
    assert "doubling bf16" in text
    assert "dB (≥ 40) │ current" in text
    assert "foreign: doubler cannot run here" in text
    assert current.is_dir()
    assert foreign.is_dir()


def test_pruning_keeps_what_is_current(current, foreign):
    assert "removed 1" in said("prune")
    assert current.is_dir()
    assert not foreign.is_dir()


def test_a_dry_run_removes_nothing(foreign):
    assert "would remove 1" in said("prune", "--dry-run")
    assert foreign.is_dir()


def test_damaged_engines_are_named_and_go(current):
    (current / "engine.json").write_text("{")
    assert "damaged" in said("list")
    assert "engine.json is broken" in said("prune")
    assert not current.is_dir()


def test_everything_goes_when_asked(current, foreign):
    assert "removed 2" in said("prune", "--all")
    assert not current.is_dir()
    assert not foreign.is_dir()


def test_the_age_can_be_given(current):
    assert "removed 0" in said("prune", "--older-than", "1")
    assert "older than asked for" in said("prune", "--older-than", "0")
    assert not current.is_dir()


def test_an_engine_that_is_being_built_is_left_alone(store, foreign):
    key = EngineKey.of(Builder(), GRAPH)
    with store.lock(key, lambda: None):
        assert "0.0 MB freed" in said("prune")
        assert foreign.is_dir()


class Compiling(Builder):
    """The builder of the other tests as a whole backend."""

    reason = "a test"

    def compile(self, graph):
        return obtain(self, graph)


@pytest.mark.usefixtures("store")
def test_a_recording_goes_on_after_an_engine_that_is_refused():
    recording = Recording(Compiling(2.1))
    compiled = recording.compile(GRAPH)
    (row,) = built(recording)
    assert row.refused.startswith("doubling on doubler f32 does not answer as fp32 does")
    assert [row.refused for row in verified(recording)] == [row.refused]
    with pytest.raises(ParityError):
        compiled(NUMBERS)


@pytest.mark.usefixtures("store")
def test_verifying_compares_again_now():
    recording = Recording(Compiling())
    recording.compile(GRAPH)
    recording.inner.factor = 3  # what is compiled already is not asked again
    (row,) = verified(recording)
    assert not row.refused
    assert row.parity.figures["doubled"] == 200
