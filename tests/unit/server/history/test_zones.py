"""Local hours, days and weeks, over changes of the clock too."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from tests.unit.server.history.events import BEGIN, HOUR, event

from emopic_server.history.database import Database, Scope
from emopic_server.history.zones import mixed, offset_at, parts

DAY = 24 * HOUR
SEOUL, BERLIN, KOLKATA = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_an_even_zone_is_one_part() -> None:
    assert list(parts(BEGIN, BEGIN + 400 * DAY, SEOUL)) == [(BEGIN, BEGIN + 400 * DAY, 9 * HOUR)]
    assert list(parts(BEGIN, BEGIN + 1, UTC)) == [(BEGIN, BEGIN + 1, 0)]
    assert list(parts(BEGIN, BEGIN, UTC)) == []


def test_a_year_with_summer_time_is_cut_at_the_very_moment() -> None:
    forward, back = ms("2026-03-29T01:00+00:00"), ms("2026-10-25T01:00+00:00")
    end = BEGIN + 365 * DAY
    assert list(parts(BEGIN, end, BERLIN)) == [
        (BEGIN, forward, HOUR),
        (forward, back, 2 * HOUR),
        (back, end, HOUR),
    ]


@pytest.mark.parametrize("start", range(-3, 3))
def test_parts_touch_and_hold_one_offset_wherever_they_begin(start: int) -> None:
    begin = ms("2026-03-29T01:00+00:00") + start
    found = list(parts(begin, begin + 5 * DAY, BERLIN))
    assert (found[0][0], found[-1][1]) == (begin, begin + 5 * DAY)
    for one, two in pairwise(found):
        assert one[1] == two[0]
    for first, last, offset in found:
        assert {offset_at(first, BERLIN), offset_at(last - 1, BERLIN)} == {offset}


def test_a_day_is_one_day_though_the_clock_changes_in_it(database: Database) -> None:
    midnight = ms("2026-03-29T00:00+01:00")
    hours = (0, 1, 2, 22)  # the last is 23:00 on the wall of this 23-hour day
    database.write([event(midnight - BEGIN + hour * HOUR, intensity=0.5) for hour in hours])
    database.write([event(midnight - BEGIN + 23 * HOUR, intensity=1.0)])
    scope = Scope(since=midnight - DAY, until=midnight + 3 * DAY)
    days = mixed(database, scope, "day", BERLIN)
    walls = [f"{datetime.fromtimestamp(day.wall / 1000, UTC):%m-%d %H:%M}" for day in days]
    assert walls == ["03-29 00:00", "03-30 00:00"]
    assert [day.lines for day in days] == [{"joy": 4}, {"joy": 1}]
    assert days[0].intensity == {"joy": pytest.approx(0.5)}


def test_a_week_with_a_change_keeps_its_mean(database: Database) -> None:
    monday = ms("2026-03-23T12:00+01:00") - BEGIN
    database.write([event(monday, intensity=0.2), event(monday + HOUR, intensity=0.4)])
    database.write([event(monday + 6 * DAY, intensity=0.9)])  # Sunday noon, summer time
    scope = Scope(since=BEGIN, until=BEGIN + 365 * DAY)
    (week,) = mixed(database, scope, "week", BERLIN)
    assert week.lines == {"joy": 3}
    assert week.intensity["joy"] == pytest.approx(0.5)


def test_zones_of_half_hours(database: Database) -> None:
    database.write([event(18 * HOUR + 29 * 60_000), event(18 * HOUR + 30 * 60_000)])
    scope = Scope(since=BEGIN, until=BEGIN + 2 * DAY)
    assert [day.lines for day in mixed(database, scope, "day", KOLKATA)] == [{"joy": 1}] * 2
