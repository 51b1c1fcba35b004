"""A VTube Studio without a window: its public API's documented messages and errors.

Source: the README and Files/ErrorID.cs of https://github.com/DenchiSoft/VTubeStudio. `allow` says
what the user presses; `requests` lists what was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class Refusal(Exception):
    def __init__(self, error_id: int, message: str) -> None:
        super().__init__(message)
        self.error_id = error_id
        self.message = message


@dataclass
class Injection:
    at: float
    values: dict[str, float]


@dataclass
class FakeVts:
    url: str = ""
    access: bool = True  # "Allow Plugin API access"
    allow: bool = True  # what the user presses when asked
    hotkeys: tuple[str, ...] = ("Smile", "Shout")
    tokens: set[str] = field(default_factory=set)
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    injections: list[Injection] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    asked: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _open: set[ServerConnection] = field(default_factory=set)
    _known: set[ServerConnection] = field(default_factory=set)

    async def until(self, holds: Any) -> None:
        """Wait until something about this fake is true."""
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(holds), 10)

    def cut(self) -> None:
        for ws in self._open:
            ws.transport.abort()

    def revoke(self) -> None:
        """The user takes every permission back, in the settings."""
        self.tokens.clear()
        self._known.clear()
        self.parameters.clear()

    async def handle(self, ws: ServerConnection) -> None:
        self._open.add(ws)
        with contextlib.suppress(ConnectionClosed):
            async for data in ws:
                await ws.send(json.dumps(self._answer(ws, data)))
                async with self.changed:
                    self.changed.notify_all()
        self._open.discard(ws)

    def _answer(self, ws: ServerConnection, data: str | bytes) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "apiName": "VTubeStudioPublicAPI",
            "apiVersion": "1.0",
            "timestamp": int(time.time() * 1000),
            "requestID": "none",
        }
        try:
            request = _checked(data)
            answer["requestID"] = request["requestID"]
            kind = request["messageType"].removesuffix("Request")
            self.requests.append(kind)
            answer["data"] = self._carry_out(ws, kind, request.get("data") or {})
            answer["messageType"] = f"{kind}Response"
        except Refusal as refusal:
            answer["messageType"] = "APIError"
            answer["data"] = {"errorID": refusal.error_id, "message": refusal.message}
        return answer

    def _carry_out(self, ws: ServerConnection, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        if not self.access:
            raise Refusal(1, "API access has been deactivated by the user.")
        open_to_all = {"APIState", "AuthenticationToken", "Authentication"}
        answer = getattr(self, f"_on_{kind}", None)
        if answer is None:
            raise Refusal(7, f"Request type {kind} unknown.")
        if kind not in open_to_all and ws not in self._known:
            raise Refusal(8, "This request requires authentication.")
        done: dict[str, Any] = answer(ws, data)
        return done

    def _on_APIState(self, ws: ServerConnection, _data: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        known = ws in self._known
        return {"active": True, "vTubeStudioVersion": "1.9.0", "currentSessionAuthenticated": known}

    def _on_AuthenticationToken(self, _ws: Any, data: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for name, error in (("pluginName", 52), ("pluginDeveloper", 53)):
            if not 3 <= len(data.get(name, "")) <= 32:
                raise Refusal(error, f"{name} has to be between 3 and 32 characters.")
        self.asked += 1
        if not self.allow:
            raise Refusal(50, "User has denied API access for your plugin.")
        token = f"token-{self.asked}"
        self.tokens.add(token)
        return {"authenticationToken": token}

    def _on_Authentication(self, ws: ServerConnection, data: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if "authenticationToken" not in data:
            raise Refusal(100, "Authentication token missing.")
        valid = data["authenticationToken"] in self.tokens
        if valid:
            self._known.add(ws)
        return {"authenticated": valid, "reason": "Token valid." if valid else "Token invalid."}

    def _on_ParameterCreation(self, _ws: Any, data: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = data.get("parameterName", "")
        if not re.fullmatch(r"[A-Za-z0-9]{4,32}", name):
            raise Refusal(350, "Parameter names have to be alphanumeric and 4 to 32 long.")
        if len(data.get("explanation", "")) >= 256:
            raise Refusal(353, "Explanation too long.")
        self.parameters[name] = data
        return {"parameterName": name}

    def _on_InjectParameterData(self, _ws: Any, data: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        values = {item["id"]: item["value"] for item in data.get("parameterValues", [])}
        if not values:
            raise Refusal(450, "No data provided.")
        if data.get("mode", "set") not in ("set", "add"):
            raise Refusal(455, "Mode unknown.")
        for name, value in values.items():
            if name not in self.parameters:
                raise Refusal(453, f"Parameter {name} not found.")
            if not -1_000_000 <= value <= 1_000_000:
                raise Refusal(451, f"Value of {name} invalid.")
        self.injections.append(Injection(time.monotonic(), values))
        return {}

    def _on_HotkeyTrigger(self, _ws: Any, data: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [key for key in self.hotkeys if key.lower() == data.get("hotkeyID", "").lower()]
        if not found:
            raise Refusal(202, "Hotkey not found in the current model.")
        self.pressed.append(found[0])
        return {"hotkeyID": found[0]}


def _checked(data: str | bytes) -> dict[str, Any]:
    try:
        request = json.loads(data)
    except ValueError:
        raise Refusal(2, "JSON invalid.") from None
    if request.get("apiName") != "VTubeStudioPublicAPI":
        raise Refusal(3, "API name invalid.")
    if request.get("apiVersion") != "1.0":
        raise Refusal(4, "API version invalid.")
    if not re.fullmatch(r"[\x20-\x7e]{1,64}", request.get("requestID", "x")):
        raise Refusal(5, "Request ID invalid.")
    if not request.get("messageType"):
        raise Refusal(6, "Request type missing.")
    checked: dict[str, Any] = request
    return checked


@contextlib.asynccontextmanager
async def fake_vts(port: int = 0, **state: Any) -> AsyncIterator[FakeVts]:
    fake = FakeVts(**state)
    async with serve(fake.handle, "127.0.0.1", port, compression=None) as server:
        fake.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield fake
        fake.cut()
