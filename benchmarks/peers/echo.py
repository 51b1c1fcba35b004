"""`python -m benchmarks.peers.echo [--apart] PORT`: sends back what it gets.

What is left is the harness, the loopback and processors that have to wake up: no server that works
can be below it. With `--apart` a process of its own sends it back, as an engine's would that may
crash without its server: four wake-ups instead of two, and nothing else happens either.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
from collections import deque
from typing import cast

import uvloop

_LIMIT = 1 << 16


class Echo(asyncio.Protocol):
    """One connection, to a client or to the process that echoes."""

    def __init__(self, through: Relay | None = None) -> None:
        self._through = through

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Send it back, or on."""
        if self._through is None:
            self.transport.write(data)
        else:
            self._through.send(self, data)


class Relay(asyncio.Protocol):
    """The way to the other process and back: it answers in order, byte for byte."""

    def __init__(self) -> None:
        self._senders: deque[tuple[Echo, int]] = deque()
        self._read = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, sender: Echo, data: bytes) -> None:
        """On to the other process."""
        self._senders.append((sender, len(data)))
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Back to who sent it."""
        self._read += data
        while self._senders and len(self._read) >= self._senders[0][1]:
            sender, size = self._senders.popleft()
            sender.transport.write(bytes(self._read[:size]))
            del self._read[:size]


async def _serve(port: int, *, apart: bool) -> None:
    loop = asyncio.get_running_loop()
    relay: Relay | None = None
    if apart:
        ours, theirs = socket.socketpair()
        number = theirs.fileno()
        command = [sys.executable, "-m", "benchmarks.peers.echo", "--descriptor", str(number), "0"]
        subprocess.Popen(command, pass_fds=(number,))
        theirs.close()
        _, relay = await loop.create_unix_connection(Relay, sock=ours)
    server = await loop.create_server(lambda: Echo(relay), "127.0.0.1", port)
    await server.serve_forever()


def _echo(descriptor: int) -> None:
    """The other process: until nobody is left to send."""
    with socket.socket(fileno=descriptor) as ours:
        while data := ours.recv(_LIMIT):
            ours.sendall(data)


def main() -> None:
    """Serve on loopback until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--descriptor", type=int, help="of the other process, to itself")
    arguments = parser.parse_args()
    if arguments.descriptor is not None:
        _echo(arguments.descriptor)
    else:
        uvloop.run(_serve(arguments.port, apart=arguments.apart))


if __name__ == "__main__":
    main()
