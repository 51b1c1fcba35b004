"""What the package offers."""

from __future__ import annotations

import subprocess
import sys

import emopic_client
from emopic_client import aio, sync


def test_the_list_of_exports() -> None:
    assert sorted(emopic_client.__all__) == emopic_client.__all__
    for name in emopic_client.__all__:
        assert hasattr(emopic_client, name)
    public = {
        name
        for name, value in vars(emopic_client).items()
        if not name.startswith("_") and type(value).__name__ != "module"
    }
    assert public == set(emopic_client.__all__)


def test_the_synchronous_client_offers_what_the_asynchronous_one_does() -> None:
    ours = {"open", "close", "connected"}  # belong to `with`, and to programs with a loop
    names = {name for name in vars(aio.Client) if not name.startswith("_")} - ours
    assert {name for name in vars(sync.Client) if not name.startswith("_")} == names


def test_nothing_heavy_is_imported() -> None:
    code = "import sys, emopic_client.sync; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"websockets", "msgspec"} <= loaded
    assert not loaded & {"torch", "numpy", "cv2", "emopic_engine", "emopic_server", "openvino"}
