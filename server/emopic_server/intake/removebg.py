"""People cut out by remove.bg (https://www.remove.bg/api, version 1.0), instead of by the engine.

A picture goes out as it was sent, after our own limits; nothing else does. The answer is a PNG with
alpha. Errors are JSON: `{"errors": [{"title": "…", "code": "unknown_foreground"}]}`; 402 means
no credits, 403 a wrong key, and 429 (with `Retry-After`) that too much is asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import httpx2
import msgspec

from emopic_engine.errors import PictureError
from emopic_engine.face.codec import PictureLimits, decode, encode
from emopic_engine.face.sprite_files import is_zip
from emopic_server.errors import Refusal
from emopic_server.intake.service import Secret, Service

URL: Final = "https://api.remove.bg/v1.0/removebg"
QUALITY: Final = 92  # of the WebP that an answer becomes which is larger than a face may be
# What the picture is to blame for; everything else is between the operator and the service.
_PICTURE_ERRORS: Final = frozenset({"unknown_foreground", "foreground_not_found"})


class _Error(msgspec.Struct):
    title: str = ""
    code: str = "unknown"


class _Answer(msgspec.Struct):
    errors: list[_Error] = []


class RemoveBg:
    """A `Cutter`."""

    def __init__(
        self,
        key: Secret,
        service: Service,
        *,
        limits: PictureLimits | None = None,
        url: str = URL,
    ) -> None:
        self._key = key
        self._service = service
        self._limits = limits or PictureLimits()
        self._url = url

    async def cut(self, picture: bytes) -> bytes:
        """See `Cutter`. A picture with alpha, or a set of sprites, is cut out already."""
        if is_zip(picture) or self._is_cut(picture):
            return picture
        response = await self._service.call(
            "POST",
            self._url,
            headers={"X-Api-Key": self._key.reveal()},
            files={"image_file": ("face", picture)},
            data={"size": "auto", "type": "person", "format": "png"},
        )
        if response.status_code != 200:
            raise self._refusal(response)
        return self._checked(response.content)

    def _is_cut(self, picture: bytes) -> bool:
        try:
            _, alpha = decode(picture, self._limits)
        except PictureError as error:
            raise Refusal(error.code, error.message) from error
        return alpha is not None and int(alpha.min()) < 255

    def _checked(self, answer: bytes) -> bytes:
        """The answer, as small as a face has to be."""
        wide = replace(self._limits, max_bytes=max(len(answer), self._limits.max_bytes))
        try:
            rgb, alpha = decode(answer, wide)
        except PictureError as error:
            raise self._service.failed("answers with something that is no picture") from error
        if alpha is None:
            raise self._service.failed("answers with a picture that has no alpha")
        if len(answer) <= self._limits.max_bytes:
            return answer
        return encode(rgb, alpha, "webp", QUALITY)

    def _refusal(self, response: httpx2.Response) -> Refusal:
        try:
            errors = msgspec.json.decode(response.content, type=_Answer).errors
        except msgspec.MsgspecError:
            errors = []
        error = errors[0] if errors else _Error()
        code, title = error.code[:40], error.title[:120]
        if code in _PICTURE_ERRORS:
            return Refusal("no_face", f"{self._service.name} finds nobody in the picture")
        return self._service.failed(f"refuses with {response.status_code}, code {code}: {title}")
