"""One line, one emotion: `python first_line.py [ADDRESS]`. No asyncio needed."""

from __future__ import annotations

import sys

from emopic_client import sync


def main(url: str = "ws://127.0.0.1:8765") -> None:
    """Put a built-in face, say two lines, and print what they mean."""
    with sync.connect(url) as emopic:
        emopic.put("hero", builtin=emopic.hello.builtins[0].id)
        for text in ("드디어 이겼다! 너무 좋아!", "왜 아무도 안 와... 슬프다"):
            emotion = emopic.line("hero", text)
            print(f"{emotion.top:<9} {max(emotion.scores):.2f}  {text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
