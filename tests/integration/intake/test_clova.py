"""The CLOVA OCR adapter against a fake that answers as NAVER's documentation says."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image
from tests.integration.intake.web import Asked, Reply, Web, web

from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.clova import ClovaOcr
from emopic_server.intake.ocr import Reading
from emopic_server.intake.service import Secret, Service, ServicePolicy

SECRET = "c2VjcmV0LW9mLXRoZS1kb21haW4="
ERRORS = {  # code → status and message, as documented
    "0001": (400, "URL is invalid."),
    "0002": (401, "Secret key validate failed."),
    "0011": (400, "Request body invalid."),
    "0021": (400, "Protocol version not support."),
    "0023": (400, "API request count reach the upper limit."),
    "0025": (429, "Calls to this api have exceeded the rate limit."),
}
WORDS = [("오늘", 0.9998, False), ("정말", 0.75, True), ("좋아요", 0.5, True)]


def field(text: str, confidence: float, ends: bool) -> dict[str, Any]:
    corners = [{"x": x, "y": y} for x, y in ((1.0, 1.0), (9.0, 1.0), (9.0, 5.0), (1.0, 5.0))]
    return {
        "valueType": "ALL",
        "boundingPoly": {"vertices": corners},
        "inferText": text,
        "inferConfidence": confidence,
        "type": "NORMAL",
        "lineBreak": ends,
    }


def success(body: dict[str, Any], words: list[tuple[str, float, bool]]) -> Reply:
    image = {
        "uid": "0123456789abcdef0123456789abcdef",
        "name": body["images"][0]["name"],
        "inferResult": "SUCCESS",
        "message": "SUCCESS",
        "validationResult": {"result": "NO_REQUESTED"},
        "convertedImageInfo": {"width": 40, "height": 40, "pageIndex": 0, "longImage": False},
        "fields": [field(*word) for word in words],
    }
    answer = {k: body[k] for k in ("version", "requestId", "timestamp")} | {"images": [image]}
    return Reply(200, "application/json", json.dumps(answer).encode())


def error(code: str) -> Reply:
    status, message = ERRORS[code]
    body = {"code": code, "message": message, "path": "/general", "traceId": "t", "timestamp": 1}
    return Reply(status, "application/json", json.dumps(body).encode())


class Clova:
    """The service. `instead` is answered to good requests, in turn, before the reading."""

    def __init__(self, *instead: Reply, words: list[tuple[str, float, bool]] | None = None) -> None:
        self.instead = list(instead)
        self.words = WORDS if words is None else words

    def __call__(self, asked: Asked) -> Reply:
        if asked.method != "POST" or asked.path != "/custom/v1/7/abc/general":
            return error("0001")
        if asked.headers.get("x-ocr-secret") != SECRET:
            return error("0002")
        body = json.loads(asked.body)
        if body.get("version") != "V2":
            return error("0021")
        images = body.get("images")
        if not (body.get("requestId") and isinstance(body.get("timestamp"), int) and images):
            return error("0011")
        data = base64.b64decode(images[0]["data"], validate=True)
        kind = Image.open(io.BytesIO(data)).format
        if {"JPEG": "jpg", "PNG": "png"}.get(kind or "") != images[0]["format"]:
            return error("0011")
        return self.instead.pop(0) if self.instead else success(body, self.words)


async def no_sleep(_: float) -> None:
    return


@contextmanager
def clova(service: Clova, secret: str = SECRET) -> Iterator[tuple[ClovaOcr, Web]]:
    with web(service) as server:
        url = f"http://{server.netloc}/custom/v1/7/abc"
        calls = Service("CLOVA OCR", ServicePolicy(), sleep=no_sleep)
        yield ClovaOcr(url, Secret(secret), calls, plain=True), server


def picture(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_read(kind: str) -> None:
    with clova(Clova()) as (reader, _):
        reading = await reader.read(picture(kind))
    sure = (2 * 0.9998 + 2 * 0.75 + 3 * 0.5) / 7
    assert reading == Reading("오늘 정말 좋아요", round(sure, 3))


async def test_a_busy_service_is_asked_again() -> None:
    with clova(Clova(error("0025"), Reply(503))) as (reader, server):
        assert (await reader.read(picture())).text == "오늘 정말 좋아요"
    assert len(server.asked) == 3


@pytest.mark.parametrize("code", ["0011", "0023"])
async def test_other_errors_are_said_with_their_code(code: str) -> None:
    with clova(Clova(error(code))) as (reader, server), pytest.raises(Refusal) as caught:
        await reader.read(picture())
    assert caught.value.code == "service_failed"
    assert code in caught.value.message
    assert len(server.asked) == 1


async def test_a_wrong_secret_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with clova(Clova(), secret="wr0ng-secret") as (reader, _), pytest.raises(Refusal) as caught:
        await reader.read(picture())
    assert "0002" in caught.value.message
    assert "wr0ng" not in caught.value.message + caplog.text


async def test_a_picture_without_writing() -> None:
    with clova(Clova(words=[])) as (reader, _), pytest.raises(Refusal) as caught:
        await reader.read(picture())
    assert caught.value.code == "no_text"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"images": [{"inferResult": "ERROR"}]}', b"[1"])
async def test_an_answer_that_is_none(body: bytes) -> None:
    service = Clova(Reply(200, "application/json", body))
    with clova(service) as (reader, _), pytest.raises(Refusal) as caught:
        await reader.read(picture())
    assert caught.value.code == "service_failed"


async def test_what_is_no_picture_is_not_sent() -> None:
    with clova(Clova()) as (reader, server), pytest.raises(Refusal) as caught:
        await reader.read(b"GIF89a")
    assert caught.value.code == "picture_format"
    assert server.asked == []


def test_only_https_in_earnest() -> None:
    with pytest.raises(ConfigError, match="https"):
        ClovaOcr("http://example.org/custom/v1/7/abc", Secret("x"), Service("CLOVA OCR"))
