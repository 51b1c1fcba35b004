"""The pictures of the report. Every function returns one picture: SVG, or PNG for word clouds.

The same numbers give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray
from wordcloud import WordCloud

from emopic_engine.data.eda.figures import Lengths, Table
from emopic_engine.data.eda.fonts import register

INK: Final = "#1f2430"
_MUTED: Final = "#7b8494"
_GRID: Final = "#e8ebf0"
_ACCENT: Final = "#4a5fd0"
_COLOURS: Final[Mapping[str, str]] = {
    "joy": "#eda321",
    "anger": "#d64541",
    "anxiety": "#8458b3",
    "neutral": "#8a93a3",
    "sadness": "#3c78c3",
    "surprise": "#1fa08d",
    "disgust": "#6d8b2f",
    "embarrassment": "#e0709b",
    "fear": "#55429a",
    "hurt": "#5f6f8c",
}
_STYLE: Final[Any] = {
    "svg.hashsalt": "emopic",
    "svg.fonttype": "path",
    "axes.edgecolor": "#c9ced8",
    "axes.labelcolor": _MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": _GRID,
    "text.color": INK,
    "xtick.color": _MUTED,
    "ytick.color": INK,
    "ytick.left": False,
    "xtick.bottom": False,
    "font.size": 10.5,
}


def colours(names: Sequence[str]) -> list[str]:
    """One colour for each emotion: known ones keep theirs, the rest share out a colour map."""
    others = [name for name in names if name not in _COLOURS]
    spread = mpl.colormaps["turbo"](np.linspace(0.08, 0.92, max(1, len(others))))
    made = {name: mpl.colors.to_hex(colour) for name, colour in zip(others, spread, strict=False)}
    return [_COLOURS.get(name) or made[name] for name in names]


@dataclass(frozen=True)
class Charts:
    """Draws with one font; `labels` and `colours` are one for each emotion, in order."""

    font: Path
    labels: Sequence[str]
    colours: Sequence[str]

    def label_counts(self, counts: NDArray[np.int64], shares: NDArray[np.float64] | None) -> bytes:
        """Lines by label; with `shares` float64 [K], the sums of soft targets as a second bar."""
        places = np.arange(len(counts))
        with self._axes(7.2, 0.8 + 0.42 * len(counts)) as (axes, done):
            height = 0.62 if shares is None else 0.36
            shift = 0.0 if shares is None else height / 2
            bars = axes.barh(places - shift, counts, height, color=self.colours)
            total = max(1, int(counts.sum()))
            texts = [f" {count:,} · {count / total:.1%}" for count in counts]
            axes.bar_label(bars, texts, color=INK, fontsize=9.5)
            if shares is not None:
                axes.barh(places + shift, shares, height, color=self.colours, alpha=0.35)
            axes.set_yticks(places, self.labels)
            axes.margins(x=0.16)
            axes.set_ylim(len(counts) - 0.5, -0.5)
            axes.grid(visible=False, axis="y")
            axes.set_xlabel("lines" if shares is None else "lines; pale: sum of soft targets")
            return done()

    def lengths(self, lengths: Lengths) -> bytes:
        """A histogram of tokens with the share of lines up to each length."""
        longest = max(lengths.quantile(0.999), lengths.max_tokens + 5)
        width = max(1, -(-longest // 90))
        bins = np.arange(0.5, longest + width, width)
        with self._axes(7.2, 3.4) as (axes, done):
            axes.hist(np.minimum(lengths.tokens, longest), bins.tolist(), color="#aab4ee")
            axes.axvline(lengths.max_tokens, color="#d64541", linewidth=1.3)
            before = lengths.max_tokens > 0.7 * longest  # on the side with more room
            axes.annotate(
                f"≤ {lengths.max_tokens}: {lengths.share_within:.2%}",
                (lengths.max_tokens, 0.5 * axes.get_ylim()[1]),
                xytext=(-6 if before else 6, 0),
                textcoords="offset points",
                color="#d64541",
                ha="right" if before else "left",
            )
            axes.set_xlabel("tokens, with [CLS] and [SEP]")
            axes.set_ylabel("lines")
            self._cumulative(axes, lengths, longest)
            return done()

    def _cumulative(self, axes: Axes, lengths: Lengths, longest: int) -> None:
        steps = np.arange(longest + 1)
        share = np.searchsorted(np.sort(lengths.tokens), steps, side="right") / len(lengths.tokens)
        right = axes.twinx()
        right.plot(steps, share, color=_ACCENT, linewidth=1.8)
        right.set_ylim(0, 1.02)
        right.yaxis.set_major_formatter(PercentFormatter(1))
        right.tick_params(axis="y", labelcolor=_ACCENT)
        right.grid(visible=False)

    def lengths_by_emotion(
        self, tokens: NDArray[np.int64], members: NDArray[np.bool_], shown: Sequence[int]
    ) -> bytes:
        """Box plots: the box holds half of the lines, the whiskers 5 % to 95 %."""
        groups = [tokens[members[:, label]] for label in shown]
        with self._axes(7.2, 0.9 + 0.42 * len(shown)) as (axes, done):
            drawn = axes.boxplot(
                groups,
                orientation="horizontal",
                widths=0.55,
                whis=(5, 95),
                showfliers=False,
                patch_artist=True,
                medianprops={"color": INK, "linewidth": 1.6},
                whiskerprops={"color": "#b6bcc8"},
                capprops={"color": "#b6bcc8"},
            )
            for box, label in zip(drawn["boxes"], shown, strict=True):
                box.set(facecolor=self.colours[label], edgecolor="white", alpha=0.85)
            axes.set_yticks(np.arange(1, len(shown) + 1), [self.labels[i] for i in shown])
            axes.invert_yaxis()
            axes.grid(visible=False, axis="y")
            axes.set_xlim(left=0)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_xlabel("tokens: box 25–75 %, line median, whiskers 5–95 %")
            return done()

    def certainty(self, shares: NDArray[np.float64]) -> bytes:
        """How much of each soft target the largest share holds."""
        with self._axes(7.2, 2.8) as (axes, done):
            axes.hist(shares.max(axis=1), np.linspace(0, 1, 41).tolist(), color="#aab4ee")
            axes.set_xlim(0, 1)
            axes.xaxis.set_major_formatter(PercentFormatter(1))
            axes.set_xlabel("largest share of the soft target")
            axes.set_ylabel("lines")
            return done()

    def together(self, means: NDArray[np.float64], shown: Sequence[int]) -> bytes:
        """A matrix: rows the label, columns the mean soft target, both of the shown emotions."""
        part = means[:, list(shown)]
        names = [self.labels[label] for label in shown]
        side = 1.4 + 0.55 * len(shown)
        with self._axes(max(4.5, side + 1), side) as (axes, done):
            axes.imshow(part, cmap="Blues", vmin=0, vmax=max(0.01, part.max()), aspect="auto")
            axes.set_xticks(range(len(shown)), names, rotation=40, ha="left", color=INK)
            axes.xaxis.tick_top()
            axes.set_yticks(range(len(shown)), names)
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
            for (row, column), value in np.ndenumerate(part):
                ink = "white" if value > 0.6 * part.max() else INK
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, size=9)
            return done()

    def people(self, table: Table) -> bytes:
        """Shares of the emotions within each group of people, with the number of lines."""
        totals = table.counts.sum(axis=1)
        shares = table.counts / np.maximum(totals, 1)[:, None]
        with self._axes(7.2, 0.8 + 0.42 * len(table.groups)) as (axes, done):
            left = np.zeros(len(table.groups))
            for share, colour in zip(shares.T, self.colours, strict=True):
                axes.barh(table.groups, share, 0.66, left, color=colour, edgecolor="white")
                left += share
            for row, total in enumerate(totals):
                axes.text(1.01, row, f"{total:,}", va="center", color=_MUTED, size=9.5)
            axes.set_xlim(0, 1)
            axes.invert_yaxis()
            axes.xaxis.set_major_formatter(PercentFormatter(1))
            axes.grid(visible=False)
            return done()

    def cloud(self, words: Mapping[str, float], label: int) -> bytes:
        """The words of one emotion, in shades of its colour. PNG, twice its shown size."""
        shades = _shades(self.colours[label])
        made = WordCloud(
            font_path=str(self.font),
            width=380,
            height=240,
            scale=2,
            margin=3,
            background_color="white",
            prefer_horizontal=1.0,
            relative_scaling=0.45,
            max_font_size=62,
            min_font_size=9,
            random_state=7,
            color_func=lambda *_, random_state, **__: random_state.choice(shades),
        ).generate_from_frequencies(dict(words))
        content = io.BytesIO()
        made.to_image().quantize(64).save(content, "PNG", optimize=True)
        return content.getvalue()

    @contextmanager
    def _axes(self, width: float, height: float) -> Iterator[tuple[Axes, Callable[[], bytes]]]:
        """Fresh axes in our style, and the function that turns them into SVG."""
        with mpl.rc_context({**_STYLE, "font.family": register(self.font)}):
            figure = Figure(figsize=(width, height), layout="constrained")
            axes = figure.add_subplot()

            def done() -> bytes:
                content = io.BytesIO()
                figure.savefig(content, format="svg", metadata={"Date": None})
                return content.getvalue()

            yield axes, done


def _shades(colour: str) -> list[str]:
    """The colour, and mixtures of it with ink and with white."""
    base, ink = (np.array(mpl.colors.to_rgb(value)) for value in (colour, INK))
    mixes = (base, 0.75 * base + 0.25 * ink, 0.5 * base + 0.5 * ink, 0.78 * base + 0.22)
    return [mpl.colors.to_hex((red, green, blue)) for red, green, blue in mixes]
