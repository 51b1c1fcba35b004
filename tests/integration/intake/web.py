"""A small web on this machine: servers that answer by rule, and canaries that must stay silent.

`PUBLIC` plays a public address in these tests: a policy lets it pass and nothing else on this
machine. Everything else that listens is a canary, which only counts who comes.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any, NamedTuple

from emopic_server.intake.addresses import Policy
from emopic_server.intake.dial import Dialler

PUBLIC = "127.0.0.77"
POLICY = Policy(also=(ip_network(f"{PUBLIC}/32"),))


class Reply(NamedTuple):
    """What a rule answers."""

    status: int = 200
    kind: str = "text/html"
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Asked(NamedTuple):
    """What came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Rule = Callable[[Asked], Reply]


class Web(ThreadingHTTPServer):
    """Answers with `rule`, and keeps what was asked."""

    daemon_threads = True

    def __init__(self, host: str, rule: Rule) -> None:
        self.rule = rule
        self.asked: list[Asked] = []
        super().__init__((host, 0), _Handler)

    @property
    def netloc(self) -> str:
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"


class _Handler(BaseHTTPRequestHandler):
    server: Web
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, self.rfile.read(length))
        self.server.asked.append(asked)
        reply = self.server.rule(asked)
        self.send_response(reply.status)
        if reply.kind:
            self.send_header("Content-Type", reply.kind)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(reply.body)

    do_GET = do_POST = _serve  # noqa: N815 - names the library looks for

    def log_message(self, *_: Any) -> None:
        pass


class Canary:
    """Listens for TCP on several addresses and UDP on one, all with one port; counts comers."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self.visits: list[str] = []
        self._servers: list[socketserver.BaseServer] = []
        self.port = 0
        for host in hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listen(host, family)

    def _listen(self, host: str, family: socket.AddressFamily) -> None:
        visits = self.visits

        class Note(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                visits.append(f"{host} from {self.client_address}")

        class Tcp(socketserver.ThreadingTCPServer):
            address_family = family
            allow_reuse_address = True
            daemon_threads = True

        class Udp(socketserver.ThreadingUDPServer):
            address_family = family
            daemon_threads = True

        tcp = Tcp((host, self.port), Note)
        self.port = self.port or tcp.server_address[1]
        self._servers += [tcp, Udp((host, self.port), Note)]

    def start(self) -> None:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


def own_addresses() -> tuple[str, ...]:
    """This machine's addresses on its networks, as far as it has any."""
    with contextlib.suppress(OSError):
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        return tuple({str(entry[4][0]) for entry in found} - {"127.0.0.1"})
    return ()


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError:
        return False
    return True


@contextlib.contextmanager
def web(rule: Rule, host: str = PUBLIC) -> Iterator[Web]:
    """A server that answers by rule."""
    server = Web(host, rule)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def canary() -> Iterator[Canary]:
    """Silent listeners on every address of this machine but `PUBLIC`."""
    hosts = ("127.0.0.1", "127.0.0.2", *(("::1",) if has_ipv6() else ()), *own_addresses())
    bird = Canary(hosts)
    bird.start()
    try:
        yield bird
    finally:
        bird.stop()


def dialler(names: Mapping[str, list[str]] | None = None) -> Dialler:
    """Checks with `POLICY`; knows only `names`."""

    async def resolve(host: str) -> list[str]:
        if names is None or host not in names:
            raise OSError("no such name")
        return names[host]

    return Dialler(POLICY, resolve)
