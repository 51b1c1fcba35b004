"""From bytes on a connection to a message, or to a refusal that says what is wrong with them."""

from __future__ import annotations

from typing import Final

from emopic_client import wire
from emopic_server.core.names import ref_of
from emopic_server.errors import Refusal

_LARGE: Final = wire.CharacterPut | wire.Read  # they hold pictures


def decoded(data: bytes | str, encoding: wire.Encoding, most_bytes: int) -> wire.ClientMessage:
    """The message. Raises `Refusal` for a frame of the wrong kind, for what the wire format does
    not know, and for more than `most_bytes` where no picture can be the reason.
    """
    if isinstance(data, str) != (encoding == "json"):
        kind = "text" if isinstance(data, str) else "binary"
        raise Refusal("bad_message", f"a {kind} frame on a {encoding} connection is not read")
    try:
        message = wire.decode_client(data, encoding)
    except wire.WireError as error:
        raise Refusal(error.code, error.message) from error
    if len(data) > most_bytes and not isinstance(message, _LARGE):
        text = f"a message may have {most_bytes} bytes, got {len(data)}"
        raise Refusal("message_too_large", text, ref=ref_of(message))
    return message
