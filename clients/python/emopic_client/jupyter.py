"""A live face in a notebook. Needs `emopic-client[jupyter]`.

    client = await connect(url).__aenter__()     # a notebook's cells await
    face = show(client, "minji")                 # the face appears below the cell, and moves
    await client.line("minji", "오늘 진짜 최고야!")
    face.stop()

The picture of the cell is replaced as frames come, in every front end that knows display ids:
Jupyter, JupyterLab, VS Code, Colab.
"""

from __future__ import annotations

import asyncio
from typing import Final

from IPython.display import DisplayHandle, Image

from emopic_client.aio import Client
from emopic_client.wire import Frame, FrameOptions

_FPS: Final = 15  # a notebook redraws slowly, and keeps every picture it is sent for a moment


class LiveFace:
    """A cell's face, until `stop` or the client's end. Made by `show`."""

    def __init__(self, client: Client, character: str, options: FrameOptions) -> None:
        self.shown = 0
        self._handle: DisplayHandle | None = None
        self._task = asyncio.create_task(self._follow(client, character, options))

    def stop(self) -> None:
        """Leave the face as it is."""
        self._task.cancel()

    @property
    def moving(self) -> bool:
        """Whether frames still come."""
        return not self._task.done()

    async def finished(self) -> None:
        """Wait until it is stopped; raises what ended it otherwise."""
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()

    async def _follow(self, client: Client, character: str, options: FrameOptions) -> None:
        async for frame in client.frames(character, options):
            self._show(frame)

    def _show(self, frame: Frame) -> None:
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(_image(frame))
        else:
            self._handle.update(_image(frame))
        self.shown += 1


def show(client: Client, character: str, *, size: int = 256, fps: int = _FPS) -> LiveFace:
    """Show a character's face below the cell, `size` pixels on its longer side, and move it.

    Call it where a loop runs, as it does in a notebook.
    """
    options = FrameOptions(format="jpeg", size=size, fps=fps, patches=False)
    return LiveFace(client, character, options)


def _image(frame: Frame) -> Image:
    return Image(data=frame.data, format=frame.format, width=frame.width)
