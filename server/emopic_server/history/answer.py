"""What is answered to a question over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from emopic_server.errors import ReadRefusal

ROOT: Final = "/v1/history"
JSON: Final = "application/json"


@dataclass(frozen=True)
class Answer:
    """A response: status, body, its type, and further headers."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def refused(refusal: ReadRefusal) -> Answer:
    """A refusal as JSON: `{"error": {"code": …, "message": …}}`."""
    body = {"error": {"code": refusal.code, "message": refusal.message}}
    return Answer(refusal.status, msgspec.json.encode(body) + b"\n")
