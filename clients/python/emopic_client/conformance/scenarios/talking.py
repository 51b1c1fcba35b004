"""What a client says, and what it hears about it."""

from __future__ import annotations

from typing import Final

from emopic_client import wire
from emopic_client.conformance.broken import check
from emopic_client.conformance.kit import Kit, either

_TEXTS: Final = (
    "오늘 진짜 최고야!",
    "ㅋㅋㅋㅋㅋ 😂👨‍👩‍👧",
    "\u1112\u1161\u11ab\u1100\u1173\u11af 분해형",
    'quotes " and \\ and \t tab',
    "ｅ\u0301 ﻿ 끝",
)
_CODES: Final[tuple[tuple[str, wire.Fault, int | None], ...]] = (
    ("line_empty", "client", None),
    ("line_too_long", "client", None),
    ("unknown_character", "client", None),
    ("rate_limited", "client", 500),
    ("busy", "server", 250),
    ("closing", "server", 1000),
    ("device", "server", 100),
    ("engine", "server", None),
    ("solar_flare", "server", None),
    ("bad_manners", "client", None),
)
_LINE_CHARS: Final = 20


async def korean_text(kit: Kit) -> None:
    """Send Hangul, emoji and combining marks unchanged."""
    peer = await kit.scene()
    for number, text in enumerate(_TEXTS):
        line = await kit.say(peer, f"l{number}", text)
        check(line.text == text, f"expected the line {text!r}, got {line.text!r}")
        await peer.send(kit.emotion(f"l{number}"))
        await kit.driver.report("emotion", line=f"l{number}")


async def limits(kit: Kit) -> None:
    """Report `line_too_long` for a line over `hello.limits.line_chars`, and go on."""
    peer = await kit.scene(limits=wire.Limits(line_chars=_LINE_CHARS))
    await kit.driver.tell("line", character="minji", id="long", text="가" * 60)
    sent, _ = await either(
        peer.expect(wire.Line, id="long"), kit.driver.report("error", code="line_too_long")
    )
    if sent:  # this client leaves it to the server, which refuses
        await peer.send(kit.error("line_too_long", "client", "long", None))
        await kit.driver.report("error", code="line_too_long", ref="long", fault="client")
    await kit.answered(peer, "short")


async def errors(kit: Kit) -> None:
    """Hand on every error code with `ref`, `fault` and `retry_ms`, an unknown one too."""
    peer = await kit.scene()
    for number, (code, fault, retry) in enumerate(_CODES):
        line = f"l{number}"
        await kit.say(peer, line)
        await peer.send(kit.error(code, fault, line, retry))
        await kit.driver.report("error", code=code, fault=fault, ref=line, retry_ms=retry)
    await kit.answered(peer, "last")
