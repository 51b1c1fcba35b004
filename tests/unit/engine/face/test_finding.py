"""Finding and aligning faces in what people bring: tilted, cut off, several, drawn, photographed.

`astronaut.jpg` is NASA's portrait of Eileen Collins (S114-E-5409 series, public domain), as
scikit-image ships it.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import emopic_engine
from emopic_engine.backends import load_backend
from emopic_engine.face.codec import decode
from emopic_engine.face.crop import flattened
from emopic_engine.face.detector import FaceBox, FaceDetector, count_faces
from emopic_engine.face.sprite_files import read_zip

pytestmark = pytest.mark.models
MODELS = Path(emopic_engine.__file__).parent / "models"
ASTRONAUT = Path(__file__).parents[3] / "data" / "astronaut.jpg"
RENDERS = ("minji", "junho", "sunja", "amara")
GREY = 127
Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector(MODELS / "face_detector", load_backend("openvino"))


def render(name: str, ground: int | None = None) -> Rgb:
    rgb, alpha = decode((MODELS / f"characters/{name}.png").read_bytes())
    assert alpha is not None
    if ground is None:
        return flattened(rgb, alpha)
    share = alpha[..., None] / 255
    return (rgb * share + ground * (1 - share)).astype(np.uint8)


def photo() -> Rgb:
    return decode(ASTRONAUT.read_bytes())[0]


def picture(name: str) -> Rgb:
    return photo() if name == "astronaut" else render(name)


def turned(rgb: Rgb, degrees: float) -> tuple[Rgb, NDArray[np.float64]]:
    """The picture turned in a larger one, and the matrix that turned it."""
    height, width = rgb.shape[:2]
    side = round(1.5 * max(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    matrix[:, 2] += side / 2 - width / 2, side / 2 - height / 2
    wide = cv2.warpAffine(rgb, matrix, (side, side), borderValue=(GREY, GREY, GREY))
    return np.asarray(wide, np.uint8), matrix


def found(detector: FaceDetector, rgb: Rgb) -> FaceBox:
    face = detector.find_face(np.ascontiguousarray(rgb))
    assert face is not None
    return face


def eyes_apart(face: FaceBox) -> float:
    return float(np.linalg.norm(face.anchors[1] - face.anchors[0]))


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
@pytest.mark.parametrize("name", [*RENDERS, "astronaut"])
def test_a_tilted_face_is_aligned_within_a_tenth_of_its_eyes_distance(
    detector: FaceDetector, name: str, degrees: float
) -> None:
    upright = found(detector, picture(name))
    tilted, matrix = turned(picture(name), degrees)
    wanted = upright.anchors @ matrix[:, :2].T + matrix[:, 2]
    error = np.linalg.norm(found(detector, tilted).anchors - wanted, axis=1).max()
    assert error < 0.1 * eyes_apart(upright)


def test_of_several_faces_the_largest_is_taken_and_they_are_counted(detector: FaceDetector) -> None:
    scene = np.full((512, 800, 3), GREY, np.uint8)
    scene[:, :512] = render("minji")
    scene[200:456, 530:786] = cv2.resize(render("junho"), (256, 256), interpolation=cv2.INTER_AREA)
    for rgb, centre in ((scene, 256), (scene[:, ::-1], 544)):
        face = found(detector, rgb)
        assert face.faces == 2
        assert abs(face.x + face.width / 2 - centre) < 40
    crowd = np.concatenate([render("minji"), render("sunja")], 1)
    assert found(detector, np.concatenate([crowd, crowd[:, ::-1]], 0)).faces == 4


def test_one_face_is_one_and_small_ones_behind_it_do_not_count(detector: FaceDetector) -> None:
    assert found(detector, render("minji")).faces == 1
    assert found(detector, photo()).faces == 1
    boxes = [
        (0, 0, 90, 90, 0.9),
        (5, 4, 95, 88, 0.8),
        (200, 0, 20, 20, 0.9),
        (200, 50, 60, 60, 0.6),
    ]
    assert count_faces([np.array(box, float) for box in boxes]) == 2


@pytest.mark.parametrize("name", [*RENDERS, "astronaut"])
@pytest.mark.parametrize("cut", ["forehead", "chin", "to the face"])
def test_a_face_that_is_cut_off_is_found(detector: FaceDetector, name: str, cut: str) -> None:
    rgb = picture(name)
    whole = found(detector, rgb)
    x, y, w, h = (int(v) for v in (whole.x, whole.y, whole.width, whole.height))
    left, top = {"forehead": (0, y + h // 4), "chin": (0, 0), "to the face": (x, y)}[cut]
    part = {"chin": rgb[: y + int(0.85 * h)], "to the face": rgb[y : y + h, x : x + w]}
    face = found(detector, part.get(cut, rgb[top:]))
    moved = face.anchors[:2] + np.array((left, top)) - whole.anchors[:2]
    assert np.abs(moved).max() < 0.25 * eyes_apart(whole)


@pytest.mark.parametrize("ground", [0, 255])
@pytest.mark.parametrize("name", RENDERS)
def test_what_is_transparent_does_not_matter(
    detector: FaceDetector, name: str, ground: int
) -> None:
    """Alpha is laid on grey for the networks; black or white would do as well."""
    grey, other = found(detector, render(name)), found(detector, render(name, ground))
    assert np.abs(grey.anchors - other.anchors).max() < 0.1 * eyes_apart(grey)


def test_a_photo_is_aligned(detector: FaceDetector) -> None:
    """Pupils and chin as a person sees them in the picture."""
    wanted = np.array([(203, 101), (247, 104), (221, 178)])
    assert np.abs(found(detector, photo()).anchors - wanted).max() < 6


def test_some_drawings_are_found_and_the_others_are_not_claimed(detector: FaceDetector) -> None:
    """The detector was made for photos. What it finds in a drawing is at least a face there."""
    for name in ("haneul", "dodam"):
        files = read_zip((MODELS / f"characters/{name}.zip").read_bytes(), 1 << 20)
        for label in files.labels:
            sprite = files.of(label)
            assert sprite is not None
            rgb = flattened(*decode(sprite.data))
            face = detector.find_face(rgb)
            assert face is None or 0 < face.x + face.width / 2 < rgb.shape[1]


def test_noise_and_stripes_have_no_face(detector: FaceDetector) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    stripes = np.tile(np.arange(400, dtype=np.uint8)[:, None, None], (1, 600, 3))
    assert detector.find_face(noise) is None
    assert detector.find_face(stripes) is None
