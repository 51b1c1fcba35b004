"""The pictures of the benchmarks' page, from the same JSON as its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

Found = Mapping[str, Any]
_COLOURS: Final = ("#4f9dff", "#ff5d5d", "#2fd6bd", "#ffb83d", "#a98bff", "#9aa7bd", "#ff8fc0")
_MARKS: Final = ("o", "s", "^", "D", "v", "P", "X")
_STYLE: Final[Any] = {  # matplotlib types each of its settings
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "grid.alpha": 0.3,
    "font.size": 9,
}


def sweep(found: Found) -> Figure:
    """Answered by offered, and latency by offered, for each server."""
    sweeps = {name: s for name, s in found["sweeps"].items() if s["rows"]}
    figure = Figure((10, 3.2 * len(sweeps)), layout="constrained")
    axes = figure.subplots(len(sweeps), 2, squeeze=False)
    for (name, each), (left, right) in zip(sweeps.items(), axes, strict=True):
        rows = sorted(each["rows"], key=lambda row: row["offered_per_s"])
        offered = [row["offered_per_s"] for row in rows]
        left.plot(offered, offered, "--", color="#9aa7bd", label="offered")
        left.plot(offered, [row["goodput_per_s"] for row in rows], "o-", label="answered")
        _knee(left, each)
        left.set(title=name, xlabel="lines/s offered", ylabel="lines/s")
        for place, key in enumerate(("p50_ms", "p99_ms", "max_ms")):
            right.plot(
                offered,
                [row[key] if row[key] is not None else np.nan for row in rows],
                marker=_MARKS[place],
                color=_COLOURS[place],
                label=key.removesuffix("_ms"),
            )
        _knee(right, each)
        right.set(title="line → emotion", xlabel="lines/s offered", ylabel="ms", yscale="log")
        _plainly(right.yaxis)
        for axis in (left, right):
            axis.legend(frameon=False)
    return figure


def _knee(axes: Axes, found: Found) -> None:
    if found["knee_per_s"] is not None:
        axes.axvline(found["knee_per_s"], color="#ffb83d", linestyle=":", label="knee")


def _plainly(*axes: Axis) -> None:
    """Numbers as people write them, also where a scale is logarithmic."""
    for axis in axes:
        axis.set_major_formatter(ScalarFormatter())
        axis.set_minor_formatter(NullFormatter())


def engines(found: Found) -> Figure:
    """The median of one item alone, by model and engine; below each bar the floor."""
    rows = [r for r in found["rows"] if r.get("batch") == 1 and r["length"] in (0, 16)]
    models = list(dict.fromkeys(r["model"] for r in rows))
    names = list(dict.fromkeys(f"{r['backend']} {r['precision']}" for r in rows))
    figure = Figure((10, 4), layout="constrained")
    axes, width = figure.subplots(), 0.8 / len(names)
    for place, name in enumerate(names):
        own = {r["model"]: r for r in rows if f"{r['backend']} {r['precision']}" == name}
        at = [models.index(model) + width * (place - (len(names) - 1) / 2) for model in own]
        colour = _COLOURS[place % len(_COLOURS)]
        axes.bar(at, [r["median_ms"] for r in own.values()], 0.9 * width, color=colour, label=name)
        floors = [r["floor_ms"] for r in own.values()]
        axes.hlines(floors, np.array(at) - 0.45 * width, np.array(at) + 0.45 * width, color="black")
    axes.set_xticks(range(len(models)), models)
    axes.set(title="One item, median (line: its floor)", ylabel="ms", yscale="log")
    _plainly(axes.yaxis)
    axes.legend(frameon=False, ncols=2)
    return figure


def fanout(found: Found) -> Figure:
    """Until the last watcher has a picture, and what the server takes."""
    figure = Figure((10, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for place, fps in enumerate(sorted({row["fps"] for row in found["rows"]}, reverse=True)):
        rows = [row for row in found["rows"] if row["fps"] == fps]
        watchers = [row["watchers"] for row in rows]
        style: dict[str, Any] = {"color": _COLOURS[place], "marker": _MARKS[place]}
        for key, line in (("p50_ms", "-"), ("p99_ms", ":")):
            values = [np.nan if (v := row["to_last"][key]) is None else v for row in rows]
            label = f"{fps} fps, {key.removesuffix('_ms')}"
            left.plot(watchers, values, linestyle=line, label=label, **style)
        cores = [row["server_cores"] for row in rows]
        right.plot(watchers, cores, label=f"{fps} fps", **style)
    left.axhline(1e3 / 30, color="#9aa7bd", linestyle="--")
    left.set(
        title="To the last watcher", xlabel="watchers", ylabel="ms", xscale="log", yscale="log"
    )
    right.set(title="Server's processor time", xlabel="watchers", ylabel="processors", xscale="log")
    _plainly(left.xaxis, left.yaxis, right.xaxis)
    for axes in (left, right):
        axes.legend(frameon=False)
    return figure


def capacity(found: Found) -> Figure:
    """The share on time of every trial."""
    figure = Figure((6, 3.4), layout="constrained")
    axes = figure.subplots()
    for place, name in enumerate(("from the atlas", "uncached")):
        trials = sorted(found[name]["trials"], key=lambda trial: trial["characters"])
        x = [trial["characters"] for trial in trials]
        y = [100 * trial["on_time"] for trial in trials]
        axes.plot(x, y, color=_COLOURS[place], marker=_MARKS[place], label=name)
    axes.axhline(100 * found["enough"], color="#9aa7bd", linestyle="--")
    axes.set(title="On time at 30 fps", xlabel="characters", ylabel="%", xscale="log")
    _plainly(axes.xaxis)
    axes.legend(frameon=False)
    return figure


def soak(found: Found) -> Figure:
    """Memory and latency over time."""
    figure = Figure((10, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    at = [sample["at_s"] / 60 for sample in found["samples"]]
    for place, name in enumerate(("server_mb", "engine_mb")):
        values = [sample[name] for sample in found["samples"]]
        left.plot(at, values, color=_COLOURS[place], label=name.removesuffix("_mb"))
    right.plot(at, [sample["p99_ms"] for sample in found["samples"]], color=_COLOURS[0])
    left.set(title="Resident memory", xlabel="minutes", ylabel="MB", ylim=(0, None))
    right.set(title="p99 of a line", xlabel="minutes", ylabel="ms", ylim=(0, None))
    left.legend(frameon=False)
    return figure


PLOTS: Final[Mapping[str, Callable[[Found], Figure]]] = {
    "engines": engines,
    "sweep": sweep,
    "capacity": capacity,
    "fanout": fanout,
    "soak": soak,
}
"""By the name of the JSON. Styled by whoever saves them: see `styled`."""


def styled(name: str, found: Found) -> Figure:
    """The picture of a result in the page's style."""
    with rc_context(_STYLE):
        return PLOTS[name](found)
