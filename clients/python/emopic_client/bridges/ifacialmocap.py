"""Out: iFacialMocap's UDP text, ARKit's 52 shapes for programs that expect the iPhone app.

Receivers listen at port 49983. Each datagram holds `name-percent` for every shape, then head and
eye poses, which stay at rest here.
Source: https://www.ifacialmocap.com/for-developer/, "To receive data via UDP".
"""

from __future__ import annotations

from typing import Final

from emopic_client.bridges.shapes import ifacialmocap_name
from emopic_client.bridges.vmc import send_datagram, udp_to

PORT: Final = 49983
_POSES: Final = "=head#0.0,0.0,0.0,0.0,0.0,0.0|rightEye#0.0,0.0,0.0|leftEye#0.0,0.0,0.0|"


def datagram(values: dict[str, float]) -> bytes:
    """One frame: weights in percent, under iFacialMocap's names."""
    shapes = [f"{ifacialmocap_name(name)}-{round(100 * value)}" for name, value in values.items()]
    return ("".join(f"{shape}|" for shape in shapes) + _POSES).encode()


class IFacialMocapSender:
    """Sends frames to a receiver. Nobody answers, so a missing receiver is no error."""

    def __init__(self, host: str, port: int = PORT) -> None:
        self._socket = udp_to(host, port)

    def send(self, values: dict[str, float], seconds: float) -> None:  # noqa: ARG002 - a `Sender`
        """Send one frame."""
        send_datagram(self._socket, datagram(values))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
