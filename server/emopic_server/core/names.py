"""What messages and groups are called, in errors, metrics and keys."""

from __future__ import annotations

import hashlib

from emopic_client import wire


def group_of(token: str | None) -> str:
    """What sessions with the same token share; the token itself stays out of keys and logs."""
    return "group:" + hashlib.sha256((token or "").encode()).hexdigest()[:24]


def kind_of(message: wire.ClientMessage) -> str:
    """A message's type."""
    return str(message.__struct_config__.tag)


def ref_of(message: wire.ClientMessage) -> str:
    """What an error about this message refers to: the line, else the character, else the type."""
    if isinstance(message, wire.Line | wire.Read):
        return message.id
    name = getattr(message, "character", None)
    return name if isinstance(name, str) else kind_of(message)
