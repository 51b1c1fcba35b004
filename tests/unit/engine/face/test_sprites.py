"""Cross-fading drawn pictures: alpha, sizes, channels, and the one rectangle of changes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.errors import PictureError
from emopic_engine.face.codec import PictureLimits
from emopic_engine.face.sprite_files import pack_named
from emopic_engine.face.sprites import Sprites, SpriteShot, read_sprites

LIMITS = PictureLimits(min_side=1)
RED, BLUE, CLEAR = (255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
TWO = Emotions.from_labels(("joy", "neutral"))
Rgba = NDArray[np.uint8]


def png(rgba: Rgba) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgba).save(out, "PNG")
    return out.getvalue()


def plain(colour: tuple[int, ...], width: int = 40, height: int = 32) -> Rgba:
    return np.broadcast_to(np.array(colour, np.uint8), (height, width, 4)).copy()


def drawn(emotions: Emotions = TWO, **pictures: Rgba) -> Sprites:
    data = pack_named({name.replace("__", "-"): png(rgba) for name, rgba in pictures.items()})
    return read_sprites(data, emotions, LIMITS)


def shot(sprites: Sprites, *expression: float, size: int = 0) -> SpriteShot:
    return sprites.view(size).shot(sprites.shares(expression))


def rgba(found: SpriteShot) -> Rgba:
    return np.dstack(
        [
            found.picture,
            np.full(found.picture.shape[:2], 255) if found.alpha is None else found.alpha,
        ]
    )


def test_one_emotion_alone_is_its_picture_bit_by_bit() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (32, 40, 4), np.uint8)
    sprites = drawn(joy=noise, neutral=plain(BLUE))
    assert (rgba(shot(sprites, 1.0, 0.0)) == noise).all()
    assert (rgba(shot(sprites, 0.0, 1.0)) == plain(BLUE)).all()


def test_nothing_dark_shines_through_at_transparent_edges() -> None:
    """Half of a red picture over nothing is half-transparent red, not dark red."""
    sprites = drawn(joy=plain(RED), neutral=plain(CLEAR))
    mixed = rgba(shot(sprites, 0.5, 0.5))
    assert tuple(mixed[0, 0]) == (255, 0, 0, 128)


@given(st.floats(0, 1), st.integers(0, 255), st.integers(0, 255))
def test_a_cross_fade_weighs_colours_by_their_alpha(part: float, a: int, b: int) -> None:
    first, second = plain((200, 40, 0, a), 4, 4), plain((0, 80, 240, b), 4, 4)
    first[0, 0] = 0  # somewhere to differ
    sprites = drawn(joy=first, neutral=second)
    mixed = rgba(shot(sprites, part, 1 - part))[2, 2].astype(float)
    alpha = part * a + (1 - part) * b
    assert abs(mixed[3] - alpha) <= 0.51
    if alpha >= 1:
        red, blue = 200 * part * a / alpha, 240 * (1 - part) * b / alpha
        assert abs(mixed[0] - red) <= 0.51
        assert abs(mixed[2] - blue) <= 0.51


def test_the_rest_of_a_weak_expression_is_the_picture_at_rest() -> None:
    sprites = drawn(joy=plain(RED), neutral=plain(BLUE))
    assert (rgba(shot(sprites, 0.25, 0.0)) == rgba(shot(sprites, 0.25, 0.75))).all()
    assert (rgba(shot(sprites, 1.0, 1.0)) == rgba(shot(sprites, 0.5, 0.5))).all()


def test_missing_emotions_use_one_picture_together() -> None:
    sprites = drawn(DEFAULT, joy=plain(RED), neutral=plain(BLUE))
    assert sprites.pictures["anger"] == "neutral"
    assert (rgba(shot(sprites, 0, 0.5, 0.5, 0, 0, 0)) == plain(BLUE)).all()


def test_pictures_of_different_sizes_stand_at_the_bottom_in_the_middle() -> None:
    sprites = drawn(joy=plain(RED, 20, 10), neutral=plain(BLUE, 40, 32))
    assert (sprites.width, sprites.height) == (40, 32)
    joy = rgba(shot(sprites, 1.0, 0.0))
    assert (joy[22:, 10:30] == RED).all()
    assert not joy[:22, :, 3].any()
    assert not joy[:, :10, 3].any()


def test_all_changes_lie_in_the_rectangle() -> None:
    joy = plain(BLUE)
    joy[5:9, 10:17] = RED
    sprites = drawn(joy=joy, neutral=plain(BLUE))
    found = shot(sprites, 0.5, 0.5)
    assert found.rect == (10, 5, 7, 4)
    assert found.alpha is None
    assert found.compose_patch(None).shape == (4, 7, 3)
    outside = np.ones((32, 40), bool)
    outside[5:9, 10:17] = False
    assert (found.picture[outside] == BLUE[:3]).all()


def test_one_picture_for_everything_never_changes() -> None:
    sprites = drawn(neutral=plain(RED))
    assert sprites.view().rect == (0, 0, 0, 0)
    assert (rgba(shot(sprites, 1.0, 0.0)) == plain(RED)).all()


def test_eyes_and_mouth_are_added_to_what_the_emotion_shows() -> None:
    base = plain(BLUE)
    eyes, mouth = base.copy(), base.copy()
    eyes[2:4], mouth[20:24] = RED, RED
    sprites = drawn(neutral=base, joy=base, neutral__blink=eyes, neutral__mouth_open=mouth)
    assert sprites.channels == ("blink", "mouth_open")
    both = rgba(shot(sprites, 0.0, 1.0, 1.0, 1.0))
    assert (both[2:4] == RED).all()
    assert (both[20:24] == RED).all()
    assert (both[10] == BLUE).all()
    assert (rgba(shot(sprites, 1.0, 0.0, 1.0, 1.0)) == base).all(), "joy has no such pictures"
    assert (rgba(shot(sprites, 0.0, 1.0, 0.5, 0.0))[2] == (128, 0, 128, 255)).all()


def test_a_smaller_size_keeps_transparent_colours_out() -> None:
    half = plain(RED)
    half[:, ::2] = (0, 255, 0, 0)
    sprites = drawn(joy=half, neutral=half)
    small = rgba(shot(sprites, 1.0, 0.0, size=20))
    assert small.shape == (16, 20, 4)
    assert (small[..., :3] == RED[:3]).all()
    assert sprites.view(400).width == 40, "never larger than it is"


def test_pixels_are_bounded_together_and_the_picture_is_named() -> None:
    data = pack_named({"joy": png(plain(RED)), "neutral": png(plain(BLUE))})
    with pytest.raises(PictureError, match="together") as caught:
        read_sprites(data, TWO, PictureLimits(max_pixels=2000, min_side=1))
    assert caught.value.code == "picture_too_large"
    broken = pack_named({"joy": png(plain(RED))[:60], "neutral": png(plain(BLUE))})
    with pytest.raises(PictureError, match=r"joy\.png"):
        read_sprites(broken, TWO, LIMITS)


def test_pictures_that_show_nothing_are_not_decoded() -> None:
    data = pack_named({"neutral": png(plain(RED)), "remorse": b"\x89PNG\r\n\x1a\nbroken"})
    assert read_sprites(data, TWO, LIMITS).pictures == {"joy": "neutral", "neutral": "neutral"}


def test_animated_pictures_are_refused() -> None:
    out = io.BytesIO()
    frames = [Image.fromarray(plain(colour)) for colour in (RED, BLUE)]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    with pytest.raises(PictureError, match="animated"):
        read_sprites(pack_named({"neutral": out.getvalue()}), TWO, LIMITS)
