"""AI Hub's Korean emotion pictures in their exact format, made from our own renders.

Names, folders, archives, encodings and fields are those of the published set; the people are
synthetic (`emopic data faces`), and every label was made up for the test.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

RENDERS = Path(__file__).parent / "renders"
ENGLISH = dict(
    zip(
        ("기쁨", "분노", "불안", "중립", "슬픔", "당황", "상처"),
        ("joy", "anger", "anxiety", "neutral", "sadness", "surprise", "sadness"),
        strict=True,
    )
)
BOX = (70, 50, 182, 190)  # of the face in a picture of 256 × 256 pixels
WIDE, HIGH = 400, 300
AT = (90, 30)  # where the face's square lies in the picture


def photo(korean: str, person: int = 0) -> Image.Image:
    """A picture of 400 × 300 pixels with one face in it."""
    render = sorted(RENDERS.glob(f"{ENGLISH[korean]}_*.jpg"))[person]
    picture = Image.new("RGB", (WIDE, HIGH), (120, 130, 125))
    with Image.open(render) as face:
        picture.paste(face.resize((256, 256)), AT)
    return picture


def jpeg(picture: Image.Image, orientation: int = 1) -> bytes:
    """A JPEG that is upright when turned by its EXIF tag."""
    turns = {1: None, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM}
    turn = turns[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    stored = picture if turn is None else picture.transpose(turn)
    stored.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def box(shift: float = 0.0) -> tuple[float, ...]:
    """The face's box, moved a little."""
    return tuple(value + AT[i % 2] + shift for i, value in enumerate(BOX))


@dataclass
class Item:
    """One picture and what is said of it."""

    uploader: str
    votes: tuple[str | None, str | None, str | None]
    picture: bytes | None = None
    boxes: tuple[tuple[float, ...] | None, ...] = field(
        default_factory=lambda: (box(), box(3.25), box(-2.5))
    )
    sex: str = "여"
    age: int = 20
    person: int = 0
    ending: str = "jpg"

    def name(self, number: int) -> str:
        who = hashlib.sha256(str(self.person).encode()).hexdigest()
        return (
            f"{who}_{self.sex}_{self.age}_{self.uploader}_숙박 및 거주공간"
            f"_20210126165538-{number:03d}-011.{self.ending}"
        )

    def record(self, number: int) -> dict[str, Any]:
        """The JSON object, fields in the published order."""
        annotators = {
            f"annot_{letter}": {
                "boxes": None
                if corners is None
                else dict(zip(("minX", "minY", "maxX", "maxY"), corners, strict=True)),
                "faceExp": vote,
                "bg": "숙박 및 거주공간",
            }
            for letter, vote, corners in zip("ABC", self.votes, self.boxes, strict=True)
        }
        return {
            "filename": self.name(number),
            "gender": self.sex,
            "age": self.age,
            "isProf": "일반인",
            "faceExp_uploader": self.uploader,
            "bg_uploader": "숙박 및 거주공간",
            **annotators,
        }


def banner() -> bytes:
    """A picture of stripes: nobody is in it."""
    pixels = np.zeros((HIGH, WIDE, 3), np.uint8)
    pixels[::14] = 230
    pixels[:, ::9, 1] = 160
    return jpeg(Image.fromarray(pixels))


def lit(gain: float, shadow: float = 1.0) -> bytes:
    """A face under strong light, or with its right half in shadow."""
    pixels = np.asarray(photo("중립"), np.float32) * gain
    pixels[:, AT[0] + 126 :] *= shadow
    return jpeg(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)))


def agreed(korean: str, **options: Any) -> Item:
    options.setdefault("picture", jpeg(photo(korean, options.get("person", 0))))
    return Item(korean, (korean,) * 3, **options)


def items() -> dict[str, Item]:
    """One picture for each thing that can be wrong, and some with which nothing is."""
    return {
        "joy": agreed("기쁨"),
        "joy of another": agreed("기쁨", person=1, sex="남", age=40),
        "anger": agreed("분노"),
        "anxiety": agreed("불안"),
        "neutral, upside down": agreed("중립", picture=jpeg(photo("중립"), 3)),
        "sadness, mirrored": agreed("슬픔", picture=jpeg(photo("슬픔"), 4), ending="jpeg"),
        "surprise": agreed("당황", person=1, sex="남", age=35),
        "joy by three of four": Item("당황", ("기쁨",) * 3, jpeg(photo("기쁨"))),
        "annotators": Item("불안", ("불안", "당황", "슬픔"), jpeg(photo("불안"))),
        "ambiguous": Item("불안", ("불안", "당황", "당황"), jpeg(photo("당황"))),
        "ambiguous: cannot tell": Item("분노", ("분노", "분노", "알수없음"), jpeg(photo("분노"))),
        "removed": agreed("상처"),
        "boxes": agreed("기쁨", boxes=(box(), None, box(200))),
        "unreadable": agreed("기쁨", picture=jpeg(photo("기쁨"))[:900]),
        "small": agreed("기쁨", boxes=((100, 100, 130, 140),) * 3),
        "no_face": agreed("분노", picture=banner()),
        "light": agreed("중립", picture=lit(9.0)),
        "half_shadow": agreed("중립", picture=lit(1.5, shadow=0.2)),
        "without picture": Item("기쁨", ("기쁨",) * 3),
    }


class Cp949Info(zipfile.ZipInfo):
    """A member whose name is in cp949, as Korean packers write it: nothing says so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("cp949"), self.flag_bits & ~0x800


def pack(path: Path, content: dict[str, bytes], *, cp949: bool = False) -> Path:
    """Write an archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = Cp949Info if cp949 else zipfile.ZipInfo
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            info = kind(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return path


@dataclass(frozen=True)
class FaceSet:
    """A data set on disk; `names` are the file names of `items()` by their keys."""

    folder: Path
    names: dict[str, str]


def write_set(folder: Path, *, zipped: bool, encoding: str) -> FaceSet:
    """The set as downloaded (`zipped`) or unpacked."""
    base = folder / "한국인 감정인식을 위한 복합 영상" / "Training"
    names: dict[str, str] = {}
    labels: dict[str, list[Any]] = {}
    pictures: dict[str, dict[str, bytes]] = {}
    for number, (key, item) in enumerate(items().items()):
        names[key] = item.name(number)
        labels.setdefault(item.uploader, []).append(item.record(number))
        if item.picture is not None:
            pictures.setdefault(item.uploader, {})[item.name(number)] = item.picture
    pictures["기쁨"]["nobody_여_20_기쁨_실외_1.jpg"] = jpeg(photo("기쁨"))
    for korean, records in labels.items():
        label_name = f"img_emotion_training_data({korean}).json"
        text = json.dumps(records, ensure_ascii=False, indent=1).encode(encoding)
        packs = {
            f"[라벨]EMOIMG_{korean}_TRAIN": {label_name: text},
            f"[원천]EMOIMG_{korean}_TRAIN_01": pictures.get(korean, {}),
        }
        for name, content in packs.items():
            if zipped:
                pack(base / f"{name}.zip", content, cp949=True)
                continue
            (base / name).mkdir(parents=True)
            for inner, data in content.items():
                (base / name / inner).write_bytes(data)
    return FaceSet(folder, names)


@pytest.fixture(scope="session")
def zipped_set(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    """As downloaded, in cp949."""
    return write_set(tmp_path_factory.mktemp("zipped"), zipped=True, encoding="cp949")


@pytest.fixture(scope="session")
def folder_set(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    """Unpacked, in UTF-8."""
    return write_set(tmp_path_factory.mktemp("folders"), zipped=False, encoding="utf-8")
