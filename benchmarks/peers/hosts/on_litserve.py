"""`python -m benchmarks.peers.hosts.on_litserve PORT` (pip install litserve)."""

from __future__ import annotations

import sys
from typing import Any

import litserve
from benchmarks.peers.functions import load_function


class Api(litserve.LitAPI):
    """Requests are JSON maps, so are answers."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - the engine knows its device
        self.answer = load_function()

    def predict(self, x: Any) -> Any:
        return self.answer(x)


if __name__ == "__main__":
    server = litserve.LitServer(Api(api_path="/answer"), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), log_level="error", generate_client_file=False
    )
