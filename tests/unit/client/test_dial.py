"""Addresses of servers."""

from __future__ import annotations

import pytest

from emopic_client.dial import full_url
from emopic_client.errors import InvalidRequest


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("ws://127.0.0.1:8765", "ws://127.0.0.1:8765/v1/stream"),
        ("ws://127.0.0.1:8765/", "ws://127.0.0.1:8765/v1/stream"),
        ("127.0.0.1:8765", "ws://127.0.0.1:8765/v1/stream"),
        ("localhost", "ws://localhost/v1/stream"),
        ("http://[::1]:8765", "ws://[::1]:8765/v1/stream"),
        ("https://emopic.example", "wss://emopic.example/v1/stream"),
        ("wss://example.com/emopic/v1/stream?x=1", "wss://example.com/emopic/v1/stream?x=1"),
    ],
)
def test_full_url(given: str, full: str) -> None:
    assert full_url(given) == full


@pytest.mark.parametrize("url", ["", "ftp://host", "ws://", "ws:///v1/stream", "file:///etc"])
def test_what_is_no_address_says_how_one_looks(url: str) -> None:
    with pytest.raises(InvalidRequest, match="ws://host:port"):
        full_url(url)
