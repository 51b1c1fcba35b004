"""`emopic history`: look at a history, draw it, take it out, delete from it, and measure it.

The database's libraries are imported by the commands that use them, for every `emopic` command
imports this module.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.progress import Progress
from rich.table import Table

from emopic_engine.console import UsageError, err, out, status

if TYPE_CHECKING:
    from emopic_server.history.database import Database, Event, Scope
    from emopic_server.history.queries import Mix, Share

BUCKETS: Final = ("hour", "day", "week")
FORMATS: Final = ("csv", "json")
LANGUAGES: Final = ("ko", "en")
DEFAULT_DAYS: Final = 28

app = typer.Typer(help="The history of what lines meant.", no_args_is_help=True)

Where = Annotated[
    str, typer.Option("--url", envvar="EMOPIC_HISTORY", help="A SQLite file or a database URL.")
]
Owner = Annotated[str | None, typer.Option(help="Only this group (a hash of its token).")]
Character = Annotated[str | None, typer.Option(help="Only lines to this character.")]
Speaker = Annotated[str | None, typer.Option(help="Only lines of this client.")]
Since = Annotated[str | None, typer.Option(help="From this time on: 2026-01-31 or with T13:00.")]
Until = Annotated[str | None, typer.Option(help="Up to this time, without it.")]
Zone = Annotated[str | None, typer.Option(help="Time zone, like Asia/Seoul. Default: this one's.")]

By = Annotated[str, typer.Option(help="hour, day or week.")]
Language = Annotated[str, typer.Option(help="ko or en.")]


@app.command()
def show(
    url: Where,
    owner: Owner = None,
    character: Character = None,
    speaker: Speaker = None,
    since: Since = None,
    until: Until = None,
    zone: Zone = None,
    by: By = "day",
) -> None:
    """Print which emotions there were, over time and by speaker."""
    from emopic_server.history import queries

    _one_of("--by", by, BUCKETS)
    scope = scope_of(owner, character, speaker, since, until, zone)
    with opened(url) as database:
        mixed = queries.rows(database, queries.mix(scope, by, offset_ms(zone)))
        shared = queries.rows(database, queries.shares(scope))
    if not mixed:
        err.print("there is nothing in this part of the history")
        return
    tops = sorted({row.top for row in mixed}, key=lambda top: -_lines(mixed, top))
    out.print(_over_time(mixed, tops, zone, by))
    out.print(_by_speaker(shared, tops))


@app.command()
def export(
    url: Where,
    file: Annotated[Path | None, typer.Option("--out", help="Default: stdout.")] = None,
    format: Annotated[str, typer.Option(help="csv or json.")] = "csv",  # noqa: A002 - the option
    owner: Owner = None,
    character: Character = None,
    speaker: Speaker = None,
    since: Since = None,
    until: Until = None,
    zone: Zone = None,
) -> None:
    """Write events to a CSV or JSON file."""
    from emopic_server.history import queries
    from emopic_server.history.export import write_csv, write_json

    _one_of("--format", format, FORMATS)
    scope = scope_of(owner, character, speaker, since, until, zone)
    with opened(url) as database, _output(file) as target:
        found = _tracked(queries.events(database, scope))
        if format == "json":
            count = write_json(found, target)
        else:
            count = write_csv(found, queries.emotions(database), target)
    err.print(f"{count:,} events")


@app.command()
def plot(
    url: Where,
    folder: Annotated[Path, typer.Option("--out", help="A folder; it is made.")],
    owner: Owner = None,
    character: Character = None,
    speaker: Speaker = None,
    since: Since = None,
    until: Until = None,
    zone: Zone = None,
    by: By = "day",
    lang: Language = "ko",
    font: Annotated[Path | None, typer.Option(help="A font with Korean letters.")] = None,
) -> None:
    """Write the diary's pictures as PNG files. Without --since: the last four weeks."""
    from emopic_server.history.story import gather

    try:
        from emopic_server.history.plot import plot as write
    except ImportError as error:
        hint = "pip install 'emopic-server[plot]'"
        raise UsageError(f"the pictures need {error.name}, which is not here: {hint}") from error
    _one_of("--by", by, BUCKETS)
    _one_of("--lang", lang, LANGUAGES)
    scope = bounded(scope_of(owner, character, speaker, since, until, zone))
    with opened(url) as database:
        story = gather(database, scope, by, _zone(zone) if zone else local_zone())
    if not story.stretches:
        raise UsageError("there is nothing in this part of the history")
    try:
        for path in write(story, folder, lang, font):
            out.print(str(path), markup=False, soft_wrap=True)
    except OSError as error:
        raise UsageError(f"--out {str(folder)!r}: {error.strerror}") from error


