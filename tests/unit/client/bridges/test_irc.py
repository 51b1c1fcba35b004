"""Twitch's chat messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_client.bridges.gate import ChatLine
from emopic_client.bridges.irc import IrcMessage, chat_line, parse

SAID = (
    "@badge-info=;color=#0D4200;display-name=민지\\s팬;emotes=25:0-4,12-16/1902:6-10;"
    "tmi-sent-ts=1507246572675;user-type= "
    ":minji!minji@minji.tmi.twitch.tv PRIVMSG #haru :Kappa Keepo Kappa 안녕"
)


def test_tags_source_and_text() -> None:
    message = parse(SAID)
    assert message is not None
    assert message.command == "PRIVMSG"
    assert message.params == ("#haru", "Kappa Keepo Kappa 안녕")
    assert message.source == "minji!minji@minji.tmi.twitch.tv"
    assert message.tags["display-name"] == "민지 팬"
    assert message.tags["user-type"] == ""


def test_emotes_are_no_words() -> None:
    message = parse(SAID)
    assert message is not None
    assert chat_line(message) == ChatLine("   안녕", "민지 팬")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("PING :tmi.twitch.tv", IrcMessage("PING", ("tmi.twitch.tv",))),
        (":tmi.twitch.tv 001 j :Hi", IrcMessage("001", ("j", "Hi"), "tmi.twitch.tv")),
        ("@a=b\\:c\\\\;d x", IrcMessage("X", (), "", {"a": "b;c\\", "d": ""})),
        (":only.a.source", None),
        ("", None),
        ("@tags=only", None),
    ],
)
def test_other_messages(line: str, wanted: IrcMessage | None) -> None:
    assert parse(line) == wanted


def test_actions_lose_their_frame_and_strangers_keep_their_login() -> None:
    message = parse(":bob!bob@b PRIVMSG #haru :\x01ACTION 웃는다\x01")
    assert message is not None
    assert chat_line(message) == ChatLine("웃는다", "bob")


def test_only_what_somebody_said_is_a_line() -> None:
    message = parse("@msg-id=x :tmi.twitch.tv NOTICE #haru :This room is slow")
    assert message is not None
    assert chat_line(message) is None


@given(st.text(max_size=80))
def test_any_line_is_read_or_none(line: str) -> None:
    message = parse(line)
    assert message is None or message.command
    if message is not None:
        chat_line(message)
