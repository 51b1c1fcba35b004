"""`python -m benchmarks.peers.hosts.on_mosec PORT` (pip install mosec)."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.peers.functions import load_function
from mosec import Runtime, Server, Worker


class Api(Worker):
    """Requests are JSON maps, so are answers: mosec's default."""

    def __init__(self) -> None:
        self.answer = load_function()

    def forward(self, data: Any) -> Any:
        return self.answer(data)


if __name__ == "__main__":
    port, sys.argv = sys.argv[1], [sys.argv[0], "--address", "127.0.0.1", "--port", sys.argv[1]]
    server = Server()
    server.register_runtime({"/answer": [Runtime(Api, num=1)]})
    server.run()