@app.command()
def report(
    url: Where,
    file: Annotated[Path, typer.Option("--out", help="The PDF to write.")],
    owner: Owner = None,
    character: Character = None,
    speaker: Speaker = None,
    since: Annotated[str | None, typer.Option(help="The first day: 2026-01-31.")] = None,
    until: Annotated[str | None, typer.Option(help="The day after the last.")] = None,
    zone: Zone = None,
    by: By = "day",
    lang: Language = "ko",
    browser: Annotated[Path | None, typer.Option(help="A Chromium. Default: this one's.")] = None,
) -> None:
    """Print the diary to a PDF, with Chromium. Without --since: the last four weeks."""
    from emopic_server.history.answers import Answers
    from emopic_server.history.report import write_report

    _one_of("--by", by, BUCKETS)
    _one_of("--lang", lang, LANGUAGES)
    first, last = days_of(since, until, zone)
    asked = {"period": "own", "since": first, "last": last, "by": by, "lang": lang}
    named = {"zone": zone or local_zone().key, "character": character, "speaker": speaker}
    asked |= {name: value for name, value in named.items() if value is not None}
    with opened(url) as database, status("printing"):
        write_report(Answers(database), owner, asked, file, browser=browser)
    err.print(f"{file} is written", markup=False, soft_wrap=True)


