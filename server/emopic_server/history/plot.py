"""The diary's pictures as PNG files, with matplotlib: `emopic history plot`.

The same colours as in the pages (`web/palette.js`), and hatches beside them, so that colour is not
the only thing that tells emotions apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emopic_engine.data.eda.fonts import korean_font, register
from emopic_server.history.queries import LENGTHS
from emopic_server.history.schema import DAY_MS
from emopic_server.history.story import Story

TONES: Final[Mapping[str, str]] = {
    "joy": "#ffb83d",
    "anger": "#ff5d5d",
    "anxiety": "#a98bff",
    "neutral": "#9aa7bd",
    "sadness": "#4f9dff",
    "surprise": "#2fd6bd",
    "disgust": "#9ccc4a",
    "embarrassment": "#ff8fc0",
    "fear": "#8d7dff",
    "hurt": "#d48aa6",
}
OTHERS: Final = ("#f2a36b", "#6fd0e8", "#c9d05b", "#e58be0", "#7fd69a", "#d8a0ff")
_HATCHES: Final = ("", "///", "...", "---", "\\\\\\", "|||", "+++", "xxx")
_DPI: Final = 144
_MOST_SPEAKERS: Final = 12
_TEXTS: Final = {
    "ko": {
        "time": "감정의 흐름",
        "mix": "어떤 감정이 많았나",
        "calendar": "날마다 앞선 감정",
        "speakers": "누가 어떤 감정으로",
        "lines": "대사",
    },
    "en": {
        "time": "Emotions over time",
        "mix": "The mix",
        "calendar": "Each day's leading emotion",
        "speakers": "By speaker",
        "lines": "lines",
    },
}
_STYLE: Final[Mapping[str, Any]] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.unicode_minus": False,
    "hatch.linewidth": 0.7,
    "text.parse_math": False,  # names are written as they are
}


def plot(story: Story, folder: Path, language: str, font: Path | None = None) -> list[Path]:
    """Write time.png, mix.png, calendar.png and speakers.png to `folder`, which is made.

    Raises `DataError` when no font with Korean letters is installed, `OSError` for the folder.
    """
    family = register(korean_font(font))
    folder.mkdir(parents=True, exist_ok=True)
    draw = _Pictures(story, language)
    pictures: Mapping[str, tuple[tuple[float, float], Callable[[Axes], None]]] = {
        "time": ((11, 4.2), draw.time),
        "mix": ((7, 3.6), draw.mix),
        "calendar": (draw.calendar_size, draw.calendar),
        "speakers": ((9, 1.6 + 0.5 * len(draw.speakers_shown)), draw.speakers),
    }
    written = []
    style: Any = {**_STYLE, "font.family": family}  # the stubs list every known key
    with rc_context(style):
        for name, (size, drawn) in pictures.items():
            figure = Figure(figsize=size, layout="constrained")
            axes = figure.add_subplot()
            axes.set_title(_TEXTS[language][name])
            drawn(axes)
            written.append(folder / f"{name}.png")
            figure.savefig(written[-1], dpi=_DPI)
    return written


class _Pictures:
    def __init__(self, story: Story, language: str) -> None:
        self._story = story
        self._language = language
        emotions = story.emotions
        self._names = emotions.korean if language == "ko" else _capital(emotions.names)
        self.speakers_shown = story.speakers[:_MOST_SPEAKERS]
        first, last = story.begin // DAY_MS, (story.end - 1) // DAY_MS
        self._monday = first - (first + 3) % 7  # 1 January 1970 was a Thursday
        self._days = range(first, last + 1)
        self.calendar_size = (2.5 + 0.42 * ((last - self._monday) // 7 + 1), 4.0)

    def time(self, axes: Axes) -> None:
        """Stacked bars of lines over time."""
        length = LENGTHS[self._story.by]
        walls = [_day(one.wall) for one in self._story.stretches]
        floor = [0] * len(walls)
        for place, name in enumerate(self._story.emotions.names):
            counts = [one.lines.get(name, 0) for one in self._story.stretches]
            width = 0.85 * length / DAY_MS
            axes.bar(walls, counts, width, floor, align="edge", **self._look(place))
            floor = [low + count for low, count in zip(floor, counts, strict=True)]
        begin, end = self._story.begin, self._story.end
        axes.set_xlim(_day(begin // DAY_MS * DAY_MS), -(-end // DAY_MS))  # whole days
        axes.xaxis_date()
        axes.set_ylabel(_TEXTS[self._language]["lines"])
        axes.locator_params(axis="y", integer=True)
        axes.legend(ncols=6, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12))

    def mix(self, axes: Axes) -> None:
        """Each emotion's share."""
        totals = self._story.totals
        whole = sum(totals.values()) or 1
        for place, name in enumerate(self._story.emotions.names):
            share = totals[name] / whole
            axes.barh(place, share, **self._look(place))
            axes.text(share, place, f" {share:.0%}", va="center")
        axes.set_yticks(range(len(self._names)), self._names)
        axes.invert_yaxis()
        axes.xaxis.set_major_formatter(lambda value, _position: f"{value:.0%}")

    def calendar(self, axes: Axes) -> None:
        """A square for each day, a column for each week."""
        names = self._story.emotions.names
        for day in self._days:
            week, weekday = divmod(day - self._monday, 7)
            leader = self._story.leaders.get(day)
            place = None if leader is None else names.index(leader)
            look = {"color": "#e6e8ef"} if place is None else self._look(place)
            axes.bar(week, 0.86, 0.86, weekday + 0.07, **{**look, "label": None})
            if place is not None:
                box = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75}
                initial = self._names[place][:1]
                axes.text(week, weekday + 0.5, initial, ha="center", va="center", bbox=box)
        weeks = (self._days[-1] - self._monday) // 7 + 1
        axes.set(aspect="equal", xlim=(-0.6, weeks - 0.4), ylim=(7.1, -0.1))
        axes.set_yticks([0.5, 6.5], [_date(self._monday), _date(self._monday + 6)])
        axes.set_xticks([])
        axes.spines[:].set_visible(False)

    def speakers(self, axes: Axes) -> None:
        """A full bar for each speaker."""
        for row, speaker in enumerate(self.speakers_shown):
            begin = 0.0
            for place, name in enumerate(self._story.emotions.names):
                share = speaker.lines.get(name, 0) / speaker.total
                look = self._look(place)
                axes.barh(row, share, left=begin, **(look if row == 0 else {**look, "label": None}))
                begin += share
        labels = [
            f"{one.speaker} → {one.character}  ({one.total:,})" for one in self.speakers_shown
        ]
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(lambda value, _position: f"{value:.0%}")
        axes.legend(ncols=6, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2))

    def _look(self, place: int) -> dict[str, Any]:
        name = self._story.emotions.names[place]
        return {
            "facecolor": TONES.get(name, OTHERS[place % len(OTHERS)]),
            "edgecolor": "#00000070",
            "linewidth": 0,
            "hatch": _HATCHES[place % len(_HATCHES)],
            "label": self._names[place],
        }


def _capital(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name[:1].upper() + name[1:] for name in names)


def _day(wall: int) -> float:
    """Days since 1970, as matplotlib's dates are."""
    return wall / DAY_MS


def _date(day: int) -> str:
    return f"{datetime.fromtimestamp(day * DAY_MS / 1000, UTC):%m-%d}"
