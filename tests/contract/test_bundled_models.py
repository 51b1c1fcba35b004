"""The bundled models answer the same on every backend: labels agree, pictures at 40 dB or more."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.contract.cases import load

from emopic_engine.engine import Engine, EngineConfig, RenderJob
from emopic_engine.errors import InputError, LineError, PictureError
from emopic_engine.render_files import expression_of
from emopic_server.bench.scenarios import bench_lines

pytestmark = pytest.mark.models
SIDE = 128


CASES = [
    ("openvino", "int8"),
    ("openvino", "bf16"),
    ("torch", "f32"),
    pytest.param(("cuda", "f16"), marks=pytest.mark.gpu),
    pytest.param(("tensorrt", "f16"), marks=pytest.mark.gpu),
]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def engine(request) -> Engine:
    name, precision = request.param
    load(request.param)  # or skip, saying what is missing
    return Engine.load(EngineConfig(backend=name, precision=precision))


@pytest.fixture(scope="module")
def reference() -> Engine:
    return Engine.load(EngineConfig(backend="torch", precision="f32"))


def pixels(engine: Engine, builtin: str, expression: tuple[float, ...]) -> np.ndarray:
    job = RenderJob(engine.builtin(builtin), expression, size=SIDE, format="raw")
    (picture,) = engine.render([job])
    return np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.width, 4)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)


def test_labels_agree_with_the_reference(engine, reference):
    lines = bench_lines()
    ours, theirs = engine.classify(lines), reference.classify(lines)
    for line, have, want in zip(lines, ours, theirs, strict=True):
        assert have.top == want.top or _margin(want.values) < 0.02, line
        assert have.values.sum() == pytest.approx(1, abs=1e-4)


def _margin(values: np.ndarray) -> float:
    second, first = np.sort(values)[-2:]
    return float(first - second)


def test_pictures_agree_with_the_reference(engine, reference):
    for builtin in engine.builtins:
        for column in range(len(engine.emotions)):
            expression = expression_of(engine, column, 1.0)
            have = pixels(engine, builtin.id, expression)
            want = pixels(reference, builtin.id, expression)
            assert psnr(have, want) >= 40.0, (builtin.id, engine.emotions.names[column])


def test_every_emotion_shows_a_different_face(engine):
    shown = [
        pixels(engine, engine.builtins[0].id, expression_of(engine, column, 1.0))
        for column in range(len(engine.emotions))
    ]
    for i, a in enumerate(shown):
        for b in shown[:i]:
            assert psnr(a, b) < 45.0


def test_one_bad_line_fails_alone(engine):
    good, bad, also_good = engine.classify(["안녕하세요", "   ", "반가워요"])
    assert isinstance(bad, LineError)
    assert good.values.sum() == pytest.approx(1, abs=1e-4)
    assert also_good.values.sum() == pytest.approx(1, abs=1e-4)


def test_a_batch_answers_like_single_lines(engine):
    lines = bench_lines()[:6]
    together = engine.classify(lines)
    alone = [engine.classify([line])[0] for line in lines]
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a.values, b.values, atol=0.02)


def test_a_patch_over_the_base_equals_the_full_frame(engine):
    face = engine.builtin(engine.builtins[0].id)
    expression = expression_of(engine, 0, 1.0)
    (full,) = engine.render([RenderJob(face, expression, SIDE, "raw")])
    (patch,) = engine.render([RenderJob(face, expression, SIDE, "raw", patch=True)])
    assert patch.rect is not None
    x, y, width, height = patch.rect
    whole = np.frombuffer(full.data, np.uint8).reshape(full.height, full.width, 4)
    part = np.frombuffer(patch.data, np.uint8).reshape(height, width, 4)
    np.testing.assert_array_equal(whole[y : y + height, x : x + width], part)
    rest = expression_of(engine, engine.emotions.neutral, 1.0)
    (other,) = engine.render([RenderJob(face, rest, SIDE, "raw")])
    outside = np.ones((full.height, full.width), bool)
    outside[y : y + height, x : x + width] = False
    other_pixels = np.frombuffer(other.data, np.uint8).reshape(whole.shape)
    np.testing.assert_array_equal(whole[outside], other_pixels[outside])


def test_unknown_faces_and_broken_pictures_are_refused(engine):
    with pytest.raises(InputError, match="nobody") as unknown:
        engine.builtin("nobody")
    assert unknown.value.code == "unknown_builtin"
    with pytest.raises(PictureError):
        engine.register(b"not a picture")


def page(*faces: tuple[str, int, int, int]) -> bytes:
    """A web page of 1280×960 as a PNG, with pictures (path, x, y, side) on it."""
    canvas = Image.new("RGB", (1280, 960), "white")
    ImageDraw.Draw(canvas).rectangle((0, 0, 1280, 70), fill="navy")
    for path, x, y, side in faces:
        canvas.paste(Image.open(path).convert("RGB").resize((side, side)), (x, y))
    out = io.BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def test_a_portrait_is_cut_out_of_a_page(engine):
    small, large = (str(builtin.path) for builtin in engine.builtins[:2])
    data = page((small, 60, 600, 180), (large, 700, 150, 420))
    face = engine.register(data, portrait=True)
    assert face.source == "found"
    assert face.portrait is not None
    with Image.open(io.BytesIO(face.portrait)) as portrait:
        assert portrait.size == (face.width, face.height)
    assert 200 < face.width <= 900
    again = engine.register(face.portrait)
    assert (again.key, again.source) == (face.key, "found"), "kept, it means the same face"


def test_a_page_without_a_face_is_refused(engine):
    with pytest.raises(PictureError) as caught:
        engine.register(page(), portrait=True)
    assert caught.value.code == "no_face"


def test_drawn_characters_are_mixed_marked_and_patched(engine):
    face = engine.builtin("haneul")
    assert (face.kind, face.channels) == ("sprites", ("blink", "mouth_open"))
    assert face.pictures == {name: name for name in engine.emotions.names}
    joy = expression_of(engine, 0, 0.5)
    jobs = [
        RenderJob(face, joy, size=SIDE, format="png"),
        RenderJob(face, (*joy, 1.0, 0.5), size=SIDE, format="png", patch=True),
        RenderJob(face, joy, size=SIDE, format="png", mark="visible"),
        RenderJob(engine.builtin("minji"), (*joy, 0.0, 0.0), size=SIDE, format="png"),
    ]
    whole, patch, marked, moved = engine.render(jobs)
    assert patch.rect is not None
    assert b"compositeSynthetic" in marked.data
    with Image.open(io.BytesIO(whole.data)) as plain, Image.open(io.BytesIO(marked.data)) as seen:
        assert plain.mode == "RGBA"
        differs = np.argwhere((np.asarray(plain) != np.asarray(seen)).any(-1))
    assert differs.min(0).min() > SIDE // 2
    assert moved.rect is None


def test_a_zip_of_pictures_is_registered_like_a_picture(engine):
    data = next(item.path for item in engine.builtins if item.id == "dodam").read_bytes()
    face = engine.register(data)
    assert (face.kind, face.source, face.width) == ("sprites", "found", 384)
    with pytest.raises(PictureError, match="cannot be read") as caught:
        engine.register(data[: len(data) // 2])
    assert caught.value.code == "bad_sprites"
