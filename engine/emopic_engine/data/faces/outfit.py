"""Everything a person wears, as triangles on their own head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .glasses import glasses_props
from .head import Floats
from .headwear import earrings, headwear_props, pressed
from .locks import Hair, hair_props
from .people import Person
from .shapes import Prop, Stuff, joined
from .skull import Skull

NECK = 6.0  # skin below belongs to no skull


def outfit(person: Person, skin: Floats, eyes: Floats) -> Prop:
    """Hair locks, headwear, glasses and earrings; glass comes last.

    `skin` [N, 3] and `eyes` [2, 3] (the right one first) are the person's own at rest.
    """
    dress = person.dress
    head = skin[(skin[:, 1] > NECK) & (np.abs(skin[:, 0]) < 1.3)]
    skull = Skull(head)
    hair = Hair(person.hair, person.hair if dress.tips is None else dress.tips)
    rng = np.random.default_rng(dress.seed)
    hairdo = dress.hairdo
    if dress.headwear is not None and dress.headwear.covers:
        hairdo = replace(hairdo, spikes=0, tied="none" if hairdo.tied != "twins" else "twins")
        if dress.headwear.kind in ("scarf", "hood"):
            hairdo = replace(hairdo, ends=None, tied="none")
    parts = [pressed(hair_props(skull, hairdo, hair, rng), dress.headwear, skull)]
    if dress.headwear is not None:
        parts.append(headwear_props(dress.headwear, skull))
    if dress.earring:
        parts.append(earrings(head, dress.earring, dress.earring_colour))
    if dress.glasses is not None:
        parts.append(glasses_props(dress.glasses, eyes, head, person.form.wide**0.6))
    return _glass_last(joined(parts))


def _glass_last(prop: Prop) -> Prop:
    """Triangles of glass behind all others."""
    glass = prop.stuff[prop.triangles[:, 0]] == Stuff.GLASS
    return replace(prop, triangles=np.concatenate([prop.triangles[~glass], prop.triangles[glass]]))
