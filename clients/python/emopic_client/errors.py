"""What can go wrong for a program that uses this client.

EmopicError
├── ConnectError         no session could be opened: nobody there, no answer in time
│   └── Refused          … the server said no: wrong token, wrong protocol, wrong origin
├── ConnectionEnded      the session is over for good; the client makes no further attempts
├── RequestError         the server answered a request with an error (code, fault, retry_ms)
│   ├── RequestRefused   … because of the request: change it before trying again
│   └── ServerFailed     … because of the server's state: may work after `retry_ms`
├── RequestTimeout       no answer in time (a `TimeoutError`, too)
├── InvalidRequest       cannot be sent: a value is out of range (a `ValueError`, too)
└── Overflow             a bounded queue is full: the reader or the connection is too slow
"""

from __future__ import annotations

from emopic_client.wire import Error


class EmopicError(Exception):
    """Anything this client raises on purpose."""


class ConnectError(EmopicError):
    """No session could be opened at `url`."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"cannot open a session at {url}: {reason}")
        self.url = url
        self.reason = reason


class Refused(ConnectError):
    """The server does not want this client; trying again would not help. `code` closes sockets."""

    def __init__(self, url: str, code: int, reason: str) -> None:
        super().__init__(url, f"{reason} ({code})")
        self.code = code


class ConnectionEnded(EmopicError):
    """The session is over: closed by the program (1000), or by the server with a stop code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the session is over: {reason} ({code})")
        self.code = code
        self.reason = reason


class RequestError(EmopicError):
    """The server answered a request with `error`, kept whole as `answer`."""

    def __init__(self, answer: Error) -> None:
        super().__init__(f"{answer.message} [{answer.code}]")
        self.answer = answer

    @property
    def code(self) -> str:
        """The stable error code of the protocol."""
        return self.answer.code

    @property
    def retry_ms(self) -> int | None:
        """When it makes sense to try again, if it does."""
        return self.answer.retry_ms

    @staticmethod
    def of(answer: Error) -> RequestError:
        """The right class for whose fault it is."""
        return (ServerFailed if answer.fault == "server" else RequestRefused)(answer)


class RequestRefused(RequestError):
    """The request cannot be served as it is."""


class ServerFailed(RequestError):
    """The server could not serve a good request."""


class RequestTimeout(EmopicError, TimeoutError):
    """No answer came within `seconds`; the request may still be carried out."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"no answer to {what} within {seconds:g} s")
        self.seconds = seconds


class InvalidRequest(EmopicError, ValueError):
    """A request breaks the protocol's ranges; nothing was sent."""


class Overflow(EmopicError):
    """A queue reached its bound; the message says which and what was lost."""
