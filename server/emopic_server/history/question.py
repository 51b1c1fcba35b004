"""A question to the history as it comes in an address: `by=day&zone=Asia/Seoul&since=2026-01-01`.

Every parameter is checked; what is unknown, given twice or out of range is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emopic_server.errors import ReadRefusal
from emopic_server.history.database import Scope
from emopic_server.history.schema import DAY_MS

DEFAULT_DAYS: Final = 28
MOST_LINES: Final = 500
DEFAULT_LINES: Final = 50
LONGEST: Final = {"hour": 93 * DAY_MS, "day": 3660 * DAY_MS, "week": 3660 * DAY_MS}
ORDERS: Final = ("newest", "strongest")
_NAMES: Final = {"by", "zone", "since", "until", "character", "speaker", "order", "limit"}
_LAST_MS: Final = 7_258_118_400_000  # 1 January 2200
_NAME_CHARS: Final = 128


@dataclass(frozen=True)
class Question:
    """What is asked; `scope` has both ends."""

    scope: Scope
    zone: tzinfo
    zone_name: str
    by: str = "day"
    order: str = "newest"
    limit: int = DEFAULT_LINES


def parse(query: str, owner: str | None, now: int) -> Question:
    """Read an address' query, for a group, at `now` (ms). Raises `ReadRefusal`.

    Without `since` and `until` it is about the last four weeks.
    """
    given = _given(query)
    name = given.get("zone", "UTC")
    zone = _zone(name)
    by = _choice("by", given.get("by", "day"), tuple(LONGEST))
    until = _moment("until", given["until"], zone) if "until" in given else now + 1
    since = _moment("since", given["since"], zone) if "since" in given else None
    since = until - DEFAULT_DAYS * DAY_MS if since is None else since
    if not 0 <= since < until:
        raise bad("since", given.get("since", ""), "a time before until")
    if until > _LAST_MS:
        raise bad("until", given.get("until", ""), "a time before 2200")
    if until - since > LONGEST[by]:
        raise bad("since", given.get("since", ""), f"at most {LONGEST[by] // DAY_MS} days by {by}")
    scope = Scope(owner, _name(given, "character"), _name(given, "speaker"), since, until)
    order = _choice("order", given.get("order", "newest"), ORDERS)
    return Question(scope, zone, name, by, order, _limit(given))


def bad(name: str, value: str, expected: str) -> ReadRefusal:
    """A parameter that cannot be used."""
    return ReadRefusal(400, "bad_field", f"{name} = {value[:80]!r}: expected {expected}")


def _given(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as error:
        raise bad("query", query, "name=value, in UTF-8, joined by &") from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in _NAMES:
            raise bad("query", name, f"one of {', '.join(sorted(_NAMES))}")
        if name in given:
            raise bad(name, value, "to be given once")
        given[name] = value
    return given


def _name(given: dict[str, str], key: str) -> str | None:
    value = given.get(key)
    if value is not None and (not 0 < len(value) <= _NAME_CHARS or "\x00" in value):
        raise bad(key, value, f"1 to {_NAME_CHARS} characters")
    return value


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise bad(name, value, f"one of {', '.join(choices)}")
    return value


def _limit(given: dict[str, str]) -> int:
    value = given.get("limit", str(DEFAULT_LINES))
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= MOST_LINES):
        raise bad("limit", value, f"1 to {MOST_LINES}")
    return int(value)


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise bad("zone", name, "a name like Asia/Seoul") from error


def _moment(name: str, value: str, zone: tzinfo) -> int:
    try:
        time = datetime.fromisoformat(value)
        local = time if time.tzinfo is not None else time.replace(tzinfo=zone)
        return round(local.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise bad(name, value, "2026-01-31 or 2026-01-31T13:00") from error
