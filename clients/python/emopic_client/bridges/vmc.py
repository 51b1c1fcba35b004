"""Out: VMC Protocol, the open motion protocol of VRM programs, over OSC and UDP.

VSeeFace, Warudo, VMagicMirror, VirtualMotionCapture, VNyan, Unity and Unreal plugins and others
receive it. A head is told its expression weights each tick, in this order: values, apply, state,
time. Source: https://protocol.vmc.info/ (specification of the performer and of the marionette).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Final, TypeAlias

from emopic_client.bridges.errors import BridgeError, MissingExtra

try:
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
    from pythonosc.osc_message import OscMessage
    from pythonosc.osc_message_builder import OscMessageBuilder
except ModuleNotFoundError as error:
    raise MissingExtra("python-osc") from error

MARIONETTE_PORT: Final = 39539
PERFORMER_PORT: Final = 39540
_DATAGRAM: Final = 1400  # bytes that pass networks without being split

Message: TypeAlias = tuple[str, tuple[str | int | float, ...]]


def messages(values: dict[str, float], seconds: float) -> list[Message]:
    """One tick: every weight, then `Apply`, `OK` (loaded) and the time since the start."""
    return [
        *(("/VMC/Ext/Blend/Val", (name, float(value))) for name, value in values.items()),
        ("/VMC/Ext/Blend/Apply", ()),
        ("/VMC/Ext/OK", (1,)),
        ("/VMC/Ext/T", (float(seconds),)),
    ]


def datagrams(tick: list[Message]) -> Iterator[bytes]:
    """The messages in as few OSC bundles as their size allows, in order."""
    bundle, size = OscBundleBuilder(IMMEDIATELY), 0
    for message in map(_built, tick):
        if size and size + message.size > _DATAGRAM:
            yield bundle.build().dgram
            bundle, size = OscBundleBuilder(IMMEDIATELY), 0
        bundle.add_content(message)
        size += message.size + 4
    if size:
        yield bundle.build().dgram


def _built(message: Message) -> OscMessage:
    address, values = message
    builder = OscMessageBuilder(address)
    for value in values:
        kind = {str: "s", int: "i", float: "f"}[type(value)]
        builder.add_arg(value, kind)
    return builder.build()


class VmcSender:
    """Sends ticks to a receiver. Nobody answers, so a missing receiver is no error."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = udp_to(host, port)

    def send(self, values: dict[str, float], seconds: float) -> None:
        """Send one tick."""
        for datagram in datagrams(messages(values, seconds)):
            send_datagram(self._socket, datagram)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def udp_to(host: str, port: int) -> socket.socket:
    """A UDP socket for one receiver. Raises `BridgeError` for a host that has no address."""
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        udp = socket.socket(info[0], info[1])
        udp.setblocking(False)
        udp.connect(info[4])
    except OSError as error:
        raise BridgeError(f"cannot send to {host}:{port}: {error}") from error
    return udp


def send_datagram(udp: socket.socket, data: bytes) -> None:
    """Send, and let it be lost if nobody listens (yet) or the system has no room."""
    try:
        udp.send(data)
    except (BlockingIOError, ConnectionRefusedError):
        return
    except OSError as error:
        raise BridgeError(f"cannot send to {udp.getpeername()}: {error}") from error