@app.command()
def delete(
    url: Where,
    owner: Owner = None,
    character: Character = None,
    speaker: Speaker = None,
    since: Since = None,
    until: Until = None,
    zone: Zone = None,
    everything: Annotated[bool, typer.Option("--everything", help="The whole history.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete events for good."""
    from emopic_server.history import queries
    from emopic_server.history.database import Scope

    scope = scope_of(owner, character, speaker, since, until, zone)
    if (scope == Scope()) != everything:
        raise UsageError("say what to delete (--character, --until …), or --everything alone")
    with opened(url) as database:
        count = queries.count(database, scope)
        if count and not yes:
            typer.confirm(f"Delete {count:,} events for good?", abort=True, err=True)
        out.print(f"{database.delete(scope):,} events deleted")


@app.command()
def bench(
    url: Annotated[
        str, typer.Option(help="An empty place for it: a file that is not there yet, or a URL.")
    ],
    events: Annotated[int, typer.Option(min=1, help="How many to fill it with.")] = 10_000_000,
    repeats: Annotated[int, typer.Option(min=1, help="How often each question is asked.")] = 5,
    file: Annotated[Path | None, typer.Option("--out", help="Write the figures as JSON.")] = None,
) -> None:
    """Fill a history with made-up events and time the questions the diary asks."""
    from emopic_server.history.bench import run

    run(url, events, repeats, file)


# ── shared ────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """An existing history. Raises `UsageError` for a file that is not there."""
    if "://" not in url and not Path(url).is_file():
        raise UsageError(f"--url {url!r}: there is no such file, and no history in it")
    from emopic_server.history.database import Database

    database = Database(url)
    try:
        database.prepare()
        yield database
    finally:
        database.close()


def scope_of(
    owner: str | None,
    character: str | None,
    speaker: str | None,
    since: str | None,
    until: str | None,
    zone: str | None,
) -> Scope:
    """What the options choose. Raises `UsageError`."""
    from emopic_server.history.database import Scope

    begin, end = moment(since, zone, "--since"), moment(until, zone, "--until")
    return Scope(owner, character, speaker, begin, end)


def moment(text: str | None, zone: str | None, option: str) -> int | None:
    """Milliseconds since 1970 of an ISO date or time; without an offset it is the zone's."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: use 2026-01-31 or 2026-01-31T13:00") from error
    if time.tzinfo is None:
        time = time.replace(tzinfo=_zone(zone)) if zone else time.astimezone()
    return round(time.timestamp() * 1000)


def bounded(scope: Scope) -> Scope:
    """The same with both ends: up to now, from four weeks before."""
    until = round(datetime.now().timestamp() * 1000) + 1 if scope.until is None else scope.until
    before = until - DEFAULT_DAYS * 86_400_000
    since = before if scope.since is None else scope.since
    if since >= until:
        raise UsageError("--since: use a time before --until")
    return replace(scope, since=since, until=until)


def days_of(since: str | None, until: str | None, zone: str | None) -> tuple[str, str]:
    """The first and the last day (2026-01-31) of what the options say. Raises `UsageError`."""
    given = {"--since": since, "--until": until}
    days: dict[str, date | None] = {}
    for option, text in given.items():
        try:
            days[option] = None if text is None else date.fromisoformat(text)
        except ValueError as error:
            raise UsageError(f"{option} {text!r}: use a day like 2026-01-31") from error
    today = datetime.now(_zone(zone) if zone else local_zone()).date()
    end = days["--until"] or today + timedelta(days=1)
    begin = days["--since"] or end - timedelta(days=DEFAULT_DAYS)
    if begin >= end:
        raise UsageError(f"--since {begin}: use a day before {end}")
    return str(begin), str(end - timedelta(days=1))


def local_zone() -> ZoneInfo:
    """This machine's zone, by `TZ` or /etc/localtime; UTC where it has no name."""
    where = os.environ.get("TZ", "").lstrip(":") or str(Path("/etc/localtime").resolve())
    name = where.rpartition("zoneinfo/")[2]
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"{option} {value!r}: use {', '.join(choices)}")


def offset_ms(zone: str | None) -> int:
    """What local time is ahead of UTC, now."""
    now = datetime.now(_zone(zone)) if zone else datetime.now().astimezone()
    return round((now.utcoffset() or timedelta()).total_seconds() * 1000)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f"--zone {name!r}: use a name like Asia/Seoul") from error


@contextmanager
def _output(file: Path | None) -> Iterator[IO[str]]:
    if file is None:
        yield sys.stdout
        return
    with contextlib.ExitStack() as stack:
        try:
            target = stack.enter_context(file.open("w", encoding="utf-8", newline=""))
        except OSError as error:
            raise UsageError(f"--out {str(file)!r}: {error.strerror}") from error
        yield target


def _tracked(events: Iterator[Event]) -> Iterator[Event]:
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("exporting", total=None)
        for event in events:
            progress.advance(task)
            yield event


def _lines(rows: list[Mix], top: str) -> int:
    return sum(row.lines for row in rows if row.top == top)


def _over_time(rows: list[Mix], tops: list[str], zone: str | None, by: str) -> Table:
    table = Table("from", "lines", *tops, title=f"by {by}")
    by_time: dict[int, dict[str, int]] = {}
    for row in rows:
        by_time.setdefault(row.at, {})[row.top] = row.lines
    for at, lines in by_time.items():
        time = datetime.fromtimestamp(at / 1000, _zone(zone) if zone else None)
        shown = f"{time:%Y-%m-%d %H:%M}" if by == "hour" else f"{time:%Y-%m-%d}"
        table.add_row(shown, *_cells(lines, tops))
    return table


def _by_speaker(rows: list[Share], tops: list[str]) -> Table:
    table = Table("character", "speaker", "lines", *tops, title="by speaker")
    by_name: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        by_name.setdefault((row.character, row.speaker), {})[row.top] = row.lines
    for (character, speaker), lines in by_name.items():
        table.add_row(character, speaker, *_cells(lines, tops))
    return table


def _cells(lines: dict[str, int], tops: list[str]) -> list[str]:
    whole = sum(lines.values())
    return [f"{whole:,}", *(f"{lines.get(top, 0) / whole:.0%}" for top in tops)]
