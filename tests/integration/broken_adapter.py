"""A client that breaks one rule, named on the command line, for the kit to catch.

Small and wrong on purpose: it speaks the wire by hand, over the websockets library.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

WAY = sys.argv[1]


def tell(kind: str, **fields: Any) -> None:
    sys.stdout.write(json.dumps({"is": kind, **fields}) + "\n")
    sys.stdout.flush()


class Client:
    def __init__(self) -> None:
        self.ws: ClientConnection | None = None

    async def run(self, url: str, token: str | None) -> None:
        while True:
            async with connect(url, subprotocols=[Subprotocol("emopic.v1.msgpack")]) as ws:
                self.ws = ws
                if WAY == "early":
                    await self.identify(token)
                with contextlib.suppress(ConnectionClosed):
                    async for data in ws:
                        await self.take(data, token)
            tell("closed", final=True)
            if WAY not in ("stubborn", "forgetful"):
                return

    async def identify(self, token: str | None) -> None:
        name = "" if WAY == "nameless" else "broken"
        await self.say(type="identify", client=name, token=token)

    async def say(self, **fields: Any) -> None:
        assert self.ws is not None
        await self.ws.send(msgspec.msgpack.encode(fields))

    async def take(self, data: str | bytes, token: str | None) -> None:
        assert isinstance(data, bytes)
        try:
            message = msgspec.msgpack.decode(data)
            kind = message["type"]
        except Exception:
            if WAY == "crashing":
                os._exit(3)
            raise
        match kind:
            case "hello" if WAY not in ("silent", "early"):
                await self.identify(token)
            case "ready":
                tell("open", resumed=message["resumed"])
            case "character.ready":
                size = {"width": message["width"], "height": message["height"]}
                tell("character", character=message["character"], **size)
            case "emotion" if WAY != "deaf":
                tell("emotion", line=message["line"], top=message["top"], final=message["final"])

    async def do(self, command: dict[str, Any]) -> None:
        match command.pop("do"):
            case "mark":
                tell("mark", id=command["id"])
            case "put":
                await self.say(type="character.put", **command)
            case "watch":
                await self.say(type="watch", frames={}, **command)
            case "line":
                if WAY == "ascii":
                    command["text"] = command["text"].encode("ascii", "replace").decode()
                await self.say(type="line", **command)


async def main() -> None:
    client, running = Client(), set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        if command["do"] == "open":
            for task in running:
                task.cancel()
            client = Client()
            running = {asyncio.create_task(client.run(command["url"], command.get("token")))}
        else:
            await client.do(command)
    for task in running:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
