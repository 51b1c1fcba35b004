"""From configuration to services. What is misconfigured fails here, when the server starts; a
local program that is merely not installed does not, and says how to get it when it is asked for.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from emopic_engine.face.codec import PictureLimits
from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.config import CaptureConfig, CutoutConfig, OcrConfig
from emopic_server.intake.ocr import Reading, Recogniser, Tesseract

if TYPE_CHECKING:  # the HTTP client takes its time to import, and most servers need none
    from emopic_server.intake.capture import FaceFinder, Found, Photographer
    from emopic_server.intake.dial import Dialler
    from emopic_server.intake.fetch import Fetcher
    from emopic_server.intake.removebg import RemoveBg
    from emopic_server.intake.service import Secret, Service

CAPTURE_KEY = "EMOPIC_CAPTURE_KEY"
OCR_KEY = "EMOPIC_OCR_KEY"
CUTOUT_KEY = "EMOPIC_CUTOUT_KEY"


class Unavailable:
    """Stands where a service is off or not installed, and says so to who asks."""

    def __init__(self, message: str) -> None:
        self._message = message

    async def find(self, _address: str) -> Found:
        """Raises `Refusal` (`unavailable`)."""
        raise Refusal("unavailable", self._message)

    async def read(self, _picture: bytes) -> Reading:
        """Raises `Refusal` (`unavailable`)."""
        raise Refusal("unavailable", self._message)


def load_finder(config: CaptureConfig, max_bytes: int) -> FaceFinder | Unavailable:
    """Who gets faces from web addresses of at most `max_bytes`. Raises `ConfigError`."""
    if config.service == "off":
        return Unavailable(
            "faces from web addresses are off here; the server's owner can set capture.service"
        )
    from emopic_server.intake.addresses import Policy
    from emopic_server.intake.capture import FaceFinder
    from emopic_server.intake.dial import Dialler
    from emopic_server.intake.fetch import Fetcher, FetchLimits

    dialler = Dialler(Policy(also=config.parsed_networks()))
    fetcher = Fetcher(dialler, FetchLimits(bytes=max_bytes))
    return FaceFinder(fetcher, _photographer(config, dialler, fetcher))


def load_recogniser(config: OcrConfig, limits: PictureLimits) -> Recogniser:
    """Who reads writing. Raises `ConfigError` for what is misconfigured."""
    if config.service == "off":
        return Unavailable("reading pictures is off here; the server's owner can set ocr.service")
    if config.service == "clova":
        if config.url is None:
            raise ConfigError("ocr.url", None, "the invoke URL of a CLOVA OCR domain")
        from emopic_server.intake.clova import ClovaOcr

        key = _key("ocr", config.key, OCR_KEY)
        return ClovaOcr(config.url, key, _service("CLOVA OCR", config.daily), limits=limits)
    try:
        return Tesseract(models=config.models, limits=limits)
    except ConfigError as error:
        return Unavailable(error.message)


def load_cutter(config: CutoutConfig, limits: PictureLimits) -> RemoveBg | None:
    """Who cuts people out instead of the engine; None: nobody. Raises `ConfigError`."""
    if config.service == "engine":
        return None
    from emopic_server.intake.removebg import RemoveBg

    key = _key("cutout", config.key, CUTOUT_KEY)
    return RemoveBg(key, _service("remove.bg", config.daily), limits=limits)


def _photographer(config: CaptureConfig, dialler: Dialler, fetcher: Fetcher) -> Photographer | None:
    if config.service == "chromium":
        from emopic_server.intake.capture import ChromiumPhotographer

        return ChromiumPhotographer(dialler, browser=config.browser, sandbox=config.sandbox)
    if config.service == "screenshotlayer":
        from emopic_server.intake.screenshotlayer import Screenshotlayer

        key = _key("capture", config.key, CAPTURE_KEY)
        return Screenshotlayer(key, dialler, fetcher, _service("screenshotlayer", config.daily))
    return None


def _key(table: str, key: str | None, variable: str) -> Secret:
    from emopic_server.intake.service import key_for

    return key_for(table, os.environ.get(variable) or key, variable)


def _service(name: str, daily: int) -> Service:
    from emopic_server.intake.service import Service, ServicePolicy

    return Service(name, ServicePolicy(daily=daily))
