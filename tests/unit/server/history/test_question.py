"""What an address may ask."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from tests.unit.server.history.events import BEGIN, HOUR

from emopic_server.errors import ReadRefusal
from emopic_server.history.question import LONGEST, parse

DAY = 24 * HOUR
NOW = BEGIN + 100 * DAY


def test_nothing_asked_is_the_last_four_weeks_by_day() -> None:
    asked = parse("", "group:1", NOW)
    assert (asked.scope.owner, asked.by, asked.limit) == ("group:1", "day", 50)
    assert asked.scope.until == NOW + 1, "what is written now counts"
    assert asked.scope.since == NOW + 1 - 28 * DAY


def test_times_without_an_offset_are_the_zones() -> None:
    asked = parse("zone=Asia/Seoul&since=2026-01-01&until=2026-01-02T12:00", None, NOW)
    assert (asked.scope.since, asked.scope.until) == (BEGIN - 9 * HOUR, BEGIN + 27 * HOUR)
    asked = parse(urlencode({"since": "2026-01-01T09:00+09:00"}), None, BEGIN + DAY)
    assert asked.scope.since == BEGIN


def test_names_may_be_in_any_language() -> None:
    asked = parse(urlencode({"speaker": "민지 & co", "character": "하루"}), None, NOW)
    assert (asked.scope.speaker, asked.scope.character) == ("민지 & co", "하루")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("by=year", "by"),
        ("by=", "by"),
        ("by=day&by=hour", "by"),
        ("zone=Seoul/Asia", "zone"),
        ("zone=../../etc/passwd", "zone"),
        ("zone=/etc/localtime", "zone"),
        ("since=yesterday", "since"),
        ("since=2026-02-30", "since"),
        ("until=9999-12-31T23:59:59-23:59", "until"),
        ("until=2300-01-01", "until"),
        ("since=2026-02-01&until=2026-01-01", "since"),
        ("since=1960-01-01&until=1961-01-01", "since"),
        ("by=hour&since=2025-01-01", "since"),
        ("speaker=", "speaker"),
        ("speaker=" + "a" * 129, "speaker"),
        ("character=a%00b", "character"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=٣", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("order=oldest", "order"),
        ("owner=group:2", "query"),
        ("token=secret", "query"),
        ("speaker=%ff", "query"),
        ("&".join(f"a{n}=1" for n in range(50)), "query"),
    ],
)
def test_what_cannot_be_asked_is_named(query: str, named: str) -> None:
    with pytest.raises(ReadRefusal) as caught:
        parse(query, None, NOW)
    assert (caught.value.status, caught.value.code) == (400, "bad_field")
    assert caught.value.message.startswith(f"{named} = ")
    assert len(caught.value.message) < 300


def test_the_longest_time_may_be_asked_and_no_longer() -> None:
    for by, longest in LONGEST.items():
        since = {"since": "2000-01-01T00:00+00:00", "by": by}
        begin = 946_684_800_000
        parse(urlencode(since), None, begin + longest - 1)
        with pytest.raises(ReadRefusal):
            parse(urlencode(since), None, begin + longest)
