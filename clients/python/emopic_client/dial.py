"""Opening the websocket: addresses, the handshake, and what its failures mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Origin, Subprotocol

from emopic_client.errors import ConnectError, InvalidRequest, Refused
from emopic_client.wire import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, PATH, Encoding

MESSAGE_BYTES: Final = 32 * 1024 * 1024  # a raw frame of 2048 x 2048 pixels has 16 MiB
PING_S: Final = 20.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def full_url(url: str) -> str:
    """The address of the stream: `http` becomes `ws`, and a missing path the protocol's.

    Raises `InvalidRequest` for anything that is not an address of a server.
    """
    parts = urlsplit(url if "//" in url else f"ws://{url}")
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.hostname:
        raise InvalidRequest(f"not a server's address: {url!r}; use ws://host:port")
    path = PATH if parts.path in ("", "/") else parts.path
    return urlunsplit((scheme, parts.netloc, path, parts.query, ""))


@dataclass(frozen=True, slots=True)
class Dialer:
    """How to reach one server. `timeout` in seconds is for TCP, TLS and the handshake together."""

    url: str
    encoding: Encoding = "msgpack"
    origin: str | None = None
    timeout: float = 10.0

    async def dial(self) -> ClientConnection:
        """Open a websocket. Raises `Refused` where trying again is useless, else `ConnectError`."""
        local = urlsplit(self.url).hostname in _LOOPBACK
        wanted = JSON_SUBPROTOCOL if self.encoding == "json" else MSGPACK_SUBPROTOCOL
        try:
            return await open_websocket(
                self.url,
                subprotocols=[Subprotocol(wanted)],
                origin=None if self.origin is None else Origin(self.origin),
                compression=None,
                max_size=MESSAGE_BYTES,
                open_timeout=self.timeout,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=2.0,
                proxy=None if local else True,
            )
        except InvalidStatus as error:
            raise self._bad_status(error.response.status_code) from error
        except InvalidURI as error:
            raise InvalidRequest(str(error)) from error
        except TimeoutError as error:
            raise ConnectError(self.url, f"no answer within {self.timeout:g} s") from error
        except (OSError, InvalidHandshake, EOFError) as error:
            raise ConnectError(self.url, str(error) or type(error).__name__) from error

    def _bad_status(self, status: int) -> ConnectError:
        """A server that is starting or overloaded answers 5xx or 429; the rest is a refusal."""
        if status >= 500 or status == 429:
            return ConnectError(self.url, f"the server answered HTTP {status}")
        return Refused(self.url, status, "the server refused the websocket")
