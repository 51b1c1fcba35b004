"""A game's character whose lines a language model writes: `python npc.py [ADDRESS]`.

The face follows the words while they are written. `words` stands for your model: put in
`emopic_client.bridges.llm.deltas(url, model, messages)`, or the stream of any other library.
Needs `emopic-client[bridges]`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import emopic_client
from emopic_client import Emotion
from emopic_client.bridges.llm import stream_line

TEXT = "와, 정말 너무 좋아! 근데 이제 헤어져야 한다니 슬퍼."


async def words() -> AsyncIterator[str]:
    """Pieces of text, as a model would write them."""
    for piece in TEXT.split(" "):
        await asyncio.sleep(0.05)
        yield f"{piece} "


def told(sentence: str, emotion: Emotion) -> None:
    """A finished sentence, understood."""
    print(f"{emotion.top:<9} {sentence}")


async def main(url: str = "ws://127.0.0.1:8765") -> None:
    """Let the character speak."""
    async with emopic_client.connect(url) as emopic:
        await emopic.put("npc", builtin=emopic.hello.builtins[0].id, shared=True)
        print("said:", await stream_line(emopic, "npc", words(), told=told))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
