"""What `GET /v1/history/…` answers, as bytes. Blocks; knows no sockets and no tokens.

    /mix          emotions by hour, day or week          /lines        newest or strongest lines
    /shares       by character and speaker               /streaks      days and lines in a row
    /export.csv   /export.json                           everything, as `emopic history export`

Every answer is about one group, or with `owner` None about all of them. Times are in milliseconds
since 1970, UTC; `begin` is local time.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from emopic_engine.emotions import Emotions
from emopic_server.errors import HistoryError, ReadRefusal, TooSlow
from emopic_server.history import queries
from emopic_server.history.answer import JSON, ROOT, Answer, refused
from emopic_server.history.database import Database, Event
from emopic_server.history.export import write_csv, write_json
from emopic_server.history.question import Question, parse
from emopic_server.history.schema import DAY_MS
from emopic_server.history.streaks import Streak, current, leaders, longest
from emopic_server.history.zones import mixed, offset_at

PATIENCE_S: Final = 6.0
MOST_EXPORTED: Final = 20_000
_CSV: Final = "text/csv; charset=utf-8"


class Answers:
    """Answers questions about one history. May be used from several threads.

    `keep` is what the server keeps of new lines, for pages that explain it; None is not known.
    """

    def __init__(self, database: Database, keep: str | None = None) -> None:
        self._database = database
        self._keep = keep
        self._routes: Mapping[str, Callable[[Question], Answer]] = {
            f"{ROOT}/mix": self._mix,
            f"{ROOT}/shares": self._shares,
            f"{ROOT}/lines": self._lines,
            f"{ROOT}/streaks": self._streaks,
            f"{ROOT}/export.csv": self._export_csv,
            f"{ROOT}/export.json": self._export_json,
        }

    def answer(self, path: str, query: str, owner: str | None) -> Answer:
        """The answer for a group; what cannot be answered is an answer too, with its reason."""
        try:
            route = self._routes.get(path)
            if route is None:
                known = ", ".join(self._routes)
                raise ReadRefusal(404, "not_found", f"there is no {path[:80]}: use {known}")
            return route(parse(query, owner, round(time.time() * 1000)))
        except ReadRefusal as refusal:
            return refused(refusal)
        except TooSlow as error:
            fix = f"{error}; ask about a shorter time"
            return refused(ReadRefusal(503, "too_slow", fix))
        except HistoryError as error:
            return refused(ReadRefusal(503, "history_failed", error.message))

    # ── the questions ─────────────────────────────────────────────────────────────────────────────

    def _mix(self, asked: Question) -> Answer:
        stretches = mixed(self._database, asked.scope, asked.by, asked.zone, PATIENCE_S)
        rows = [
            {
                "begin": _wall(stretch.wall),
                "lines": stretch.lines,
                "intensity": {name: round(v, 4) for name, v in stretch.intensity.items()},
            }
            for stretch in stretches
        ]
        return self._answer(asked, by=asked.by, rows=rows)

    def _shares(self, asked: Question) -> Answer:
        found = self._rows(queries.shares(asked.scope))
        by_name: dict[tuple[str, str], dict[str, Any]] = {}
        for row in (queries.Share(*row) for row in found):
            empty = {
                "character": row.character,
                "speaker": row.speaker,
                "lines": {},
                "intensity": {},
            }
            entry = by_name.setdefault((row.character, row.speaker), empty)
            entry["lines"][row.top] = int(row.lines)
            entry["intensity"][row.top] = round(float(row.intensity), 4)
        return self._answer(asked, rows=list(by_name.values()))

    def _lines(self, asked: Question) -> Answer:
        question = queries.newest if asked.order == "newest" else queries.strongest
        statement = question(asked.scope, asked.limit)
        found = queries.chosen(self._database, statement, PATIENCE_S)
        return self._answer(asked, order=asked.order, keep=self._keep, rows=list(map(_line, found)))

    def _streaks(self, asked: Question) -> Answer:
        days = mixed(self._database, asked.scope, "day", asked.zone, PATIENCE_S)
        by_day = {stretch.wall // DAY_MS: stretch.lines for stretch in days}
        emotions = queries.emotions(self._database, PATIENCE_S)
        ahead = leaders(by_day, emotions)
        now = round(time.time() * 1000)
        today = (now + offset_at(now, asked.zone)) // DAY_MS
        each = {name: longest(day for day in ahead if ahead[day] == name) for name in emotions}
        runs = [queries.Run(*row)._asdict() for row in self._rows(queries.runs(asked.scope))]
        return self._answer(
            asked,
            days={"longest": _streak(longest(by_day)), "current": _streak(current(by_day, today))},
            leaders={_date(day): name for day, name in sorted(ahead.items())},
            longest={name: _streak(run) for name, run in each.items() if run is not None},
            runs=runs,
        )

    def _export_csv(self, asked: Question) -> Answer:
        found = self._exported(asked)
        file = io.StringIO(newline="")
        write_csv(found, queries.emotions(self._database, PATIENCE_S), file)
        return _download(file, "csv", _CSV)

    def _export_json(self, asked: Question) -> Answer:
        file = io.StringIO()
        write_json(self._exported(asked), file)
        return _download(file, "json", JSON)

    # ── shared ────────────────────────────────────────────────────────────────────────────────────

    def _exported(self, asked: Question) -> list[Event]:
        count = queries.count(self._database, asked.scope, PATIENCE_S)
        if count > MOST_EXPORTED:
            message = (
                f"{count:,} events, and over HTTP at most {MOST_EXPORTED:,}: ask about a shorter "
                f"time, or use `emopic history export`"
            )
            raise ReadRefusal(413, "too_large", message)
        return list(queries.events(self._database, asked.scope, PATIENCE_S))

    def _rows(self, statement: Any) -> list[Any]:
        return queries.rows(self._database, statement, PATIENCE_S)

    def _answer(self, asked: Question, **body: object) -> Answer:
        emotions = Emotions.from_labels(queries.emotions(self._database, PATIENCE_S) or ["neutral"])
        pairs = zip(emotions.names, emotions.korean, strict=True)
        whole = {
            "zone": asked.zone_name,
            "since": asked.scope.since,
            "until": asked.scope.until,
            "emotions": [{"id": name, "ko": korean} for name, korean in pairs],
            **body,
        }
        return Answer(200, _json(whole))


def _line(event: Event) -> dict[str, object]:
    return {
        "at": event.at,
        "character": event.character,
        "speaker": event.speaker,
        "top": event.top,
        "intensity": round(event.intensity, 4),
        "scores": dict(zip(event.labels, event.scores, strict=True)),
        "text": event.text,
    }


def _streak(streak: Streak | None) -> dict[str, object] | None:
    if streak is None:
        return None
    return {"days": streak.days, "begin": _date(streak.begin), "end": _date(streak.end)}


def _date(day: int) -> str:
    return f"{datetime.fromtimestamp(day * DAY_MS / 1000, UTC):%Y-%m-%d}"


def _wall(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M}"


def _download(file: io.StringIO, suffix: str, content_type: str) -> Answer:
    named = {"Content-Disposition": f'attachment; filename="emopic-history.{suffix}"'}
    return Answer(200, file.getvalue().encode(), content_type, named)


def _json(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"
