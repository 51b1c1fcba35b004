"""Patches: smaller than full frames, right over any of them, and block for block the same."""

from __future__ import annotations

import io

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emopic_engine.errors import InputError
from emopic_engine.face.compose import FaceView, Maps
from emopic_engine.face.crop import Crop
from emopic_engine.face.geometry import CANONICAL, CROP, fit_similarity
from emopic_engine.frames import BLOCK, CLOSE, blocks_around, encode_frame

EXACT = ("png", "raw", "webp")  # webp at quality 100


def crop_at(x, y, side):
    anchors = CANONICAL * side + (x, y)
    return Crop(fit_similarity(anchors.astype(np.float32), CANONICAL * CROP), True)


def face(width=110, height=100, alpha=False, seed=1):
    """A face somewhere in a smooth picture, as pictures are."""
    random = np.random.default_rng(seed)
    rough = Image.fromarray(random.integers(0, 256, (12, 12, 3), np.uint8))
    rgb = np.asarray(rough.resize((width, height), Image.Resampling.BICUBIC)).copy()
    veil = random.integers(0, 256, (height, width), np.uint8) if alpha else None
    return FaceView(rgb, veil, crop_at(width // 4, height // 5, width // 2))


def maps(seed):
    """An expression: any seed is another one."""
    random = np.random.default_rng(seed)
    return Maps(
        random.uniform(-0.1, 0.1, (CROP, CROP, 2)).astype(np.float32),
        random.uniform(-1, 1, (CROP, CROP, 4)).astype(np.float32),
    )


def pixels(picture, *, fast=True):
    """Decode to RGBA [h, w, 4]; `fast` switches a JPEG decoder's smoothing of colour off."""
    if picture.format == "raw":
        width, height = picture.rect[2:] if picture.rect else (picture.width, picture.height)
        return np.frombuffer(picture.data, np.uint8).reshape(height, width, 4)
    if picture.format == "jpeg":
        return simplejpeg.decode_jpeg(picture.data, "RGBA", fastupsample=fast)
    with Image.open(io.BytesIO(picture.data)) as image:
        rgba = np.array(image.convert("RGBA"))
    rgba[rgba[..., 3] == 0] = 0  # webp does not keep colours that nobody can see
    return rgba


class Client:
    """What every client does: full frames replace, a patch goes over the last full one."""

    def __init__(self):
        self.full = self.shown = None

    def take(self, picture, **how):
        if picture.rect is None:
            self.full = self.shown = pixels(picture, **how)
            return
        x, y, width, height = picture.rect
        self.shown = self.full.copy()
        self.shown[y : y + height, x : x + width] = pixels(picture, **how)


STEPS = st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), max_size=6)


@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "transparent"])
@pytest.mark.parametrize("kind", [*EXACT, "jpeg"])
@settings(max_examples=10, deadline=None)
@given(steps=STEPS)
def test_whatever_is_skipped_the_client_sees_what_a_full_frame_would_show(kind, alpha, steps):
    """Steps are (expression, whether it is a full frame, whether it is lost)."""
    view, client, quality = face(alpha=alpha), Client(), 85 if kind == "jpeg" else 100
    client.take(encode_frame(view, maps(99), kind, quality, patch=False))
    for seed, whole, lost in steps:
        if lost:
            continue
        frame = encode_frame(view, maps(seed), kind, quality, patch=not whole)
        assert (frame.rect is None) == whole
        client.take(frame)
        full = encode_frame(view, maps(seed), kind, quality, patch=False)
        np.testing.assert_array_equal(client.shown, pixels(full))


def test_a_jpeg_decoder_that_smooths_colour_differs_in_the_outermost_ring_only():
    view, client = face(200, 180), Client()
    client.take(encode_frame(view, maps(0), "jpeg", 85, patch=False), fast=False)
    patch = encode_frame(view, maps(1), "jpeg", 85, patch=True)
    client.take(patch, fast=False)
    full = pixels(encode_frame(view, maps(1), "jpeg", 85, patch=False), fast=False)
    x, y, width, height = patch.rect
    ring = np.zeros(full.shape[:2], bool)
    ring[y - 1 : y + height + 1, x - 1 : x + width + 1] = True
    ring[y + 1 : y + height - 1, x + 1 : x + width - 1] = False
    different = np.abs(client.shown.astype(int) - full).max(-1)
    assert not different[~ring].any()
    assert different[ring].max() < 16


def test_a_lossy_webp_patch_is_as_close_as_its_own_loss():
    view, client = face(200, 180), Client()
    exact = encode_frame(view, maps(1), "raw", 85, patch=False)
    full = encode_frame(view, maps(1), "webp", 85, patch=False)
    client.take(encode_frame(view, maps(0), "webp", 85, patch=False))
    client.take(encode_frame(view, maps(1), "webp", 85, patch=True))
    loss = [np.square(p - pixels(exact).astype(float)).mean() for p in (client.shown, pixels(full))]
    assert loss[0] < 1.1 * loss[1]


SIDES = st.integers(1, 700)


@given(SIDES, SIDES, st.data())
def test_a_patch_lies_on_block_borders_and_covers_what_changes(width, height, data):
    x = data.draw(st.integers(0, width - 1))
    y = data.draw(st.integers(0, height - 1))
    w = data.draw(st.integers(0, width - x))
    h = data.draw(st.integers(0, height - y))
    left, top, wide, high = blocks_around((x, y, w, h), width, height)
    if not w * h:
        assert wide * high == 0
        return
    assert 0 <= left <= x < x + w <= left + wide <= width
    assert 0 <= top <= y < y + h <= top + high <= height
    assert left % BLOCK == top % BLOCK == 0
    assert (left + wide) % BLOCK == 0 or left + wide == width
    assert (top + high) % BLOCK == 0 or top + high == height


@pytest.mark.parametrize("kind", ["jpeg", "webp", "png", "raw"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.86])
def test_well_below_the_whole_a_patch_takes_fewer_bytes(kind, share):
    """So that nothing has to be encoded twice to find out."""
    view = face(320, 320)
    side = int(320 * share**0.5) // BLOCK * BLOCK
    assert side * side <= CLOSE * 320 * 320
    view.rect = (0, 0, side, side)
    view.compose_patch = lambda _maps: view.picture[:side, :side]
    view.compose = lambda _maps: view.picture
    patch = encode_frame(view, maps(1), kind, 85, patch=True)
    full = encode_frame(view, maps(1), kind, 85, patch=False)
    assert patch.rect == (0, 0, side, side)
    assert len(patch.data) < len(full.data)


def test_close_to_the_whole_the_smaller_of_both_is_sent():
    """A picture whose rest costs nothing: the patch has its own header and no less content."""
    view = face(256, 256)
    view.picture[240:] = 0
    view.rect = (0, 0, 256, 240)
    view.compose = lambda _maps: view.picture
    view.compose_patch = lambda _maps: view.picture[:240]
    for kind in ("jpeg", "webp", "png", "raw"):
        made = encode_frame(view, maps(1), kind, 85, patch=True)
        full = encode_frame(view, maps(1), kind, 85, patch=False)
        assert len(made.data) <= len(full.data)
        assert made.rect in (None, (0, 0, 256, 240))


def test_a_patch_of_the_whole_picture_is_a_full_frame():
    view = FaceView(face(64, 64).picture, None, crop_at(-40, -40, 200))
    assert encode_frame(view, maps(1), "raw", 85, patch=True).rect is None


def test_an_unknown_format_is_refused():
    with pytest.raises(InputError, match="gif"):
        encode_frame(face(), maps(1), "gif", 85, patch=True)
