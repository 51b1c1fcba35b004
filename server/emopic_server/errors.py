"""Errors of the server, and the table of error codes that go over the wire.

    ServerError
    ├── ConfigError        the server cannot start with this configuration
    ├── Refusal            a client's message is refused; becomes an `error` event
    ├── StateError         a session was asked for a step its state does not allow (our fault)
    ├── HistoryError       the history cannot be opened, read or written
    │   └── TooSlow        … was not read within the time for it
    ├── ReadRefusal        a question to the history over HTTP is refused
    ├── StoreError         the store of shared characters cannot be read or written
    └── WorkerDied         the engine's thread or process ended, and no other can take its place

`CODES` is the one source of the codes in `server/PROTOCOL.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from emopic_client.wire import Fault


class ErrorCode(NamedTuple):
    """Whose fault a code is, whether `retry_ms` comes with it, and what it means."""

    fault: Fault
    retry: bool
    meaning: str


CODES: Final[Mapping[str, ErrorCode]] = MappingProxyType(
    {
        # what was sent
        "bad_message": ErrorCode("client", False, "the message cannot be decoded"),
        "unknown_type": ErrorCode("client", False, "the message has no known `type`"),
        "bad_field": ErrorCode("client", False, "a field is missing, mistyped or out of range"),
        "message_too_large": ErrorCode("client", False, "larger than `limits.message_bytes`"),
        "rate_limited": ErrorCode("client", True, "more than `limits.messages_per_minute`"),
        "already_identified": ErrorCode("client", False, "`identify` came a second time"),
        "read_only": ErrorCode("client", False, "the session's token may only watch"),
        # characters
        "unknown_character": ErrorCode("client", False, "no such character for this session"),
        "too_many_characters": ErrorCode(
            "client", False, "the session has `limits.characters_per_session` already"
        ),
        "unknown_builtin": ErrorCode("client", False, "no built-in face has this id"),
        "picture_format": ErrorCode("client", False, "not a single-frame JPEG, PNG or WebP"),
        "picture_too_large": ErrorCode("client", False, "more bytes or pixels than the limits"),
        "picture_too_small": ErrorCode("client", False, "too few pixels to hold a face"),
        "picture_broken": ErrorCode("client", False, "the picture cannot be decoded"),
        "bad_sprites": ErrorCode(
            "client", False, "the set of pictures cannot be used: the message says why"
        ),
        "no_alpha": ErrorCode(
            "client", False, "a transparent background cannot be seen as JPEG: use webp or png"
        ),
        # lines and expressions
        "line_empty": ErrorCode("client", False, "the line has nothing to classify"),
        "line_too_long": ErrorCode("client", False, "longer than `limits.line_chars`"),
        "line_profane": ErrorCode("client", False, "profane, and the session's guard refuses that"),
        "unknown_emotion": ErrorCode("client", False, "not in `hello.emotions`"),
        # the server
        "busy": ErrorCode("server", True, "the queue is full; nothing was queued"),
        "closing": ErrorCode("server", True, "the server is shutting down"),
        "device": ErrorCode("server", True, "the device failed; the item was not computed"),
        "engine": ErrorCode("server", False, "the engine failed on this item"),
        "quarantined": ErrorCode(
            "server", False, "this line or face ended the engine before; it is not tried for now"
        ),
        # services beside the line's way
        "unavailable": ErrorCode(
            "server", False, "the service this needs is not installed or not switched on"
        ),
        "service_failed": ErrorCode("server", True, "a service the server uses has failed"),
        "address_refused": ErrorCode("client", False, "the web address may not be visited"),
        "fetch_failed": ErrorCode("client", False, "no picture could be had from the web address"),
        "no_face": ErrorCode("client", False, "no face was found on the captured page"),
        "no_text": ErrorCode("client", False, "no text was found in the picture"),
    }
)

NOTICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "face_centred": "no face was found in the picture; its middle is used",
        "several_faces": "there are several faces in the picture; the largest is used",
        "line_cut": "the line was shortened to `limits.line_chars`, as asked",
        "baking": "frames of transitions are being rendered ahead",
        "baked": "frames of transitions have been rendered ahead",
        "engine_away": "the engine ended and is being started again; lines wait or are refused",
        "engine_back": "the engine works again",
        "type_again": "다시 입력해 주세요 · please type again",
    }
)


class ServerError(Exception):
    """Anything the server refuses or fails to do; `message` is safe to show."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigError(ServerError):
    """A configuration value cannot be used. Names key, value and what was expected."""

    def __init__(self, key: str, value: object, expected: str) -> None:
        super().__init__(f"{key} = {value!r}: expected {expected}")
        self.key = key
        self.value = value
        self.expected = expected


class Refusal(ServerError):
    """A client's message is refused. `code` is a key of `CODES`; `ref` says what it is about."""

    def __init__(
        self, code: str, message: str, *, ref: str | None = None, retry_ms: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.ref = ref
        self.retry_ms = retry_ms

    @property
    def fault(self) -> Fault:
        """Who can mend it."""
        return CODES[self.code].fault


class StateError(ServerError):
    """A session cannot take this step from its state."""

    def __init__(self, state: str, step: str) -> None:
        super().__init__(f"a session that is {state} cannot {step}")
        self.state = state
        self.step = step


class HistoryError(ServerError):
    """The history cannot be opened, read or written. Never shows a line or a name."""


class TooSlow(HistoryError):
    """A question to the history took longer than it may."""


class ReadRefusal(ServerError):
    """A question to the history over HTTP is refused: with this status, `code` and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class StoreError(ServerError):
    """The store cannot be opened, read or written. Names the store and what went wrong."""


class WorkerDied(ServerError):
    """The engine's thread or process ended with an error that nothing here can mend."""
