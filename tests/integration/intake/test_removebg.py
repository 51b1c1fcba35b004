"""The remove.bg adapter against a fake that answers as its documentation says."""

from __future__ import annotations

import email
import email.policy
import io
import json
import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from tests.integration.intake.web import Asked, Reply, Web, web

from emopic_engine.face.codec import PictureLimits, decode
from emopic_server.errors import Refusal
from emopic_server.intake.removebg import RemoveBg
from emopic_server.intake.service import Secret, Service, ServicePolicy

KEY = "k3y-of-the-account"
ERRORS = {  # code → status and title, as documented
    "missing_source": (400, "No image given"),
    "unknown_foreground": (400, "Could not identify foreground in image."),
    "insufficient_credits": (402, "Insufficient credits"),
    "auth_failed": (403, "Authorization failed"),
    "rate_limit_exceeded": (429, "Rate limit exceeded"),
}


def error(code: str, **headers: str) -> Reply:
    status, title = ERRORS[code]
    body = json.dumps({"errors": [{"title": title, "code": code}]}).encode()
    return Reply(status, "application/json", body, headers)


def form(asked: Asked) -> dict[str, bytes]:
    """The parts of a multipart form."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + asked.body, policy=email.policy.HTTP)
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(part.get_param("name", header="content-disposition"))] = content
    return found


class RemoveBgFake:
    """The service. `instead` is answered to good requests, in turn, before the cut picture."""

    def __init__(self, *instead: Reply) -> None:
        self.instead = list(instead)

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("x-api-key") != KEY:
            return error("auth_failed")
        parts = form(asked)
        if asked.method != "POST" or asked.path != "/v1.0/removebg" or "image_file" not in parts:
            return error("missing_source")
        assert (parts["size"], parts["format"], parts["type"]) == (b"auto", b"png", b"person")
        if self.instead:
            return self.instead.pop(0)
        cut = Image.open(io.BytesIO(parts["image_file"])).convert("RGBA")
        alpha = Image.new("L", cut.size, 0)
        alpha.paste(255, (8, 8, cut.width - 8, cut.height))
        cut.putalpha(alpha)
        return Reply(200, "image/png", saved(cut), {"X-Credits-Charged": "1", "X-Type": "person"})


def saved(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


async def no_sleep(_: float) -> None:
    return


@contextmanager
def removebg(
    service: RemoveBgFake,
    key: str = KEY,
    limits: PictureLimits | None = None,
    policy: ServicePolicy | None = None,
) -> Iterator[tuple[RemoveBg, Web]]:
    with web(service) as server:
        calls = Service("remove.bg", policy or ServicePolicy(), sleep=no_sleep)
        url = f"http://{server.netloc}/v1.0/removebg"
        yield RemoveBg(Secret(key), calls, limits=limits, url=url), server


def picture(kind: str = "PNG", side: int = 40) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return saved(Image.fromarray(noise), kind)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_comes_back_with_alpha(kind: str) -> None:
    with removebg(RemoveBgFake()) as (cutter, server):
        _, alpha = decode(await cutter.cut(picture(kind)))
    assert alpha is not None
    assert (alpha[0, 0], alpha[20, 20]) == (0, 255)
    assert len(server.asked) == 1


async def test_what_is_cut_out_already_never_leaves() -> None:
    drawn = io.BytesIO()
    with zipfile.ZipFile(drawn, "w") as archive:
        archive.writestr("neutral.png", picture())
    clear = Image.new("RGBA", (40, 40), (10, 20, 30, 0))
    with removebg(RemoveBgFake()) as (cutter, server):
        assert await cutter.cut(saved(clear)) == saved(clear)
        assert await cutter.cut(drawn.getvalue()) == drawn.getvalue()
    assert server.asked == []


async def test_an_answer_larger_than_a_face_may_be_is_made_smaller() -> None:
    limits = PictureLimits(max_bytes=40_000)
    with removebg(RemoveBgFake(), limits=limits) as (cutter, _):
        cut = await cutter.cut(picture("JPEG", side=160))
    _, alpha = decode(cut, limits)
    assert alpha is not None
    assert (alpha[0, 0], alpha[80, 80]) == (0, 255)


async def test_a_busy_service_is_asked_again() -> None:
    busy = error("rate_limit_exceeded", **{"Retry-After": "1"})
    with removebg(RemoveBgFake(busy, Reply(503))) as (cutter, server):
        await cutter.cut(picture())
    assert len(server.asked) == 3


async def test_a_service_that_stays_away_is_said() -> None:
    with (
        removebg(RemoveBgFake(*[Reply(503)] * 3)) as (cutter, _),
        pytest.raises(Refusal) as caught,
    ):
        await cutter.cut(picture())
    assert caught.value.code == "service_failed"
    assert caught.value.retry_ms is not None


async def test_the_quota_of_a_day_is_kept() -> None:
    with removebg(RemoveBgFake(), policy=ServicePolicy(daily=1)) as (cutter, server):
        await cutter.cut(picture())
        with pytest.raises(Refusal, match="1 times today"):
            await cutter.cut(picture())
    assert len(server.asked) == 1


async def test_nobody_in_the_picture() -> None:
    fake = RemoveBgFake(error("unknown_foreground"))
    with removebg(fake) as (cutter, _), pytest.raises(Refusal) as caught:
        await cutter.cut(picture())
    assert caught.value.code == "no_face"


async def test_no_credits_left_is_said_at_once() -> None:
    fake = RemoveBgFake(error("insufficient_credits"))
    with removebg(fake) as (cutter, server), pytest.raises(Refusal) as caught:
        await cutter.cut(picture())
    assert caught.value.code == "service_failed"
    assert "insufficient_credits" in caught.value.message
    assert len(server.asked) == 1


async def test_a_wrong_key_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with removebg(RemoveBgFake(), key="wr0ng-key") as (cutter, _), pytest.raises(Refusal) as caught:
        await cutter.cut(picture())
    assert "auth_failed" in caught.value.message
    assert "wr0ng" not in caught.value.message + caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200, "image/png", b"no picture"),
        Reply(200, "image/png", saved(Image.new("RGB", (40, 40)))),
        Reply(400, "text/html", b"<h1>Bad Request</h1>"),
    ],
)
async def test_answers_that_are_not_documented(answer: Reply) -> None:
    with removebg(RemoveBgFake(answer)) as (cutter, _), pytest.raises(Refusal) as caught:
        await cutter.cut(picture())
    assert caught.value.code == "service_failed"


async def test_what_is_no_picture_is_refused_here() -> None:
    with removebg(RemoveBgFake()) as (cutter, server), pytest.raises(Refusal) as caught:
        await cutter.cut(b"not a picture at all")
    assert caught.value.code == "picture_format"
    assert server.asked == []
