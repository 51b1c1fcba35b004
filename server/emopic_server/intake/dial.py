"""Connections to checked addresses only: a name is resolved once, every answer is checked, and
the address that was checked is the one that is dialled. So a name that changes its mind between
the check and the connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from emopic_server.errors import Refusal
from emopic_server.intake.addresses import Address, Ip, Policy

Resolver: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""A host name → the texts of its addresses; raises `OSError` when there are none."""

RESOLVE_S: Final = 5.0
CONNECT_S: Final = 5.0


async def system_resolver(host: str) -> Sequence[str]:
    """Ask the operating system."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Dialler:
    """Resolves, checks and dials. Safe to share between tasks."""

    policy: Policy = field(default_factory=Policy)
    resolve: Resolver = system_resolver

    async def locate(self, address: Address) -> Ip:
        """The IP address to dial. One bad answer among good ones refuses them all.

        Raises `Refusal`: `address_refused`, or `fetch_failed` for a name without an address.
        """
        literal = address.literal
        answers = [literal] if literal is not None else await self._ask(address.host)
        for ip in answers:
            self.policy.check(ip, address.port, address.host)
        # IPv4 first: a host without a way to the IPv6 Internet is more common than the reverse.
        return min(answers, key=lambda ip: ip.version)

    async def connect(self, address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A plain TCP connection to a checked address. Raises `Refusal`."""
        ip = await self.locate(address)
        try:
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.open_connection(str(ip), address.port)
        except OSError as error:  # a TimeoutError is one too
            raise Refusal("fetch_failed", f"{address.netloc} does not answer") from error

    async def _ask(self, host: str) -> list[Ip]:
        try:
            async with asyncio.timeout(RESOLVE_S):
                answers = await self.resolve(host)
            found = [ipaddress.ip_address(answer) for answer in answers]
        except (OSError, ValueError) as error:
            raise Refusal("fetch_failed", f"the name {host} has no address") from error
        if not found:
            raise Refusal("fetch_failed", f"the name {host} has no address")
        return found
