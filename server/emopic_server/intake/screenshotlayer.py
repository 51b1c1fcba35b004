"""Pages captured by screenshotlayer (https://docs.apilayer.com/screenshotlayer), for servers
without a browser.

A capture answers 302 with the picture's address, or the picture itself; errors are JSON:
`{"success": false, "error": {"code": 101, "type": "invalid_access_key", "info": "…"}}`.
"""

from __future__ import annotations

from typing import Final

import httpx2
import msgspec

from emopic_server.errors import Refusal
from emopic_server.intake.addresses import read
from emopic_server.intake.dial import Dialler
from emopic_server.intake.fetch import PICTURES, REDIRECTS, Fetcher
from emopic_server.intake.service import Secret, Service

URL: Final = "https://api.apilayer.net/screenshotlayer/capture"
VIEWPORT: Final = "1280x960"
# What the page is to blame for; everything else is between the operator and the service.
_PAGE_ERRORS: Final = frozenset({"invalid_url", "missing_url", "404_not_found"})


class _Error(msgspec.Struct):
    type: str = "unknown"


class _Answer(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


class Screenshotlayer:
    """A `Photographer`. The address is checked here too, so that no internal name leaves."""

    def __init__(
        self, key: Secret, dialler: Dialler, fetcher: Fetcher, service: Service, url: str = URL
    ) -> None:
        self._key = key
        self._dialler = dialler
        self._fetcher = fetcher
        self._service = service
        self._url = url

    async def capture(self, address: str) -> bytes:
        """See `Photographer`."""
        where = read(address)
        await self._dialler.locate(where)
        query = {
            "access_key": self._key.reveal(),
            "url": where.url,
            "viewport": VIEWPORT,
            "format": "PNG",
        }
        response = await self._service.call("GET", self._url, params=query)
        if response.status_code in REDIRECTS and "Location" in response.headers:
            return await self._download(response.headers["Location"])
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.status_code == 200 and kind in PICTURES:
            return response.content
        raise self._refusal(response)

    async def _download(self, location: str) -> bytes:
        fetched = await self._fetcher.fetch(location)
        if fetched.page:
            raise self._service.failed("answers with a page instead of a picture")
        return fetched.data

    def _refusal(self, response: httpx2.Response) -> Refusal:
        try:
            kind = msgspec.json.decode(response.content, type=_Answer).error.type[:64]
        except msgspec.MsgspecError:
            return self._service.failed(f"answers {response.status_code}")
        if kind in _PAGE_ERRORS:
            return Refusal("fetch_failed", f"{self._service.name} cannot capture it: {kind}")
        return self._service.failed(f"refuses: {kind}")
