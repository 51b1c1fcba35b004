"""A person at the practice page, who sees what the face was told to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page
from tests.browser.watching import Overheard

from emopic_engine.emotions import DEFAULT

Open = Callable[..., Page]
NAMES = DEFAULT.names
QUICK = ("--limits.messages-per-minute", "60000", "--limits.messages-burst", "1000")


class Practice:
    """The page at `url`, opened, with its first question asked; faces change at once."""

    def __init__(self, url: str, open_page: Open, **more: Any) -> None:
        self.page = open_page("about:blank", **{"reduced_motion": "reduce", **more})
        self.told = Overheard(self.page)
        self.page.goto(f"{url}/practice")
        self.wait("asking")

    def wait(self, state: str) -> None:
        """Wait until the questions are at `loading`, `asking`, `answered` or `failed`."""
        self.page.wait_for_selector(f"body[data-quiz={state}]")

    @property
    def shown(self) -> str:
        """The emotion that the face was told to show last."""
        expression: dict[str, float] = self.told.said("express")[-1]["expression"]
        return next(iter(expression), "neutral")

    @property
    def strength(self) -> float:
        """How strongly, in 0 … 1."""
        return float(self.told.said("express")[-1]["expression"].get(self.shown, 0))

    def answer(self, *, right: bool = True) -> str:
        """Press the number key of the right answer, or of the next one. Returns what it was."""
        shown = self.shown
        place = NAMES.index(shown) + (0 if right else 1)
        self.page.keyboard.press(str(place % len(NAMES) + 1))
        self.wait("answered")
        return shown

    def next(self) -> None:
        """Go on with the Enter key, which the button for it has by now."""
        before = len(self.told.said("express"))
        self.page.keyboard.press("Enter")
        self.wait("asking")
        for _ in range(200):  # the browser reports what it sent a little later on a busy machine
            if len(self.told.said("express")) > before:
                return
            self.page.wait_for_timeout(10)

    def until(self, emotion: str) -> None:
        """Answer right until the face shows this one."""
        while self.shown != emotion:
            self.answer()
            self.next()

    def open(self, view: str) -> None:
        """Go to another view: `name`, `own` or `progress`."""
        self.page.click(f"#tab-{view}")
        if view == "own":
            self.page.wait_for_selector("body[data-quiz=own]")

    def write(self, text: str) -> None:
        """Write a line and wait until it is read."""
        self.page.fill("#line", text)
        self.page.press("#line", "Enter")
        self.page.wait_for_selector("#heard:not([hidden])")
