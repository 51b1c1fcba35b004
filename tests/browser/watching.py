"""What a page did wrong, and what its canvas shows."""

from __future__ import annotations

import base64
from contextlib import AbstractContextManager
from typing import Any

import cv2
import msgpack  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import ConsoleMessage, Page, WebSocket

_PIXELS = """(selector) => {
  const canvas = document.querySelector(selector);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let text = "";
  for (let i = 0; i < data.length; i += 8192) {
    text += String.fromCharCode(...data.subarray(i, i + 8192));
  }
  return [width, height, btoa(text)];
}"""
_DIFFERS = """([selector, before, share]) => {
  const canvas = document.querySelector(selector);
  const small = new OffscreenCanvas(16, 16).getContext("2d");
  small.drawImage(canvas, 0, 0, 16, 16);
  const now = [...small.getImageData(0, 0, 16, 16).data];
  const far = now.filter((value, i) => Math.abs(value - before[i]) > 24).length;
  return far >= share * now.length;
}"""
_SMALL = """(selector) => {
  const small = new OffscreenCanvas(16, 16).getContext("2d");
  small.drawImage(document.querySelector(selector), 0, 0, 16, 16);
  return [...small.getImageData(0, 0, 16, 16).data];
}"""


ALWAYS_ALLOWED = (
    "willReadFrequently",  # it is the tests that read the canvas back
)


class Watched:
    """Collects a page's errors: uncaught exceptions, console errors, refused policies."""

    def __init__(self, page: Page, allow: tuple[str, ...]) -> None:
        self.page = page
        self.problems: list[str] = []
        self._allow = (*allow, *ALWAYS_ALLOWED)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._note(f"uncaught: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _note(self, problem: str) -> None:
        if not any(part in problem for part in self._allow):
            self.problems.append(problem)


class Overheard:
    """What a page says to its server and hears from it, from now on, as plain maps."""

    def __init__(self, page: Page) -> None:
        self.sent: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self.socket: WebSocket | None = None
        page.on("websocket", self._listen)

    def sends(self) -> AbstractContextManager[Any]:
        """In its block the page says something; at its end that has been noted."""
        assert self.socket is not None
        return self.socket.expect_event("framesent")

    def _listen(self, socket: WebSocket) -> None:
        self.socket = socket
        socket.on("framesent", lambda data: self.sent.append(_unpack(data)))
        socket.on("framereceived", lambda data: self.received.append(_unpack(data)))

    def said(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type that the page has sent."""
        return [message for message in self.sent if message["type"] == kind]

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type that the page has received."""
        return [message for message in self.received if message["type"] == kind]


def _unpack(data: str | bytes) -> dict[str, Any]:
    assert isinstance(data, bytes)
    message: dict[str, Any] = msgpack.unpackb(data)
    return message


def live(page: Page) -> None:
    """Wait until the studio shows a face."""
    page.wait_for_selector("[data-state=live]")


def glance(page: Page, selector: str = "#face") -> list[int]:
    """A canvas reduced to 16x16 RGBA values."""
    values: list[int] = page.evaluate(_SMALL, selector)
    return values


def wait_for_change(
    page: Page, before: list[int], selector: str = "#face", share: float = 0.05
) -> None:
    """Wait until at least `share` of a canvas' small values differ clearly from `before`."""
    page.wait_for_function(_DIFFERS, arg=[selector, before, share])


def pixels(page: Page, selector: str = "#face") -> NDArray[np.uint8]:
    """A canvas as uint8 [height, width, 4], RGBA."""
    width, height, text = page.evaluate(_PIXELS, selector)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)


def screenshot(page: Page) -> NDArray[np.uint8]:
    """The page without a background of the browser's own: uint8 [height, width, 4], BGRA."""
    picture = cv2.imdecode(
        np.frombuffer(page.screenshot(omit_background=True), np.uint8), cv2.IMREAD_UNCHANGED
    )
    assert picture is not None
    return picture.astype(np.uint8)


def score(page: Page, emotion: str) -> float:
    """What the bar of an emotion says, in [0, 1]."""
    return float(page.get_attribute(f".score[data-emotion={emotion}]", "data-value") or "nan")


def wait_for_top(page: Page, emotion: str) -> None:
    """Wait until an emotion's bar is the longest."""
    page.wait_for_selector(f".score.top[data-emotion={emotion}]")
