"""What a scenario raises when the client under test does something else than it must."""

from __future__ import annotations


class BrokenRule(Exception):
    """The client broke a rule; the message says what was expected and what came."""


def check(holds: bool, message: str) -> None:
    """Raise `BrokenRule` with `message` unless `holds`."""
    if not holds:
        raise BrokenRule(message)
