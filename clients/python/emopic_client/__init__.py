"""Client for an Emopic server: Korean chat lines in, a living face out.

`connect` opens the asynchronous client, `emopic_client.sync.connect` the synchronous one.
"""

from emopic_client.aio import Client, connect
from emopic_client.backoff import Backoff
from emopic_client.errors import (
    ConnectError,
    ConnectionEnded,
    EmopicError,
    InvalidRequest,
    Overflow,
    Refused,
    RequestError,
    RequestRefused,
    RequestTimeout,
    ServerFailed,
)
from emopic_client.streams import Disconnected, Emotions, Events, Frames, Reconnected, Shapes
from emopic_client.wire import (
    Blendshapes,
    CharacterDropped,
    CharacterOptions,
    CharacterReady,
    Emotion,
    Error,
    Frame,
    FrameOptions,
    Hello,
    Notice,
    Reading,
)

__version__ = "0.1.0"

__all__ = [
    "Backoff",
    "Blendshapes",
    "CharacterDropped",
    "CharacterOptions",
    "CharacterReady",
    "Client",
    "ConnectError",
    "ConnectionEnded",
    "Disconnected",
    "EmopicError",
    "Emotion",
    "Emotions",
    "Error",
    "Events",
    "Frame",
    "FrameOptions",
    "Frames",
    "Hello",
    "InvalidRequest",
    "Notice",
    "Overflow",
    "Reading",
    "Reconnected",
    "Refused",
    "RequestError",
    "RequestRefused",
    "RequestTimeout",
    "ServerFailed",
    "Shapes",
    "connect",
]
