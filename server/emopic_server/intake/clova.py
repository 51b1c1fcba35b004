"""Writing read by NAVER CLOVA OCR (General, V2; https://api.ncloud-docs.com/docs/ai-application-service-ocr).

The invoke URL and the secret are those of the operator's own domain in the CLOVA OCR builder.
The picture goes out as it was sent, after our own limits; nothing else does.
"""

from __future__ import annotations

import base64
import time
import uuid
from typing import Final, Literal

import httpx2
import msgspec

from emopic_engine.errors import PictureError
from emopic_engine.face.codec import PictureLimits, decode, encode
from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.ocr import Reading
from emopic_server.intake.service import Secret, Service

_FORMATS: Final = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png"}


class _Field(msgspec.Struct, rename="camel"):
    """A word; `line_break` says that it ends its line."""

    infer_text: str
    infer_confidence: float = 0.0
    line_break: bool = False


class _Image(msgspec.Struct, rename="camel"):
    infer_result: Literal["SUCCESS", "FAILURE", "ERROR"]
    message: str = ""
    fields: list[_Field] = []


class _Answer(msgspec.Struct):
    images: list[_Image]


class _Error(msgspec.Struct):
    code: str = "unknown"
    message: str = ""


class ClovaOcr:
    """A `Recogniser`. Raises `ConfigError` for an invoke URL that is not https.

    `plain` lets it be http, for tests against a fake.
    """

    def __init__(
        self,
        url: str,
        secret: Secret,
        service: Service,
        *,
        limits: PictureLimits | None = None,
        plain: bool = False,
    ) -> None:
        if not url.startswith("https://") and not plain:
            raise ConfigError("ocr.url", url, "the https invoke URL of a CLOVA OCR domain")
        self._url = url if url.endswith("/general") else url.rstrip("/") + "/general"
        self._secret = secret
        self._service = service
        self._limits = limits or PictureLimits()

    async def read(self, picture: bytes) -> Reading:
        """See `Recogniser`."""
        kind, data = _readable(picture, self._limits)
        body = {
            "version": "V2",
            "requestId": str(uuid.uuid4()),
            "timestamp": int(time.time() * 1000),
            "lang": "ko",
            "images": [{"format": kind, "name": "line", "data": base64.b64encode(data).decode()}],
            "enableTableDetection": False,
        }
        headers = {"X-OCR-SECRET": self._secret.reveal()}
        response = await self._service.call("POST", self._url, json=body, headers=headers)
        if response.status_code != 200:
            raise self._refusal(response)
        return self._reading(response)

    def _reading(self, response: httpx2.Response) -> Reading:
        try:
            answer = msgspec.json.decode(response.content, type=_Answer)
        except msgspec.MsgspecError as error:
            raise self._service.failed("answers in a form that is not documented") from error
        if not answer.images or answer.images[0].infer_result != "SUCCESS":
            raise self._service.failed("could not read the picture", retry_ms=1000)
        fields = answer.images[0].fields
        letters = sum(len(field.infer_text) for field in fields)
        if letters == 0:
            raise Refusal("no_text", "no writing was found in the picture")
        sure = sum(len(field.infer_text) * field.infer_confidence for field in fields) / letters
        text = " ".join(" ".join(field.infer_text for field in fields).split())
        return Reading(text, round(min(1.0, max(0.0, sure)), 3))

    def _refusal(self, response: httpx2.Response) -> Refusal:
        try:
            error = msgspec.json.decode(response.content, type=_Error)
        except msgspec.MsgspecError:
            error = _Error()
        return self._service.failed(
            f"refuses with {response.status_code}, code {error.code[:16]}: {error.message[:120]}"
        )


def _readable(picture: bytes, limits: PictureLimits) -> tuple[str, bytes]:
    """The picture in a format the service takes; it knows JPEG and PNG, not WebP."""
    try:
        rgb, alpha = decode(picture, limits)
    except PictureError as error:
        raise Refusal(error.code, error.message) from error
    for magic, kind in _FORMATS.items():
        if picture.startswith(magic):
            return kind, picture
    return "png", encode(rgb, alpha, "png")
