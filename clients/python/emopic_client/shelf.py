"""The pictures that a client keeps for the frames that come without theirs."""

from __future__ import annotations

import msgspec

from emopic_client.wire import Frame


class Shelves:
    """The kept pictures of each watched character, for one connection.

    At most 256 of a character, which is as many as the wire can number; a server uses no more than
    the watch has lent it.
    """

    def __init__(self) -> None:
        self._shelves: dict[str, dict[int, bytes]] = {}

    def whole(self, frame: Frame) -> Frame | None:
        """The frame with its picture. None where it is missing: the frame is of an earlier watch,
        and a full one of the present watch follows it."""
        if frame.slot is None:
            return frame
        shelf = self._shelves.setdefault(frame.character, {})
        if frame.data:
            shelf[frame.slot] = frame.data
            return frame
        data = shelf.get(frame.slot)
        return None if data is None else msgspec.structs.replace(frame, data=data)

    def forget(self, character: str) -> None:
        """A watch has ended; what it kept will not be asked for."""
        self._shelves.pop(character, None)

    def clear(self) -> None:
        """The connection has ended."""
        self._shelves.clear()
