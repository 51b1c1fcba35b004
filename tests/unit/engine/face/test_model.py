from pathlib import Path

import numpy as np
import pytest

import emopic_engine
from emopic_engine.backends import load_backend
from emopic_engine.emotions import EXTRA_CHANNELS
from emopic_engine.errors import PictureError
from emopic_engine.face.codec import decode
from emopic_engine.face.model import FaceModel

MODELS = Path(emopic_engine.__file__).parent / "models"
pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def model():
    return FaceModel(MODELS / "live", MODELS / "face_detector", load_backend("torch"))


@pytest.fixture(scope="module")
def face(model):
    return model.register(*decode((MODELS / "characters" / "minji.png").read_bytes()))


def one_hot(model, emotion, strength=1.0):
    row = np.zeros(len(model.channels), np.float32)
    row[model.channels.index(emotion)] = strength
    return row


def test_a_character_is_found_and_keeps_its_size_and_alpha(face):
    assert face.found
    assert (face.width, face.height) == (512, 512)
    view = face.view()
    assert view.alpha is face.alpha
    assert (view.picture == face.rgb).all()


def test_emotions_change_the_face_and_nothing_else(model, face):
    moving = [name for name in model.channels if name not in ("neutral", *EXTRA_CHANNELS)]
    view = face.view(256)
    pictures = [
        view.compose(maps)
        for maps in model.render([(face, one_hot(model, name)) for name in moving])
    ]
    untouched = view.changeable == 0
    for made in pictures:
        difference = np.abs(made.astype(int) - view.picture)
        assert (difference[untouched] == 0).all()
        assert difference[view.changeable == 1].mean() > 1.0


def test_a_stronger_expression_moves_more(model, face):
    rows = [one_hot(model, "surprise", strength) for strength in (0.0, 0.5, 1.0)]
    rest, half, full = (
        np.abs(maps.flow).mean() for maps in model.render([(face, r) for r in rows])
    )
    assert rest < half < full


def test_lids_and_jaw_move_on_any_face(model, face):
    both = [name for name in EXTRA_CHANNELS if name in model.channels]
    rest = face.view(256).compose(*model.render([(face, one_hot(model, "neutral"))]))
    for name in both:
        row = one_hot(model, "neutral")
        row[model.channels.index(name)] = 1.0
        made = face.view(256).compose(*model.render([(face, row)]))
        assert np.abs(made.astype(int) - rest).max() > 30


def test_at_rest_the_face_stays_close_to_the_original(model, face):
    view = face.view(128)
    (maps,) = model.render([(face, one_hot(model, "neutral"))])
    assert np.abs(view.compose(maps).astype(int) - view.picture).mean() < 3.0


def test_a_batch_gives_what_single_calls_give(model, face):
    rows = [one_hot(model, "joy"), one_hot(model, "anger", 0.4)]
    together = model.render([(face, row) for row in rows])
    for row, maps in zip(rows, together, strict=True):
        (alone,) = model.render([(face, row)])
        assert np.allclose(alone.flow, maps.flow, atol=1e-4)
        assert np.allclose(alone.paint, maps.paint, atol=1e-3)


def test_no_jobs_no_maps(model):
    assert model.render([]) == []


def test_without_a_face_the_middle_is_used(model):
    blank = model.register(np.full((90, 200, 3), 130, np.uint8))
    assert not blank.found
    assert blank.view().rect == (55, 0, 90, 90)


def test_views_are_kept_and_bounded(face):
    assert face.view(128) is face.view(128)
    assert face.view(0) is face.view(None) is face.view(4096)
    for size in range(40, 60):
        face.view(size)
    assert len(face._views) <= 4


@pytest.mark.parametrize(
    ("rgb", "alpha"),
    [
        (np.zeros((8, 8), np.uint8), None),
        (np.zeros((8, 8, 4), np.uint8), None),
        (np.zeros((8, 8, 3), np.float32), None),
        (np.zeros((0, 8, 3), np.uint8), None),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9), np.uint8)),
    ],
)
def test_arrays_that_are_no_picture_are_refused(model, rgb, alpha):
    with pytest.raises(PictureError, match="must be uint8"):
        model.register(rgb, alpha)
