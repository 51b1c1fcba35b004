import json
from pathlib import Path

import numpy as np
import pytest

import emopic_engine
from emopic_engine.backends import load_backend
from emopic_engine.engine import Engine, EngineConfig, RenderJob
from emopic_engine.errors import ModelError
from emopic_engine.face.codec import decode
from emopic_engine.face.crop import cut, flattened
from emopic_engine.face.stargan_graph import StarganConfig
from emopic_engine.face.stargan_model import StarganModel, changed, domain_of, load_face_model
from emopic_engine.train.stargan_export import export_stargan

MODELS = Path(emopic_engine.__file__).parent / "models"
DETECTOR = MODELS / "face_detector"
GOLDEN = Path(__file__).parent / "golden"
ALL = StarganConfig(("joy", "anger", "neutral"), size=48, cover="all")
SOME = StarganConfig(("joy", "anger", "neutral"), size=48, shown=("anger",), cover="all")


def exported(folder, config):
    export_stargan(GOLDEN / "tiny-G.ckpt", folder, config)
    return folder


@pytest.fixture(scope="module")
def backend():
    return load_backend("torch", threads=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory, backend):
    return load_face_model(exported(tmp_path_factory.mktemp("all"), ALL), DETECTOR, backend)


@pytest.fixture(scope="module")
def face(model):
    return model.register(*decode((MODELS / "characters" / "minji.png").read_bytes()))


def row(*weights):
    return np.array(weights, np.float32)


@pytest.mark.parametrize(
    ("weights", "domain", "shown"),
    [
        ((1, 0, 0), (1, 0, 0), 1),
        ((0.25, 0, 0), (0.25, 0, 0.75), 1),
        ((0, 0, 0), (0, 0, 1), 1),
        ((0.2, 0.3, 0.1), (0.2, 0.3, 0.5), 1),
        ((1, 1, 0), (0.5, 0.5, 0), 1),
    ],
)
def test_what_is_missing_to_one_is_neutral(weights, domain, shown):
    found, strength = domain_of(row(*weights), ALL)
    assert found == pytest.approx(row(*domain))
    assert strength == shown


@pytest.mark.parametrize(("weight", "domain"), [(1, 1), (0.25, 1), (0, 0)])
def test_without_neutral_the_picture_is_faded_in(weight, domain):
    found, strength = domain_of(row(weight), SOME)
    assert found.tolist() == [0, domain, 0]
    assert strength == weight


def test_only_what_changed_is_taken_over():
    picture = np.zeros((3, 48, 48), np.float32)
    made = picture + 0.02
    made[1, 20:28, 20:28] = 0.9
    cover = changed(picture, made)
    assert cover[24, 24] > 0.95
    assert cover[:8].max() == 0
    assert cover.min() >= 0
    assert np.abs(np.diff(cover, axis=0)).max() < 0.3  # no hard rim


def test_the_directory_says_which_model_it_is(model, tmp_path, backend):
    assert isinstance(model, StarganModel)
    assert model.channels == ("joy", "anger", "neutral")
    (tmp_path / "config.json").write_text(json.dumps({"size": 3}))
    with pytest.raises(ModelError, match="does not name a model_type"):
        load_face_model(tmp_path, DETECTOR, backend)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "other"}))
    with pytest.raises(ModelError, match="'other'"):
        load_face_model(tmp_path, DETECTOR, backend)


@pytest.mark.models
def test_a_picture_comes_back_at_its_own_size_and_outside_the_face_untouched(model, face):
    (maps,) = model.render([(face, row(1, 0, 0))])
    view = face.view()
    made = view.compose(maps)
    assert made.shape == face.rgb.shape
    differs = (made != face.rgb).any(-1)
    assert differs.any()
    assert not differs[view.changeable == 0].any()


@pytest.mark.models
def test_the_middle_of_the_face_is_the_generators_own(model, face):
    (maps,) = model.render([(face, row(0, 1, 0))])
    made = np.clip(maps.paint[..., :3] * 127.5 + 128, 0, 255)
    seen = cut(flattened(face.view().compose(maps), face.alpha), face.crop, 48)
    middle = (slice(16, 32), slice(16, 32))
    source = cut(flattened(face.rgb, face.alpha), face.crop, 48)
    colours = [picture[middle].mean((0, 1)) for picture in (seen, made, source)]
    assert np.abs(colours[0] - colours[1]).max() < 6
    assert np.abs(colours[0] - colours[2]).max() > 20


@pytest.mark.models
def test_a_batch_gives_what_its_parts_give(model, face):
    jobs = [(face, row(1, 0, 0)), (face, row(0, 0.5, 0))]
    for together, alone in zip(model.render(jobs), map(model.render, zip(jobs)), strict=True):
        assert np.allclose(together.paint[..., :3], alone[0].paint[..., :3], atol=1e-4)
        assert np.allclose(together.paint[..., 3], alone[0].paint[..., 3], atol=1e-3)
    assert model.render([]) == []


@pytest.mark.models
def test_one_domain_leaves_a_face_at_rest_as_it_is(tmp_path, backend, face):
    one = load_face_model(exported(tmp_path, SOME), DETECTOR, backend)
    at_rest, half, full = one.render([(face, row(weight)) for weight in (0, 0.5, 1)])
    assert (face.view().compose(at_rest) == face.rgb).all()
    assert half.paint[..., 3].max() == pytest.approx(0)
    assert full.paint[..., 3].max() == pytest.approx(1)


@pytest.mark.models
def test_the_engine_serves_a_checkpoint_by_configuration_alone(tmp_path):
    folder = exported(tmp_path / "mine", SOME)
    engine = Engine.load(EngineConfig(backend="torch", threads=1, face_model=folder))
    assert engine.info.face_model == "mine"
    face = engine.builtin(engine.builtins[0].id)
    names = engine.emotions.names

    def shown(name):
        expression = tuple(float(name == own) for own in names)
        (picture,) = engine.render([RenderJob(face, expression, size=96, format="png")])
        return picture.data

    assert shown("anger") != shown("joy")
    assert shown("joy") == shown("sadness")  # not asked for: the face stays as it is
