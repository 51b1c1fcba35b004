"""Fetching one web address for a client, with everything about it bounded.

Redirects are followed here, one by one, and each target goes through the same checks as the first
address. Proxies and credentials of the environment are not used, cookies are not kept, and
compressed answers are not asked for, so a small answer cannot grow.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx2

from emopic_server import __version__
from emopic_server.errors import Refusal
from emopic_server.intake.addresses import Address, read
from emopic_server.intake.dial import Dialler

REDIRECTS: Final = (301, 302, 303, 307, 308)
PICTURES: Final = ("image/jpeg", "image/png", "image/webp")
PAGES: Final = ("text/html", "application/xhtml+xml")
_HEADERS: Final = {
    "User-Agent": f"emopic/{__version__}",
    "Accept": ", ".join((*PICTURES, f"{PAGES[0]};q=0.5")),
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True)
class FetchLimits:
    """Bounds of one fetch, redirects included."""

    bytes: int = 4 * 1024 * 1024
    seconds: float = 10.0
    redirects: int = 5


@dataclass(frozen=True)
class Fetched:
    """What stood at an address: a picture's bytes, or a page, whose bytes are not read."""

    address: Address
    kind: str
    data: bytes

    @property
    def page(self) -> bool:
        """Whether it is a page to be captured."""
        return self.kind in PAGES


class Fetcher:
    """Fetches pictures. `fetch` may run several times at once."""

    def __init__(self, dialler: Dialler, limits: FetchLimits | None = None) -> None:
        quiet()
        self._dialler = dialler
        self._limits = limits or FetchLimits()
        self._tls = httpx2.create_ssl_context(trust_env=False)

    async def fetch(self, text: str) -> Fetched:
        """What stands at an address. Raises `Refusal`: `address_refused` or `fetch_failed`."""
        address = read(text)
        try:
            async with asyncio.timeout(self._limits.seconds):
                for _ in range(self._limits.redirects + 1):
                    found = await self._visit(address)
                    if isinstance(found, Fetched):
                        return found
                    address = found
        except TimeoutError as error:
            limit = self._limits.seconds
            raise _failed(address, f"takes longer than {limit:g} s") from error
        raise _failed(address, f"comes after more than {self._limits.redirects} redirects")

    async def _visit(self, address: Address) -> Fetched | Address:
        """What stands there, or where it says to go."""
        ip = await self._dialler.locate(address)
        host = f"[{ip}]" if ip.version == 6 else str(ip)
        url = f"{address.scheme}://{host}:{address.port}{address.path}"
        headers = {**_HEADERS, "Host": address.netloc}
        # The certificate is checked against the name, the connection goes to the number.
        names = {"sni_hostname": address.host}
        transport = httpx2.AsyncHTTPTransport(verify=self._tls, trust_env=False)
        try:
            async with (
                httpx2.AsyncClient(transport=transport, trust_env=False) as client,
                client.stream("GET", url, headers=headers, extensions=names) as response,
            ):
                return await self._answer(address, response)
        except httpx2.HTTPError as error:
            raise _failed(address, f"cannot be fetched ({type(error).__name__})") from error

    async def _answer(self, address: Address, response: httpx2.Response) -> Fetched | Address:
        if response.status_code in REDIRECTS and "Location" in response.headers:
            return read(response.headers["Location"], address)
        if response.status_code != 200:
            raise _failed(address, f"answers {response.status_code}")
        kind = self._kind(address, response.headers)
        if kind in PAGES:
            return Fetched(address, kind, b"")
        return Fetched(address, kind, await self._body(address, response))

    def _kind(self, address: Address, headers: Mapping[str, str]) -> str:
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in (*PICTURES, *PAGES):
            raise _failed(address, f"is {kind or 'of no type'}, not a JPEG, PNG or WebP picture")
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            raise _failed(address, "comes compressed, which was not asked for")
        return kind

    async def _body(self, address: Address, response: httpx2.Response) -> bytes:
        data = bytearray()
        async for part in response.aiter_raw():
            data += part
            if len(data) > self._limits.bytes:
                raise _failed(address, f"has more than {self._limits.bytes} bytes")
        return bytes(data)


def quiet() -> None:
    """Keep addresses and headers, and the keys in them, out of the log at every level."""
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _failed(address: Address, what: str) -> Refusal:
    return Refusal("fetch_failed", f"{address.netloc} {what}")
