"""What everybody says to a character, as it is understood: `python watch.py [ADDRESS [NAME]]`.

Stops by itself after three finished lines. Needs a character that somebody has put.
"""

from __future__ import annotations

import asyncio
import sys

import emopic_client


async def main(url: str = "ws://127.0.0.1:8765", character: str = "streamer") -> None:
    """Print emotions until three lines are finished."""
    finished = 0
    async with emopic_client.connect(url) as emopic:
        async for emotion in emopic.emotions_of(character):
            finished += emotion.final
            print("final  " if emotion.final else "partial", emotion.top, max(emotion.scores))
            if finished == 3:
                break


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
