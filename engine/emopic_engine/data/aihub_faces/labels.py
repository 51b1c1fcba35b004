"""The labels of AI Hub's 한국인 감정인식을 위한 복합 영상 (Korean emotion pictures).

A label file is one JSON array for all pictures of an emotion, in cp949 or UTF-8:

    {"filename": "0cb3…_여_20_기쁨_숙박 및 거주공간_20210126165538-010-011.jpg", "gender": "여",
     "age": 20, "isProf": "일반인", "faceExp_uploader": "기쁨", "bg_uploader": "숙박 및 거주공간",
     "annot_A": {"boxes": {"minX": …, "minY": …, "maxX": …, "maxY": …}, "faceExp": "기쁨", …},
     "annot_B": {…}, "annot_C": {…}}

The uploader named the expression that was asked for; three annotators named the one they saw.
"""

from __future__ import annotations

import codecs
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from emopic_engine.errors import DataError

KOREAN: Final = ("기쁨", "당황", "분노", "불안", "상처", "슬픔", "중립")
UNKNOWN: Final = "알수없음"
ANNOTATORS: Final = ("annot_A", "annot_B", "annot_C")
_CORNERS: Final = ("minX", "minY", "maxX", "maxY")
_SEX: Final = {"여": "female", "여성": "female", "남": "male", "남성": "male"}
_LONGEST: Final = 1 << 20  # characters of one record
_PART: Final = 1 << 16

Box = tuple[float, float, float, float]
"""minX, minY, maxX, maxY in pixels of the upright picture."""
Parts = Callable[[], Iterable[bytes]]


class RecordError(Exception):
    """A record that says too little; the message names the field."""


@dataclass(frozen=True)
class FaceRecord:
    """What is said of one picture. Votes are in Korean, None where there is none."""

    name: str  # file name without folders, NFC
    sex: str  # female, male, or nothing
    age: str  # as written: 20
    professional: str  # isProf
    place: str  # bg_uploader
    uploader: str
    votes: tuple[str | None, ...]  # of the three annotators
    boxes: tuple[Box | None, ...]

    @property
    def person(self) -> str:
        """Who is seen: the hash that names of one uploader begin with."""
        return self.name.split("_", 1)[0]


def file_name(name: str) -> str:
    """A name without folders, composed, so that labels and pictures meet whoever packed them."""
    return unicodedata.normalize("NFC", PurePosixPath(name.replace("\\", "/")).name)


def parse_record(values: Any) -> FaceRecord:
    """A record from its JSON object. Raises `RecordError`."""
    if not isinstance(values, dict):
        raise RecordError(f"expected an object, got {type(values).__name__}")
    for field in ("filename", "faceExp_uploader"):
        if not isinstance(values.get(field), str) or not values[field].strip():
            raise RecordError(f"{field} is {values.get(field)!r}, expected text")
    annotators = [values.get(name) for name in ANNOTATORS]
    return FaceRecord(
        name=file_name(values["filename"]),
        sex=_SEX.get(_text(values.get("gender")), ""),
        age=_text(values.get("age")),
        professional=_text(values.get("isProf")),
        place=_text(values.get("bg_uploader")),
        uploader=_text(values["faceExp_uploader"]),
        votes=tuple(_vote(annotator) for annotator in annotators),
        boxes=tuple(_box(annotator) for annotator in annotators),
    )


def _text(value: Any) -> str:
    return "" if value is None else unicodedata.normalize("NFC", str(value)).strip()


def _vote(annotator: Any) -> str | None:
    said = _text(annotator.get("faceExp")) if isinstance(annotator, dict) else ""
    return said or None


def _box(annotator: Any) -> Box | None:
    """The box of an annotator; a list of boxes stands for its first."""
    boxes = annotator.get("boxes") if isinstance(annotator, dict) else None
    if isinstance(boxes, list) and boxes:
        boxes = boxes[0]
    if not isinstance(boxes, dict):
        return None
    try:
        left, top, right, bottom = (float(boxes[corner]) for corner in _CORNERS)
    except (KeyError, TypeError, ValueError):
        return None
    return (left, top, right, bottom) if left < right and top < bottom else None


def read_objects(parts: Parts, source: str) -> Iterator[Any]:
    """The objects of a JSON array one by one, or the one object that the file holds.

    `parts` gives the file's bytes from its start each time it is called. Memory is bounded by one
    record. Raises `DataError` that names `source`, the encoding or the record.
    """
    text = _Window(_decoded(parts, _encoding(parts, source)))
    decoder = json.JSONDecoder()
    inside = text.skip("[")
    number = 0
    while True:
        text.skip(",") if number else None
        if text.empty or (inside and text.skip("]")):
            break
        number += 1
        yield text.take(decoder, f"{source}, record {number:,}")
    if not number and not inside:
        raise DataError(f"{source} is empty")


class _Window:
    """The part of a text that has been read and not yet used."""

    def __init__(self, parts: Iterator[str]) -> None:
        self._parts, self._text = parts, ""

    @property
    def empty(self) -> bool:
        """Whether nothing but space is left."""
        while not (stripped := self._text.lstrip()):
            if not self._more():
                return True
        self._text = stripped
        return False

    def skip(self, mark: str) -> bool:
        """Step over spaces, and over `mark` where it comes next."""
        if self.empty or not self._text.startswith(mark):
            return False
        self._text = self._text[len(mark) :]
        return True

    def take(self, decoder: json.JSONDecoder, where: str) -> Any:
        """The object that comes next."""
        if not self._text.startswith("{"):
            raise DataError(f"{where}: expected an object, found {self._text[:20]!r}")
        while True:
            try:
                value, end = decoder.raw_decode(self._text)
            except json.JSONDecodeError as error:
                if len(self._text) > _LONGEST or not self._more():
                    raise DataError(f"{where}: {error.msg}") from error
            else:
                self._text = self._text[end:]
                return value

    def _more(self) -> bool:
        part = next(self._parts, None)
        if part is None:
            return False
        self._text += part
        return True


def _encoding(parts: Parts, source: str) -> str:
    """UTF-8, with or without a byte-order mark, else cp949."""
    failures = []
    for encoding in ("utf-8-sig", "cp949"):
        try:
            for _ in _decoded(parts, encoding):
                pass
        except UnicodeDecodeError as error:
            failures.append(f"{encoding} ({error.reason})")
        else:
            return encoding
    raise DataError(f"{source} is in none of these encodings: {', '.join(failures)}")


def _decoded(parts: Parts, encoding: str) -> Iterator[str]:
    decode = codecs.getincrementaldecoder(encoding)()
    for part in parts():
        for start in range(0, len(part), _PART):
            yield decode.decode(part[start : start + _PART])
    yield decode.decode(b"", final=True)
