"""Errors of the engine.

    EngineError
    ├── ModelError            a model directory or its weights cannot be used
    ├── BackendUnavailable    the backend asked for cannot run here
    ├── ParityError           a compiled engine does not answer as the reference does
    ├── InputError            what the caller handed in cannot be used
    │   ├── PictureError      … a picture
    │   └── LineError         … a line of text
    ├── DataError             a data set cannot be read
    └── DeviceError           the device failed while computing
        ├── OutOfMemory       … for want of memory: a smaller batch may do
        └── DeviceLost        … and cannot be trusted any more: the process has to end

Every error carries `code` (stable, part of the wire protocol) and a message that is safe to show.
"""

from __future__ import annotations


class EngineError(Exception):
    """Anything the engine refuses or fails to do.

    `code` is stable; `message` names the value and the fix and is safe to show to a client.
    """

    code = "engine"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class ModelError(EngineError):
    """A model directory is missing a part, or its parts do not fit together."""

    code = "model"


class BackendUnavailable(EngineError):
    """The backend asked for cannot run on this machine; the message says what is missing."""

    code = "backend_unavailable"


class ParityError(EngineError):
    """A compiled engine was compared with the fp32 reference and is too far from it to be used.

    The message has the figures; `code` is `engine_parity`.
    """

    code = "engine_parity"


class InputError(EngineError):
    """The caller's input cannot be used. Never the engine's fault."""

    code = "bad_input"


class PictureError(InputError):
    """A picture cannot be used: codes `picture_format`, `picture_too_large`, `picture_broken`."""

    code = "picture_broken"


class LineError(InputError):
    """A line cannot be classified: codes `line_empty`, `line_too_long`."""

    code = "line_empty"


class DataError(EngineError):
    """A data set cannot be read; the message names file, row and column."""

    code = "data"


class DeviceError(EngineError):
    """The device failed: out of memory, or an error after which it cannot be trusted."""

    code = "device"


class OutOfMemory(DeviceError):
    """The device or the process had too little memory. Less at once may do."""


class DeviceLost(DeviceError):
    """An error that sticks, as an illegal access does: whatever is computed after it may be wrong.

    Only a new process gets the device back.
    """
