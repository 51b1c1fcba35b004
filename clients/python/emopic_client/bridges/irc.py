"""Twitch's chat messages: IRC (RFC 1459) with tags (IRCv3). Pure.

Source: https://dev.twitch.tv/docs/chat/irc/ and https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from emopic_client.bridges.gate import ChatLine

_ESCAPES: Final = {r"\:": ";", r"\s": " ", r"\\": "\\", r"\r": "\r", r"\n": "\n"}
_ESCAPE: Final = re.compile(r"\\[:s\\rn]|\\")
_ACTION: Final = re.compile(r"^\x01ACTION (.*)\x01$")


@dataclass(frozen=True, slots=True)
class IrcMessage:
    """One message: `tags` unescaped, `source` without its colon, `params` with the last one."""

    command: str
    params: tuple[str, ...] = ()
    source: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> str:
        """The last parameter, which holds the text."""
        return self.params[-1] if self.params else ""


def parse(line: str) -> IrcMessage | None:
    """One line without its end; None for one that is no message."""
    tags: dict[str, str] = {}
    source = ""
    if line.startswith("@"):
        head, _, line = line[1:].partition(" ")
        tags = dict(_tag(item) for item in head.split(";") if item)
    line = line.lstrip(" ")
    if line.startswith(":"):
        source, _, line = line[1:].partition(" ")
    middle, colon, text = line.partition(" :")
    command, *params = middle.split() or [""]
    if not command:
        return None
    return IrcMessage(command.upper(), (*params, *([text] if colon else [])), source, tags)


def _tag(item: str) -> tuple[str, str]:
    name, _, value = item.partition("=")
    return name, _ESCAPE.sub(lambda m: _ESCAPES.get(m[0], ""), value)


def chat_line(message: IrcMessage) -> ChatLine | None:
    """The line somebody said, without emotes; None where the message is none."""
    if message.command != "PRIVMSG":
        return None
    speaker = message.tags.get("display-name") or message.source.split("!")[0]
    action = _ACTION.match(message.last)
    text = action[1] if action else message.last
    return ChatLine(_without_emotes(text, message.tags.get("emotes", "")), speaker)


def _without_emotes(text: str, emotes: str) -> str:
    """`emotes` is `id:first-last,first-last/id:…`, in code points, both ends included."""
    letters = list(text)
    for first, last in re.findall(r"(\d+)-(\d+)", emotes):
        for place in range(int(first), min(int(last) + 1, len(letters))):
            letters[place] = ""
    return "".join(letters) if emotes else text
