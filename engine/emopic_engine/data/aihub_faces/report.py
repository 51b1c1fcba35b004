"""The HTML page on a cleaned set of faces: counts before and after, rules, and what they found."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from PIL import Image
from rich.console import Console

from emopic_engine.data.eda.figures import age_group
from emopic_engine.emotions import KOREAN as KOREAN_NAMES
from emopic_engine.errors import DataError

from .index import KEPT, FaceIndex, Sampled
from .pictures import Archives, cut_box, decode_upright, resized, square_of
from .rules import RULES, TO_EMOTION

THUMB: Final = 112  # pixels
_SHOWN: Final = 16  # samples of a rule
_LISTED: Final = 20  # records and pictures that could not be used
_AROUND: Final = 0.3  # what a sample shows beside the box
_SEX: Final = {"female": "female 여", "male": "male 남", "": "not told"}

Rows = list[tuple[str, int, int]]  # group, before, after


@dataclass(frozen=True)
class Sample:
    """A small picture of what a rule found, or of what was kept."""

    picture: Markup
    title: str


def write_face_report(out: Path, index: FaceIndex, console: Console) -> None:
    """Write the page. Raises `DataError` where `out` cannot be written."""
    page = render_face_report(index, console)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror or error}") from error


def render_face_report(index: FaceIndex, console: Console) -> str:
    """The page as text. Samples are read from where they lie; every text is escaped."""
    template = files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    archives = Archives()
    try:
        with console.status("choosing samples"):
            context = _context(index, archives)
        return environment.from_string(template).render(context)
    finally:
        archives.close()


def _context(index: FaceIndex, archives: Archives) -> dict[str, Any]:
    results, totals = index.results(), index.totals()
    return {
        "settings": index.settings,
        "totals": totals,
        "kept": results.get(KEPT, 0),
        "pending": index.queue_length(),
        "groups": {
            "Emotion": emotion_rows(index),
            "Sex": _grouped(index, "sex", lambda value: _SEX.get(value, value)),
            "Age": _grouped(index, "age", lambda value: age_group(value) if value else "not told"),
        },
        "rules": [
            (rule, meaning, results.get(rule, 0), _samples(index.sample(rule, _SHOWN), archives))
            for rule, meaning in RULES.items()
        ],
        "off": index.settings["off"],
        "faces_kept": [
            (_label(korean), _samples(index.sample(KEPT, _SHOWN, korean), archives))
            for korean in TO_EMOTION
        ],
        "unreadable": index.notes("unreadable", _LISTED),
        "refused": index.refused(_LISTED),
    }


def emotion_rows(index: FaceIndex) -> Rows:
    """Records by the uploader's expression before, by the agreed one after."""
    before, after = (_by_label(index.counts("uploader", kept=kept)) for kept in (False, True))
    known = [*TO_EMOTION, *sorted(before.keys() - TO_EMOTION.keys())]
    return [(_label(label), before[label], after[label]) for label in known]


def _by_label(rows: Sequence[tuple[str, str, int]]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for label, _, count in rows:
        totals[label] += count
    return totals


def _label(korean: str) -> str:
    """`당황 → 놀람 surprise`, `상처 left out`."""
    if korean not in TO_EMOTION:
        return f"{korean} left out"
    emotion = TO_EMOTION[korean]
    own = KOREAN_NAMES[emotion]
    return f"{korean} {emotion}" if own == korean else f"{korean} → {own} {emotion}"


def _grouped(index: FaceIndex, column: str, name: Any) -> Rows:
    sides: list[Counter[str]] = []
    for kept in (False, True):
        counted: Counter[str] = Counter()
        for _, value, count in index.counts(column, kept=kept):
            counted[name(value)] += count
        sides.append(counted)
    return [(group, sides[0][group], sides[1][group]) for group in sorted(sides[0])]


def _samples(found: Sequence[Sampled], archives: Archives) -> list[Sample]:
    return [_sample(item, archives) for item in found]


def _sample(item: Sampled, archives: Archives) -> Sample:
    title = f"{item.place.name} · {item.label}" + (f" · {item.note}" if item.note else "")
    box = item.box
    try:
        rgb, scale = decode_upright(archives.read(item.place), box, THUMB)
    except DataError as error:
        return Sample(Markup('<span class="none">unreadable</span>'), f"{title} · {error}")
    height, width = rgb.shape[:2]
    seen = (0.0, 0.0, float(width), float(height))
    if box is not None:
        left, top, right, bottom = (value * scale for value in square_of(box, _AROUND))
        inside = left < width and top < height and right > 0 and bottom > 0
        seen = (left, top, right, bottom) if inside else seen
    square = cut_box(rgb, square_of(seen, 0))
    content = io.BytesIO()
    Image.fromarray(resized(square, THUMB)).save(content, "JPEG", quality=82)
    data = base64.b64encode(content.getvalue()).decode("ascii")
    picture = Markup('<img alt="{}" src="data:image/jpeg;base64,{}">').format(item.label, data)
    return Sample(picture, title)
