"""A websocket client that keeps to nothing but the framing, and the memory of its server."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from emopic_client import wire

ROOT = Path(__file__).parents[2]
M = TypeVar("M")
TEXT, BINARY, CONT, CLOSE, PING = 1, 2, 0, 8, 9
MIB = 1 << 20


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, rsv1: bool = False) -> bytes:
    """A masked frame; the mask is zero, which is as good as any."""
    head = bytes([fin << 7 | rsv1 << 6 | opcode])
    return head + length(len(data)) + bytes(4) + data


def length(size: int) -> bytes:
    """The length of a masked frame, which the data need not have."""
    if size < 126:
        return bytes([128 | size])
    if size < 1 << 16:
        return struct.pack(">BH", 128 | 126, size)
    return struct.pack(">BQ", 128 | 127, size)


class RawPeer:
    """A socket after the handshake. Sends what it is told and never answers by itself."""

    def __init__(self, port: int, *, offers: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {wire.PATH} HTTP/1.1",
            "Host: 127.0.0.1",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {wire.MSGPACK_SUBPROTOCOL}",
        ]
        if offers:
            lines.append(f"Sec-WebSocket-Extensions: {offers}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.socket.recv(4096)
        head, _, self._held = data.partition(b"\r\n\r\n")
        self.answer = head.decode()

    def send(self, data: bytes) -> bool:
        """Whether the other end still takes it."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def say(self, message: wire.ClientMessage) -> bool:
        return self.send(frame(BINARY, wire.encode(message)))

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """What comes until the connection ends, as (opcode, data)."""
        while head := self._read(2):
            count = head[1]
            if count == 126:
                (count,) = struct.unpack(">H", self._read(2))
            elif count == 127:
                (count,) = struct.unpack(">Q", self._read(8))
            yield head[0] & 15, self._read(count)

    def _read(self, count: int) -> bytes:
        """So many bytes; none when the connection has ended."""
        while len(self._held) < count:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionError:
                more = b""
            if not more:
                return b""
            self._held += more
        data, self._held = self._held[:count], self._held[count:]
        return data

    def close_code(self) -> int:
        """Read to the end: the code that the server closes with; 1006 without one."""
        for opcode, data in self.frames():
            if opcode == CLOSE:
                return int(struct.unpack(">H", data[:2])[0])
        return 1006

    def open(self) -> None:
        """Identify, and wait for `ready`."""
        self.say(wire.Identify(client="raw"))
        self.wait(wire.Ready)

    def wait(self, kind: type[M]) -> M:
        """The next message of this kind; others are passed over."""
        for opcode, data in self.frames():
            message = wire.decode_server(data) if opcode == BINARY else None
            if isinstance(message, kind):
                return message
        raise ConnectionError(f"no {kind.__name__} came")

    def __enter__(self) -> RawPeer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


@dataclass
class Outside:
    """A server in a process of its own, over the fake engine in another."""

    process: subprocess.Popen[str]
    port: int

    def reset_peak(self) -> float:
        """Forget the peak; returns the resident memory now, in MiB."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")
        return self._status("VmRSS")

    @property
    def peak(self) -> float:
        """The most resident memory since then, in MiB."""
        return self._status("VmHWM")

    @property
    def resident(self) -> float:
        return self._status("VmRSS")

    def _status(self, name: str) -> float:
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(x for x in text.splitlines() if x.startswith(name)).split()[1]) / 1024


@contextlib.contextmanager
def outside(*options: str) -> Iterator[Outside]:
    """Start `tests.fake_server` with an engine process; end it in the end."""
    command = [sys.executable, "-u", "-m", "tests.fake_server", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--engine-process", "true", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split()[1]
        yield Outside(process, int(url.rstrip("/").rsplit(":", 1)[1]))
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def until(condition: object, patience: float = 10.0) -> None:
    """Look again and again until a condition (a function) holds."""
    assert callable(condition)
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
