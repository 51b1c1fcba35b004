"""The engine: the loaded models on one device. Lines in, scores out; faces in, pictures out.

All calls come from one thread. Per-item errors are returned in place: one bad item never fails its
neighbours. Nothing that was rendered is kept: see `atlas`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from emopic_engine.atlas import Picture
from emopic_engine.backends import Backend, Precision, load_backend
from emopic_engine.emotions import EXTRA_CHANNELS, Emotions, nearest
from emopic_engine.errors import EngineError, InputError, LineError, ModelError
from emopic_engine.face import codec
from emopic_engine.face.background import Background, Behind, read_background, set_behind
from emopic_engine.face.mark import MIXED, Mark
from emopic_engine.face.matting import Matter
from emopic_engine.face.model import Face, Maps
from emopic_engine.face.sprite_files import is_zip
from emopic_engine.face.sprites import Sprites, read_sprites
from emopic_engine.face.stargan_model import load_face_model
from emopic_engine.frames import encode_frame
from emopic_engine.text.model import Scores, TextModel

__all__ = [
    "Background",
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
BUILTIN_LISTS = ("characters.json", "drawn.json")


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
    """What really runs, and why this backend. `face_channels` are those of `EXTRA_CHANNELS` the
    face model has."""

    backend: str
    device: str
    precision: str
    text_model: str
    face_model: str
    versions: dict[str, str]
    face_channels: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class BuiltinFace:
    """A face that ships with the engine: its id, English and Korean name, and its file, which is
    a picture, or a ZIP for a set of `sprites`."""

    id: str
    name: str
    ko: str
    path: Path
    kind: str = "picture"


@dataclass(frozen=True, eq=False)
class RegisteredFace:
    """A base face ready to render. Sizes are the picture's own.

    `key` identifies its pixels and the face model: faces with one key look the same in every
    expression, so characters share what was rendered of them.

    `source` is `builtin`, `found` (a face was found in the upload) or `centred` (none was found
    and the middle of the picture is used). `portrait` is the part of the upload that was kept, as
    a PNG, where only a part was. `faces` is how many faces were found.
    """

    key: str
    width: int
    height: int
    source: str
    face: Face | Sprites
    portrait: bytes | None = None
    faces: int = 1
    channels: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`picture`, or `sprites` for a set of drawn ones."""
        return "sprites" if isinstance(self.face, Sprites) else "picture"

    @property
    def pictures(self) -> Mapping[str, str]:
        """Of sprites: the name of the picture that shows each emotion."""
        return self.face.pictures if isinstance(self.face, Sprites) else {}


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One frame to render: weights over the emotions, longest side in pixels (0: the face's own).

    Behind the emotions there may be a weight for each of `EXTRA_CHANNELS`. `patch` asks for only
    the rectangle that can differ from the base face, where that is smaller. `mark` is one of
    `face.mark.MARKS`.
    """

    face: RegisteredFace
    expression: tuple[float, ...]
    size: int = 0
    format: str = "jpeg"
    quality: int = 85
    patch: bool = False
    mark: str = "off"


class Engine:
    """The models of one configuration on one backend."""

    def __init__(self, config: EngineConfig, backend: Backend) -> None:
        self._config = config
        self._backend = backend
        self._text = TextModel(config.text_model, backend)
        self._face = load_face_model(config.face_model, MODELS / "face_detector", backend)
        self._face_model = _fingerprint(config.face_model, MODELS / "face_detector")
        self._faces: dict[str, RegisteredFace] = {}
        self.builtins = _builtins()
        self.info = EngineInfo(
            backend=backend.name,
            device=backend.device,
            precision=backend.precision,
            text_model=config.text_model.name,
            face_model=config.face_model.name,
            versions=dict(backend.versions),
            face_channels=tuple(c for c in EXTRA_CHANNELS if c in self._face.channels),
            reason=backend.reason,
        )
        self._columns = [self._column(name) for name in (*self.emotions.names, *EXTRA_CHANNELS)]

    @classmethod
    def load(cls, config: EngineConfig | None = None) -> Engine:
        """Load the models. Raises `BackendUnavailable` or `ModelError`; nothing is substituted."""
        config = config or EngineConfig()
        for folder in (config.text_model, config.face_model):
            if not folder.is_dir():
                raise ModelError(f"there is no model directory {folder}")
        backend = load_backend(config.backend, precision=config.precision, threads=config.threads)
        return cls(config, backend)

    @cached_property
    def matter(self) -> Matter:
        """The matting network, compiled when it is first needed or at warm-up."""
        return Matter(MODELS / "matte", self._backend)

    def _column(self, name: str) -> int | None:
        """Faces show the emotions they were trained on; any other borrows its nearest one's face,
        or shows nothing.
        """
        for known in (name, nearest(name)):
            if known in self._face.channels:
                return self._face.channels.index(known)
        return None

    @property
    def emotions(self) -> Emotions:
        """The text model's labels."""
        return self._text.emotions

    def warm_up(self) -> None:
        """Run every path once, at the shapes that matter, so that the first request is not slow."""
        self._text.warm_up()
        _ = self.matter
        face = self.builtin(self.builtins[0].id)
        rest = (0.0,) * (len(self.emotions) - 1)
        whole = RenderJob(face, (0.5, *rest), size=128)
        part = RenderJob(face, (0.25, *rest), size=128, patch=True)
        for batch in ([whole], [whole, part]):
            failed = [item for item in self.render(batch) if isinstance(item, EngineError)]
            if failed:
                raise failed[0]

    def classify(self, lines: Sequence[str]) -> list[Scores | LineError]:
        """Scores for each line, or the error that this line alone earned."""
        return self._text.classify(lines)

    def register(
        self, picture: bytes, *, portrait: bool = False, background: Background | None = None
    ) -> RegisteredFace:
        """Find and encode the face in an uploaded picture, or take a ZIP as a set of sprites.

        With `portrait`, the base face is only the largest face and what is around it, as for a
        picture of a whole web page; code `no_face` when there is none. `background` is what stands
        behind the person instead: see `face.background`. Raises `PictureError`, and `InputError`
        for a background that is none.
        """
        behind = None if background is None else read_background(background, self._config.pictures)
        if is_zip(picture):
            return self._sprites(picture, background, behind)
        rgb, alpha = codec.decode(picture, self._config.pictures)
        kept = None
        if portrait:
            rgb, alpha = self._face.portrait(rgb, alpha), None
            kept = picture = codec.encode(rgb, None, "png")
        stood = None
        if behind is not None:
            stood = partial(set_behind, behind=behind, matting=lambda *of: self.matter.matte(*of))
        face = self._face.register(rgb, alpha, stood)
        key = _key(self._face_model, picture, background)
        source = "found" if face.found else "centred"
        channels = self.info.face_channels
        faces = 1 if portrait else face.faces
        return RegisteredFace(key, face.width, face.height, source, face, kept, faces, channels)

    def _sprites(
        self, data: bytes, background: Background | None, behind: Behind | None
    ) -> RegisteredFace:
        """Drawn characters are cut out already; a colour or picture is set behind them."""
        sprites = read_sprites(data, self.emotions, self._config.pictures)
        if behind is not None and not behind.transparent:
            sprites = sprites.before(behind.sized(sprites.width, sprites.height))
        key = _key(repr(self.emotions.names).encode(), data, background)
        return RegisteredFace(
            key, sprites.width, sprites.height, "found", sprites, channels=sprites.channels
        )

    def builtin(self, name: str, *, background: Background | None = None) -> RegisteredFace:
        """A built-in face, encoded once unless it gets a `background`.

        Raises `InputError` with code `unknown_builtin`.
        """
        known = {item.id: item for item in self.builtins}
        if name not in known:
            raise InputError(
                f"there is no built-in face {name!r}; choose one of: {', '.join(known)}",
                code="unknown_builtin",
            )
        if background is None and name in self._faces:
            return self._faces[name]
        found = self.register(known[name].path.read_bytes(), background=background)
        made = replace(found, source="builtin", faces=1)
        if background is None:
            self._faces[name] = made
        return made

    def render(self, jobs: Sequence[RenderJob]) -> list[Picture | EngineError]:
        """Render and encode `jobs` as one batch.

        Each distinct (face, expression) goes through the decoder once, whatever its formats.
        """
        wanted = {
            (job.face, job.expression): (job.face.face, self._weights(job.expression))
            for job in jobs
            if isinstance(job.face.face, Face)
        }
        maps = dict(zip(wanted, self._face.render(list(wanted.values())), strict=True))
        return [_picture(job, maps.get((job.face, job.expression))) for job in jobs]

    def _weights(
        self, expression: tuple[float, ...]
    ) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        row = np.zeros(len(self._face.channels), np.float32)
        columns = self._columns[: len(expression)]
        for weight, column in zip(expression, columns, strict=True):
            if column is not None:
                row[column] = min(1.0, row[column] + weight)
        return row


def _picture(job: RenderJob, maps: Maps | None) -> Picture | EngineError:
    """Drawn characters need no maps."""
    face = job.face.face
    try:
        if isinstance(face, Sprites):
            shot = face.view(job.size).shot(face.shares(job.expression))
            mark = Mark(job.mark, MIXED)
            return encode_frame(shot, None, job.format, job.quality, patch=job.patch, mark=mark)
        assert maps is not None
        view, mark = face.view(job.size), Mark(job.mark)
        return encode_frame(view, maps, job.format, job.quality, patch=job.patch, mark=mark)
    except EngineError as error:
        return error


def _key(model: bytes, picture: bytes, background: Background | None) -> str:
    """All that the pixels of a face depend on, as a hash."""
    digest = hashlib.sha256(model + picture)
    if background is not None:
        spec = background if isinstance(background, bytes) else background.lower().encode()
        digest.update(hashlib.sha256(_fingerprint(MODELS / "matte") + spec).digest())
    return digest.hexdigest()[:32]


def _fingerprint(*folders: Path) -> bytes:
    """Hash of the weights and settings in model directories."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.iterdir()):
        if path.suffix in (".json", ".safetensors"):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def _builtins() -> tuple[BuiltinFace, ...]:
    """The rendered faces, then the drawn ones."""
    folder = MODELS / "characters"
    texts = [(folder / name).read_text(encoding="utf-8") for name in BUILTIN_LISTS]
    return tuple(
        BuiltinFace(
            item["id"], item["name"], item["ko"], folder / item["file"], item.get("kind", "picture")
        )
        for text in texts
        for item in json.loads(text)
    )
