"""Out: VTube Studio, for Live2D models: custom parameters, and hotkeys by emotion.

Each emotion is a parameter of its own (`EmopicJoy` …, 0 to 1) that a model's parameters can be
mapped to. VTube Studio forgets a value after a second, so they are sent again while the face
rests. The weights come with the server's blendshapes, which leave before any picture is drawn.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from emopic_client import wire
from emopic_client.aio import Client
from emopic_client.backoff import Backoff
from emopic_client.bridges.errors import BridgeError
from emopic_client.bridges.vts_api import (
    ACCESS_OFF,
    BEING_ASKED,
    DENIED,
    NEEDS_AUTHENTICATION,
    Vts,
    VtsLost,
    VtsRefused,
    vts_connection,
)
from emopic_client.bridges.vts_token import Tokens

URL: Final = "ws://127.0.0.1:8001"
REST_S: Final = 0.4  # a resting face is sent again after so long; VTube Studio wants less than 1
_LOG_IN_AGAIN: Final = frozenset({ACCESS_OFF, NEEDS_AUTHENTICATION, DENIED})
_BARE: Final = re.compile(r"[^A-Za-z0-9]")


def parameter_name(emotion: str, place: int) -> str:
    """`EmopicJoy` for `joy`: letters and digits, 4 … 32 of them, as VTube Studio wants."""
    bare = _BARE.sub("", emotion)[:24]
    return f"Emopic{bare[:1].upper()}{bare[1:]}" if bare else f"Emopic{place}"


@dataclass
class Hotkeys:
    """Which hotkey an emotion triggers: `names` by emotion, by name or id, not oftener than
    every `cooldown` seconds each, and only for lines of at least `threshold` in their score."""

    names: Mapping[str, str]
    cooldown: float = 5.0
    threshold: float = 0.5
    _last: dict[str, float] = field(default_factory=dict)

    def due(self, emotion: wire.Emotion, now: float) -> str | None:
        """The hotkey to trigger now, if any."""
        name = self.names.get(emotion.top)
        if name is None or not emotion.final or max(emotion.scores) < self.threshold:
            return None
        if now - self._last.get(name, -self.cooldown) < self.cooldown:
            return None
        self._last[name] = now
        return name


@dataclass
class VtsBridge:
    """One character's face in VTube Studio at `url`. `told` hears what a person should know."""

    client: Client
    character: str
    url: str
    tokens: Tokens
    hotkeys: Hotkeys
    told: Callable[[str], None]

    async def run(self, backoff: Backoff | None = None) -> None:
        """Serve until cancelled, or the server's session ends; VTube Studio may come and go.

        Raises `VtsRefused` where the user denies access, and what ended the session.
        """
        face = _Face(self.client, self.character)
        following = asyncio.create_task(face.follow())
        try:
            await self._connect(face, following, backoff or Backoff(first=1.0, most=15.0))
        finally:
            following.cancel()
            await asyncio.wait([following])

    async def _connect(self, face: _Face, following: asyncio.Task[None], backoff: Backoff) -> None:
        failures = 0
        while not following.done():
            try:
                async with vts_connection(self.url) as vts:
                    await self._prepare(vts)
                    failures = 0
                    await self._serve(vts, face, following)
            except VtsLost as error:
                failures += 1
                wait = backoff.delay(failures, 0.0)
                if wait is None:
                    raise
                self.told(f"{error}; next attempt in {wait:.0f} s")
                await asyncio.sleep(wait)
        following.result()

    async def _prepare(self, vts: Vts) -> None:
        await self._log_in(vts)
        for place, label in enumerate(self.client.hello.emotions):
            await vts.ask(
                "ParameterCreation",
                parameterName=parameter_name(label.id, place),
                explanation=f"Emopic: how strongly the face shows {label.id} ({label.ko})"[:255],
                min=0,
                max=1,
                defaultValue=0,
            )
        self.told(f"connected to VTube Studio at {self.url}")

    async def _log_in(self, vts: Vts) -> None:
        token = self.tokens.get(self.url)
        if token is not None and await vts.authenticate(token):
            return
        self.told("VTube Studio asks whether to allow Emopic: press Allow there")
        try:
            token = await vts.new_token()
        except VtsRefused as error:
            if error.error_id in (BEING_ASKED, ACCESS_OFF):
                raise VtsLost(str(error)) from error
            raise
        self.tokens.set(self.url, token)
        if not await vts.authenticate(token):
            raise VtsRefused("Authentication", DENIED, "it did not take the token it gave")

    async def _serve(self, vts: Vts, face: _Face, following: asyncio.Task[None]) -> None:
        hotkeys = asyncio.create_task(self._press(vts))
        try:
            async for weights in face.changes():
                if hotkeys.done():
                    hotkeys.result()
                if following.done():
                    return
                await self._inject(vts, weights)
        finally:
            hotkeys.cancel()
            await asyncio.wait([hotkeys])

    async def _inject(self, vts: Vts, weights: tuple[float, ...]) -> None:
        values = [
            {"id": parameter_name(label.id, place), "value": float(weight)}
            for place, (label, weight) in enumerate(
                zip(self.client.hello.emotions, weights, strict=True)
            )
        ]
        try:
            await vts.ask(
                "InjectParameterData", faceFound=False, mode="set", parameterValues=values
            )
        except VtsRefused as error:
            if error.error_id in _LOG_IN_AGAIN:  # the user took the permission back
                raise VtsLost(str(error)) from error
            raise

    async def _press(self, vts: Vts) -> None:
        if not self.hotkeys.names:
            return
        loop = asyncio.get_running_loop()
        async for event in self.client.events():
            if not isinstance(event, wire.Emotion) or event.character != self.character:
                continue
            name = self.hotkeys.due(event, loop.time())
            if name is not None:
                try:
                    await vts.ask("HotkeyTrigger", hotkeyID=name)
                except VtsRefused as error:  # no such hotkey, no model: the face goes on
                    self.told(f"hotkey {name!r}: {error}")


class _Face:
    """The newest weights of a character's emotions, and when to send them."""

    def __init__(self, client: Client, character: str) -> None:
        self._client = client
        self._character = character
        self._weights = (0.0,) * len(client.emotions)
        self._changed = asyncio.Event()

    async def follow(self) -> None:
        """Keep up with the face until the session ends."""
        async for shapes in self._client.blendshapes(self._character, "vrm1"):
            if shapes.expression is None:
                raise BridgeError("the server is too old: its blendshapes name no emotions")
            self._weights = shapes.expression
            self._changed.set()

    async def changes(self) -> AsyncIterator[tuple[float, ...]]:
        """The weights now, at each change, and again after `REST_S` without one."""
        while True:
            self._changed.clear()
            yield self._weights
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REST_S):
                    await self._changed.wait()
