"""The engine: the loaded models on one device. Lines in, scores out; faces in, pictures out.

All calls come from one thread. Per-item errors are returned in place: one bad item never fails its
neighbours. Nothing that was rendered is kept: see `atlas`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emopic_engine.atlas import Picture
from emopic_engine.backends import Backend, Precision, load_backend
from emopic_engine.emotions import Emotions, nearest
from emopic_engine.errors import EngineError, InputError, LineError, ModelError
from emopic_engine.face import codec
from emopic_engine.face.model import Face, FaceModel, Maps
from emopic_engine.text.model import Scores, TextModel

__all__ = [
    "BuiltinFace",
    "Engine",
    "EngineConfig",
    "EngineInfo",
    "Face",
    "Picture",
    "RegisteredFace",
    "RenderJob",
    "Scores",
]

MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class EngineConfig:
    """What to load and where to run it.

    `threads` 0 means all processors this process may use; `precision` None means the backend's
    default.
    """

    backend: str = "openvino"
    precision: Precision | None = None
    threads: int = 0
    text_model: Path = MODELS / "text"
    face_model: Path = MODELS / "live"
    pictures: codec.PictureLimits = field(default_factory=codec.PictureLimits)


@dataclass(frozen=True)
class EngineInfo:
    """What really runs."""

    backend: str
    device: str
    precision: str
    text_model: str
    face_model: str
    versions: dict[str, str]


@dataclass(frozen=True)
class BuiltinFace:
    """A face that ships with the engine: its id, English and Korean name, and picture file."""

    id: str
    name: str
    ko: str
    path: Path


@dataclass(frozen=True, eq=False)
class RegisteredFace:
    """A base face ready to render. `key` identifies its pixels; sizes are the picture's own.

    `source` is `builtin`, `found` (a face was found in the upload) or `centred` (none was found
    and the middle of the picture is used). `portrait` is the part of the upload that was kept, as
    a PNG, where only a part was.
    """

    key: str
    width: int
    height: int
    source: str
    face: Face
    portrait: bytes | None = None


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One frame to render: weights over the emotions, longest side in pixels (0: the face's own).

    `patch` asks for only the rectangle that can differ from the base face, where that is smaller.
    """

    face: RegisteredFace
    expression: tuple[float, ...]
    size: int = 0
    format: str = "jpeg"
    quality: int = 85
    patch: bool = False


class Engine:
    """The models of one configuration on one backend."""

    def __init__(self, config: EngineConfig, backend: Backend) -> None:
        self._config = config
        self._text = TextModel(config.text_model, backend)
        self._face = FaceModel(config.face_model, MODELS / "face_detector", backend)
        self._faces: dict[str, RegisteredFace] = {}
        self.builtins = _builtins()
        self.info = EngineInfo(
            backend=backend.name,
            device=backend.device,
            precision=backend.precision,
            text_model=config.text_model.name,
            face_model=config.face_model.name,
            versions=dict(backend.versions),
        )
        self._columns = [self._column(name) for name in self.emotions.names]

    @classmethod
    def load(cls, config: EngineConfig | None = None) -> Engine:
        """Load the models. Raises `BackendUnavailable` or `ModelError`; nothing is substituted."""
        config = config or EngineConfig()
        for folder in (config.text_model, config.face_model):
            if not folder.is_dir():
                raise ModelError(f"there is no model directory {folder}")
        backend = load_backend(config.backend, precision=config.precision, threads=config.threads)
        return cls(config, backend)

    def _column(self, name: str) -> int | None:
        """Faces show the emotions they were trained on; any other borrows its nearest one's face,
        or shows nothing.
        """
        for known in (name, nearest(name)):
            if known in self._face.emotions:
                return self._face.emotions.index(known)
        return None

    @property
    def emotions(self) -> Emotions:
        """The text model's labels."""
        return self._text.emotions

    def warm_up(self) -> None:
        """Run every path once, at the shapes that matter, so that the first request is not slow."""
        self._text.warm_up()
        face = self.builtin(self.builtins[0].id)
        rest = [0.0] * len(self.emotions)
        for patch in (False, True):
            rest[0] = 0.5
            job = RenderJob(face, tuple(rest), size=128, patch=patch)
            failed = [item for item in self.render([job]) if isinstance(item, EngineError)]
            if failed:
                raise failed[0]

    def classify(self, lines: Sequence[str]) -> list[Scores | LineError]:
        """Scores for each line, or the error that this line alone earned."""
        return self._text.classify(lines)

    def register(self, picture: bytes, *, portrait: bool = False) -> RegisteredFace:
        """Find and encode the face in an uploaded picture. Raises `PictureError`.

        With `portrait`, the base face is only the largest face and what is around it, as for a
        picture of a whole web page; code `no_face` when there is none.
        """
        rgb, alpha = codec.decode(picture, self._config.pictures)
        kept = None
        if portrait:
            rgb, alpha = self._face.portrait(rgb, alpha), None
            kept = picture = codec.encode(rgb, None, "png")
        key = hashlib.sha256(picture).hexdigest()[:32]
        face = self._face.register(rgb, alpha)
        source = "found" if face.found else "centred"
        return RegisteredFace(key, face.width, face.height, source, face, kept)

    def builtin(self, name: str) -> RegisteredFace:
        """A built-in face, encoded once. Raises `InputError` with code `unknown_builtin`."""
        known = {item.id: item for item in self.builtins}
        if name not in known:
            raise InputError(
                f"there is no built-in face {name!r}; choose one of: {', '.join(known)}",
                code="unknown_builtin",
            )
        if name not in self._faces:
            found = self.register(known[name].path.read_bytes())
            face = RegisteredFace(found.key, found.width, found.height, "builtin", found.face)
            self._faces[name] = face
        return self._faces[name]

    def render(self, jobs: Sequence[RenderJob]) -> list[Picture | EngineError]:
        """Render and encode `jobs` as one batch.

        Each distinct (face, expression) goes through the decoder once, whatever its formats.
        """
        wanted = list(dict.fromkeys((job.face, job.expression) for job in jobs))
        maps = self._face.render([(face.face, self._weights(row)) for face, row in wanted])
        by_want = dict(zip(wanted, maps, strict=True))
        return [_picture(job, by_want[(job.face, job.expression)]) for job in jobs]

    def _weights(
        self, expression: tuple[float, ...]
    ) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        row = np.zeros(len(self._face.emotions), np.float32)
        for weight, column in zip(expression, self._columns, strict=True):
            if column is not None:
                row[column] = min(1.0, row[column] + weight)
        return row


def _picture(job: RenderJob, maps: Maps) -> Picture | EngineError:
    try:
        view = job.face.face.view(job.size)
        x, y, width, height = view.rect
        patch = job.patch and width * height < view.width * view.height
        rgb = view.compose_patch(maps) if patch else view.compose(maps)
        alpha = view.alpha
        if patch and alpha is not None:
            alpha = alpha[y : y + height, x : x + width]
        data = codec.encode(rgb, alpha, job.format, job.quality)
    except EngineError as error:
        return error
    rect = (x, y, width, height) if patch else None
    return Picture(data, job.format, view.width, view.height, rect)


def _builtins() -> tuple[BuiltinFace, ...]:
    folder = MODELS / "characters"
    entries = json.loads((folder / "characters.json").read_text(encoding="utf-8"))
    return tuple(
        BuiltinFace(item["id"], item["name"], item["ko"], folder / item["file"]) for item in entries
    )
