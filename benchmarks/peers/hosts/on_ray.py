"""`python -m benchmarks.peers.hosts.on_ray PORT` (pip install 'ray[serve]')."""

from __future__ import annotations

import sys
import threading
from typing import Any

import ray
from benchmarks.peers.functions import load_function
from ray import serve
from starlette.requests import Request


class Api:
    """Requests are JSON maps, so are answers."""

    def __init__(self) -> None:
        self.answer = load_function()

    async def __call__(self, request: Request) -> Any:
        return self.answer(await request.json())


if __name__ == "__main__":
    ray.init(include_dashboard=False, num_cpus=2, logging_level="error")
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    deployment = serve.deployment(num_replicas=1, max_ongoing_requests=64)(Api)
    serve.run(deployment.bind(), route_prefix="/answer")
    threading.Event().wait()
