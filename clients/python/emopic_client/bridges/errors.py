"""What can go wrong with a bridge's other side.

BridgeError (an `EmopicError`)   the message names what failed and what mends it
├── MissingExtra                 a library is not installed
└── SourceEnded                  the chat is over, or refuses us: no reason to come back
"""

from __future__ import annotations

from emopic_client.errors import EmopicError


class BridgeError(EmopicError):
    """A bridge cannot do what it is asked for."""


class MissingExtra(BridgeError):
    """A library that this bridge needs is not installed."""

    def __init__(self, library: str, extra: str = "bridges") -> None:
        super().__init__(f"{library} is not installed: pip install 'emopic-client[{extra}]'")


class SourceEnded(BridgeError):
    """A chat gives no more lines, now or later."""
