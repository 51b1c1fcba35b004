"""What stands behind a character: what a `character.put` asks for, and who can see it.

JPEG has no alpha, so a character without a background is not shown as JPEG: a `watch` that asks for
that is refused, and who watches so already is told, and sees no frames until it watches anew.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from emopic_client.wire import CharacterOptions, CharacterPut, FrameFormat
from emopic_server.core.characters import Character
from emopic_server.core.work import TRANSPARENT, Background
from emopic_server.errors import Refusal

KEEP: Final = "keep"


def asked_background(message: CharacterPut) -> Background | None:
    """The background that is asked for; None: the picture's own. Raises `Refusal` for two."""
    named = kept_background(message.options, None)
    if named is not None and message.backdrop is not None:
        text = "give options.background or a backdrop, not both"
        raise Refusal("bad_field", text, ref=message.character)
    return kept_background(message.options, message.backdrop)


def kept_background(options: CharacterOptions, backdrop: bytes | None) -> Background | None:
    """The same from what a store has kept."""
    if options.background is UNSET or options.background == KEEP:
        return backdrop
    return options.background


def hidden(character: Character, frames: FrameFormat) -> Refusal | None:
    """Why frames of this format cannot show a character (`no_alpha`), if they cannot."""
    if character.background != TRANSPARENT or frames != "jpeg":
        return None
    text = f"{character.id!r} has no background, and JPEG has no alpha: watch it as webp or png"
    return Refusal("no_alpha", text, ref=character.id)
