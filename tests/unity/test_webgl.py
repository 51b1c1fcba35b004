"""The browser's half of the WebGL transport, run in Chromium with what Emscripten gives it.

Emscripten's part is played by a few lines: a heap, `mergeInto`, and texts in the heap. What Unity
and Emscripten make of the file when they build is not tested here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.conftest import chromium, server
from tests.browser.serving import ServerProcess
from tests.unity.building import PACKAGE

from emopic_client import wire

__all__ = ["chromium", "server"]  # fixtures of the browser tests
pytestmark = pytest.mark.browser

LIBRARY = PACKAGE / "Runtime/Plugins/WebGL/EmopicWebSocket.jslib"
EMSCRIPTEN = """
  const LibraryManager = { library: {} };
  const mergeInto = (all, more) => Object.assign(all, more);
  const HEAPU8 = new Uint8Array(64 * 1024 * 1024);
  const UTF8ToString = (at) => {
    const end = HEAPU8.indexOf(0, at);
    return new TextDecoder().decode(HEAPU8.subarray(at, end));
  };
  const text = (string, at) => {
    const bytes = new TextEncoder().encode(string);
    HEAPU8.set(bytes, at);
    HEAPU8[at + bytes.length] = 0;
    return at;
  };
"""
USE = """
  const EmopicSockets = LibraryManager.library.$EmopicSockets;
  const L = LibraryManager.library;
  window.socket = {
    sockets: EmopicSockets,
    open: (url, protocol) => L.EmopicSocketOpen(text(url, 8), text(protocol, 4096)),
    state: (id) => L.EmopicSocketState(id),
    end: (id) => {
      const length = L.EmopicSocketCloseReason(id, 8, 256);
      return [L.EmopicSocketCloseCode(id), new TextDecoder().decode(HEAPU8.slice(8, 8 + length))];
    },
    take: (id) => {
      const length = L.EmopicSocketNextLength(id);
      if (length < 0) return null;
      const isText = L.EmopicSocketTake(id, 8);
      return { isText, bytes: Array.from(HEAPU8.slice(8, 8 + length)) };
    },
    send: (id, bytes) => { HEAPU8.set(bytes, 8); return L.EmopicSocketSend(id, 8, bytes.length); },
    close: (id, code, reason) => L.EmopicSocketClose(id, code, text(reason, 8)),
  };
"""


@pytest.fixture
def page(chromium: Browser, server: ServerProcess) -> Iterator[Page]:
    """A page of the server's own, so that its Origin is let in, with the library loaded."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/healthz")
    page.evaluate(f"() => {{ {EMSCRIPTEN} {LIBRARY.read_text('utf-8')} {USE} }}")
    yield page
    context.close()


class Socket:
    """A socket of the library, seen as C# sees it."""

    def __init__(self, page: Page, url: str, protocol: str = wire.MSGPACK_SUBPROTOCOL) -> None:
        self.page = page
        self.id: int = page.evaluate("([u, p]) => socket.open(u, p)", [url, protocol])

    def wait(self, condition: str) -> None:
        self.page.wait_for_function(f"(id) => {condition}", arg=self.id)

    def send(self, message: wire.ClientMessage) -> int:
        data = [self.id, list(wire.encode(message))]
        sent: int = self.page.evaluate("([id, bytes]) => socket.send(id, bytes)", data)
        return sent

    def take(self) -> Any:
        return self.page.evaluate("(id) => socket.take(id)", self.id)

    def receive(self) -> wire.ServerMessage:
        self.wait("socket.sockets.all[id].queue.length > 0")
        taken = self.take()
        assert not taken["isText"]
        return wire.decode_server(bytes(taken["bytes"]))

    def end(self) -> tuple[int, str]:
        self.wait("socket.state(id) === 2")
        code, reason = self.page.evaluate("(id) => socket.end(id)", self.id)
        return code, reason


def stream(server: ServerProcess) -> str:
    return server.url.replace("http://", "ws://") + wire.PATH


def test_a_conversation(page: Page, server: ServerProcess) -> None:
    socket = Socket(page, stream(server))
    assert socket.send(wire.Identify(client="웹")) == 1, "it waits for the opening"
    assert isinstance(socket.receive(), wire.Hello)
    assert isinstance(socket.receive(), wire.Ready)
    assert page.evaluate("(id) => socket.state(id)", socket.id) == 1
    socket.send(wire.CharacterPut(character="a", builtin="haru"))
    socket.send(wire.Line(character="a", id="1", text="너무 좋아"))
    assert isinstance(socket.receive(), wire.CharacterReady)
    emotion = socket.receive()
    assert isinstance(emotion, wire.Emotion)
    assert emotion.top == "joy"
    assert socket.take() is None
    page.evaluate("(id) => socket.close(id, 1000, 'bye')", socket.id)
    assert page.evaluate("Object.keys(socket.sockets.all).length") == 0


def test_the_close_code_and_reason_come_through(page: Page, server: ServerProcess) -> None:
    socket = Socket(page, stream(server))
    assert isinstance(socket.receive(), wire.Hello)
    socket.send(wire.Ping())
    assert socket.end() == (wire.NOT_IDENTIFIED.code, wire.NOT_IDENTIFIED.reason)
    assert socket.send(wire.Ping()) == 1, "what comes after the end is dropped"


def test_nobody_there_and_no_address(page: Page) -> None:
    assert Socket(page, "ws://127.0.0.1:9/v1/stream").end()[0] == 1006
    code, reason = Socket(page, "nonsense://").end()
    assert code == 1006
    assert reason


def test_codes_that_browsers_forbid_close_all_the_same(page: Page, server: ServerProcess) -> None:
    socket = Socket(page, stream(server))
    socket.receive()
    page.evaluate("(id) => { window.raw = socket.sockets.all[id].ws; }", socket.id)
    page.evaluate("(id) => socket.close(id, 1002, 'no')", socket.id)
    page.wait_for_function("() => raw.readyState === 3")


def test_a_page_that_does_not_fetch_is_closed_at_the_bound(
    page: Page, server: ServerProcess
) -> None:
    page.evaluate("socket.sockets.MOST_MESSAGES = 3")
    socket = Socket(page, stream(server))
    socket.receive()
    socket.send(wire.Identify(client="slow"))
    for number in range(5):
        socket.send(wire.Ping(token=str(number)))
    code, reason = socket.end()
    assert (code, reason) == (1006, "too many messages waited to be read")
    assert isinstance(socket.receive(), wire.Ready), "what had come can still be read"


def test_the_functions_are_those_that_csharp_imports() -> None:
    transport = (PACKAGE / "Runtime/Core/Transport/WebGLTransport.cs").read_text("utf-8")
    imported = set(re.findall(r"extern \w+ (\w+)\(", transport))
    text = LIBRARY.read_text("utf-8")
    assert imported == set(re.findall(r"^  (EmopicSocket\w+): function", text, re.MULTILINE))
    for name in imported:
        assert f'{name}__deps: ["$EmopicSockets"]' in text
    assert len(imported) == 8
