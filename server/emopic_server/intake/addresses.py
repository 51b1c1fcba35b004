"""Which web addresses the server may visit for a client. Pure: text and numbers in, verdicts out.

An address is read strictly and once, and every later step works on the parts it was read into, so
no second parser can understand it differently. What a browser would repair (backslashes, spaces,
missing slashes, `0x7f.1`, `2130706433`) is refused instead. Source of the forms: the WHATWG URL
standard and the IANA special-purpose address registries.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, TypeAlias

import idna

from emopic_server.errors import Refusal

Ip: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_CHARS: Final = 2048
_PORTS: Final = {"http": 80, "https": 443}
_SHAPE: Final = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[^/?#@\[\]:]+)(?::(\d{1,5}))?([/?#].*)?", re.I
)
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")
_ODD: Final = re.compile(r"[\x00-\x20\x7f\\]")
# What `is_global` lets through although it leads, or may lead, to somewhere else.
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
_REFUSED: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


@dataclass(frozen=True)
class Address:
    """A web address in parts. `host` is ASCII and lower case, an IPv6 literal without brackets."""

    scheme: str
    host: str
    port: int
    path: str  # with the query, without the fragment; begins with `/`

    @property
    def netloc(self) -> str:
        """Host and port as a `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole, in its one canonical form."""
        return f"{self.scheme}://{self.netloc}{self.path}"

    @property
    def literal(self) -> Ip | None:
        """The host as an IP address, or None when it is a name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


@dataclass(frozen=True)
class Policy:
    """What may be visited: public addresses on `ports`, and the networks in `also`.

    `also` is for an operator's own picture server; it opens its addresses on every port.
    """

    ports: frozenset[int] = frozenset(_PORTS.values())
    also: tuple[Network, ...] = ()

    def check(self, ip: Ip, port: int, host: str) -> None:
        """Raise `Refusal` (`address_refused`) unless `ip` at `port` may be dialled."""
        if any(ip in network for network in self.also if network.version == ip.version):
            return
        if not is_public(ip):
            raise _refused(f"{host} is at {ip}, which is not a public address")
        if port not in self.ports:
            known = ", ".join(map(str, sorted(self.ports)))
            raise _refused(f"port {port} is not visited; use {known}")


def is_public(ip: Ip) -> bool:
    """Whether an address is a single host on the public Internet, and stands for no other."""
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _GLOBAL_V6 or ip.scope_id is not None):
        return False  # mapped, NAT64, unique local, link-local, multicast, loopback …
    if any(ip in network for network in _REFUSED if network.version == ip.version):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def read(text: str, base: Address | None = None) -> Address:
    """Read an address, or a redirect's target relative to `base`. Raises `Refusal`."""
    if len(text) > MAX_CHARS:
        raise _refused(f"an address may have {MAX_CHARS} characters, got {len(text)}")
    if _ODD.search(text):
        raise _refused("an address has no spaces, control characters or backslashes")
    if base is not None:
        text = _joined(text, base)
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise _refused(f"{text[:80]!r} is not like https://example.org/picture.jpg")
    scheme = shape[1].lower()
    port = int(shape[3]) if shape[3] else _PORTS[scheme]
    if not 0 < port < 65536:
        raise _refused(f"port {port} does not exist")
    return Address(scheme, _host(shape[2]), port, _path(shape[4] or "/"))


def _joined(text: str, base: Address) -> str:
    """A redirect's target made absolute; only the forms that servers send."""
    if text.startswith("//"):
        return f"{base.scheme}:{text}"
    if text.startswith("/"):
        return f"{base.scheme}://{base.netloc}{text}"
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", text):
        return text
    folder = base.path.split("?")[0].rpartition("/")[0]
    return f"{base.scheme}://{base.netloc}{folder}/{text}"


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return ipaddress.IPv6Address(text[1:-1]).compressed
        except ValueError as error:
            raise _refused(f"{text} is not an IPv6 address") from error
    host = _ascii(text).removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(f"{text[:80]!r} is not a host name")
    if not _NUMBER.fullmatch(labels[-1]):
        return host
    try:  # a browser would read it as an IPv4 address, in forms that others read differently
        return str(ipaddress.IPv4Address(host))
    except ValueError as error:
        raise _refused(f"{text[:80]!r} is neither a name nor four plain numbers") from error


def _ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise _refused(f"{text[:80]!r} is not a host name") from error


def _path(text: str) -> str:
    path = text.split("#")[0]
    quoted = "".join(c if c.isascii() else _percent(c) for c in path)
    return quoted if quoted.startswith("/") else f"/{quoted}"


def _percent(character: str) -> str:
    try:
        return "".join(f"%{byte:02X}" for byte in character.encode())
    except UnicodeEncodeError as error:
        raise _refused("an address is Unicode text") from error


def _refused(message: str) -> Refusal:
    return Refusal("address_refused", message)
