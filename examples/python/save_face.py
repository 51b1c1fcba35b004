"""Say a line and keep the face it makes: `python save_face.py [ADDRESS [FILE]]`.

Needs `emopic-client[pictures]`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import emopic_client
from emopic_client.pictures import pictures


async def main(url: str = "ws://127.0.0.1:8765", file: str = "face.png") -> None:
    """Save the picture in which the line's emotion is strongest."""
    async with emopic_client.connect(url) as emopic:
        await emopic.put("model", builtin=emopic.hello.builtins[0].id)
        faces = pictures(emopic.frames("model"))
        await anext(faces)  # the face at rest; from here on it is watched
        emotion = await emopic.line("model", "깜짝이야! 대박!")
        place = emopic.emotions.index(emotion.top)
        strongest = 0.0
        async for face in faces:
            weight = face.frame.expression[place]
            if weight <= strongest:
                break
            strongest = weight
            Path(file).write_bytes(face.encoded("png"))
        print(f"{emotion.top} at {strongest:.2f}, {face.array().shape} pixels, in {file}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
