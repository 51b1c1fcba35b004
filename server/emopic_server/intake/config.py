"""How the services of the intake are configured. Keys come from the file or the environment
(`EMOPIC_CAPTURE_KEY`, `EMOPIC_OCR_KEY`, `EMOPIC_CUTOUT_KEY`) and are never shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from emopic_server.errors import ConfigError
from emopic_server.intake.addresses import Network

CAPTURES: Final = ("off", "pictures", "chromium", "screenshotlayer")
CUTTERS: Final = ("engine", "removebg")
READERS: Final = ("off", "tesseract", "clova")


@dataclass(frozen=True)
class CaptureConfig:
    """Faces from web addresses. `service`: `off`; `pictures`, but no pages; or who captures pages.

    `networks` may be visited although they are not public (the operator's own picture server).
    `sandbox` false lets Chromium run as root, without its sandbox. `daily` bounds what a named
    service is asked.
    """

    service: str = "off"
    networks: tuple[str, ...] = ()
    browser: Path | None = None
    sandbox: bool = True
    key: str | None = field(default=None, repr=False)
    daily: int = 1000

    def __post_init__(self) -> None:
        _check("capture", self.service, CAPTURES, self.daily)
        self.parsed_networks()

    def parsed_networks(self) -> tuple[Network, ...]:
        """`networks` as networks. Raises `ConfigError`."""
        try:
            return tuple(ip_network(text) for text in self.networks)
        except ValueError as error:
            expected = "networks like 10.20.0.0/24"
            raise ConfigError("capture.networks", self.networks, expected) from error


@dataclass(frozen=True)
class OcrConfig:
    """Reading writing. `service`: `tesseract` (on this machine), `clova` or `off`.

    `url` is the invoke URL of a CLOVA OCR domain, `key` its secret. `models` is a folder with a
    `kor.traineddata` for Tesseract instead of the installed one.
    """

    service: str = "tesseract"
    url: str | None = None
    key: str | None = field(default=None, repr=False)
    models: Path | None = None
    daily: int = 1000

    def __post_init__(self) -> None:
        _check("ocr", self.service, READERS, self.daily)


@dataclass(frozen=True)
class CutoutConfig:
    """Cutting people out. `service`: the `engine`'s own network, or `removebg`, whose `key` this
    then is. A day's pictures are bounded, since each costs money.
    """

    service: str = "engine"
    key: str | None = field(default=None, repr=False)
    daily: int = 200

    def __post_init__(self) -> None:
        _check("cutout", self.service, CUTTERS, self.daily)


def _check(table: str, service: str, known: tuple[str, ...], daily: int) -> None:
    if service not in known:
        raise ConfigError(f"{table}.service", service, f"one of {', '.join(known)}")
    if daily < 1:
        raise ConfigError(f"{table}.daily", daily, "at least 1")
