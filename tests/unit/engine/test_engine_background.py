"""Backgrounds through the whole engine: one engine for all tests here."""

import numpy as np
import pytest

from emopic_engine.engine import MODELS, Engine, EngineConfig, RenderJob
from emopic_engine.errors import InputError
from emopic_engine.face import codec
from emopic_engine.face.check import check_pictures

JOY = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def engine():
    return Engine.load(EngineConfig(backend="torch", threads=1))


@pytest.fixture(scope="module")
def photo():
    return codec.encode(np.ascontiguousarray(check_pictures(192)[0]), None, "png")


def frame(engine, face, kind="png", **more):
    (picture,) = engine.render([RenderJob(face, JOY, format=kind, **more)])
    if kind == "raw":
        return np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.width, 4)
    return codec.decode(picture.data)


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_transparent_face_has_frames_with_its_matte(engine, photo, kind):
    face = engine.register(photo, background="transparent")
    _, alpha = frame(engine, face, kind)
    assert alpha is not None
    assert (alpha == face.face.alpha).all()
    assert frame(engine, face, "raw")[..., 3].min() == alpha.min()


def test_a_colour_leaves_no_alpha(engine, photo):
    face = engine.register(photo, background="#102030")
    rgb, alpha = frame(engine, face)
    assert alpha is None
    clear = engine.register(photo, background="transparent").face.alpha == 0
    assert (rgb[clear & (np.indices(clear.shape)[0] < 4)] == (16, 32, 48)).all()


def test_the_background_is_part_of_the_key(engine, photo):
    keys = [
        engine.register(photo, background=behind).key
        for behind in (None, "transparent", "#00ff00", "#0000ff", photo)
    ]
    assert len(set(keys)) == len(keys)
    same = engine.register(photo, background="#00FF00").key
    assert same == keys[2]
    assert engine.register(photo).key == keys[0]


def test_a_builtin_keeps_its_own_alpha(engine):
    plain, clear = (engine.builtin("minji", background=b) for b in (None, "transparent"))
    assert clear.source == "builtin"
    assert (frame(engine, clear)[1] == frame(engine, plain)[1]).all()
    _, alpha = frame(engine, engine.builtin("minji", background="#ffffff"))
    assert alpha is None
    assert engine.builtin("minji") is plain


def test_sprites_are_set_before_a_colour(engine):
    drawn = (MODELS / "characters" / "haneul.zip").read_bytes()
    plain = frame(engine, engine.register(drawn))
    clear = frame(engine, engine.register(drawn, background="transparent"))
    assert (plain[1] == clear[1]).all()
    rgb, alpha = frame(engine, engine.register(drawn, background="#336699"))
    assert alpha is None
    assert (rgb[plain[1] == 0] == (0x33, 0x66, 0x99)).all()
    solid = plain[1] == 255
    assert (rgb[solid] == plain[0][solid]).all()


def test_a_background_that_is_none_is_refused_before_anything_is_decoded(engine):
    with pytest.raises(InputError, match="'sky' is none"):
        engine.register(b"not a picture either", background="sky")
