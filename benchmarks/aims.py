"""What we aimed at beside what was measured: results in, a table out, misses explained."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.markdown import kept, share, table

Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Aim:
    """`found` reads the results; it may raise `KeyError` where they lack something, or return None.
    With `most`, `wanted` is the most that will do, else the least. `why` explains a miss."""

    text: str
    wanted: float
    found: Callable[[Results], float | None]
    unit: str = ""
    most: bool = False
    why: Callable[[Results], str] | None = None

    def value(self, results: Results) -> float | None:
        """What was found, if it was measured."""
        try:
            return self.found(results)
        except KeyError:
            return None

    def reason(self, results: Results) -> str:
        """What the results say about a miss; empty where they lack what it takes."""
        try:
            return "" if self.why is None else self.why(results)
        except KeyError:
            return ""

    def met(self, value: float) -> bool:
        """Whether that will do."""
        return value <= self.wanted if self.most else value >= self.wanted


def aims(results: Results) -> str:
    """The table, then a line for each miss that can be explained. Empty without any result."""
    found = [(aim, value) for aim in AIMS if (value := aim.value(results)) is not None]
    if not found:
        return ""
    rows = [
        (
            aim.text,
            f"{'≤' if aim.most else '≥'} {aim.wanted:g}{aim.unit}",
            f"{value:.3g}{aim.unit}",
            kept(aim.met(value)),
        )
        for aim, value in found
    ]
    notes = [
        f"- *{aim.text}*: {reason}"
        for aim, value in found
        if not aim.met(value) and (reason := aim.reason(results))
    ]
    head = table(("aim", "wanted", "found", "met"), rows)
    return "\n\n".join([head, "\n".join(notes)] if notes else [head])


# ── what is looked at ────────────────────────────────────────────────────────────────────────────


def _ms(latencies: Mapping[str, Any], percentile: str) -> float:
    """A percentile in milliseconds; one that was lost is infinite."""
    value = latencies[f"{percentile}_ms"]
    return math.inf if value is None else float(value)


def _bench(scenario: str, what: str, percentile: str) -> Callable[[Results], float]:
    return lambda results: _ms(results["bench"][scenario][what], percentile)


def _picture(results: Results, models: str, who: str) -> float:
    return _ms(results["peers"]["naive"][models][who]["line_to_picture"], "p50")


def _faster(models: str, who: str) -> Callable[[Results], float]:
    """The naive service with published models over ours."""
    return lambda results: (
        _picture(results, "published", "naive") / _picture(results, models, f"ours, openvino {who}")
    )


def _overhead(results: Results, who: str) -> float:
    return _ms(results["peers"]["overhead"][who]["line_to_emotion"], "p50")


def _lower_than(host: str) -> Callable[[Results], float]:
    return lambda results: _overhead(results, host) / _overhead(results, "ours")


def _share(results: Results) -> float:
    return float(results["sweep"]["bare"]["share"])


def _characters(how: str) -> Callable[[Results], float]:
    return lambda results: float(results["capacity"][how]["characters"])


def _boundary(results: Results) -> float:
    return max(float(row["added_p50_ms"]) for row in results["boundary"]["round_trips"].values())


def _twice(results: Results) -> float | None:
    """The worst sweep; None where one of them found no knee."""
    shares = [sweep["goodput_at_twice"] for sweep in results["sweep"]["sweeps"].values()]
    return None if None in shares else min(shares)


# ── why some are missed ──────────────────────────────────────────────────────────────────────────


def _arithmetic(precision: str, times: float) -> Callable[[Results], str]:
    """What the products of a StarGAN picture alone take at the peak that was measured."""

    def why(results: Results) -> str:
        engines = results["engines"]
        peak = float(engines["peak_gflops"]["cpu"][precision])
        work = {row["model"]: row.get("gflop_per_item") for row in engines["rows"]}
        alone = 1e3 * float(work["StarGAN 128 px"]) / peak
        return (
            f"{_picture(results, 'published', 'naive') / times:.0f} ms would do. This processor's "
            f"{precision} peak is {peak:.0f} GFLOP/s: the picture's arithmetic alone takes "
            f"{alone:.0f} ms, and KoBERT comes before it."
        )

    return why


def _too_many(results: Results) -> str:
    sweeps = results["sweep"]["sweeps"]
    worst = min(sweeps, key=lambda name: float(sweeps[name]["goodput_at_twice"]))
    row = sweeps[worst]["rows"][-1]
    return (
        f"with {worst}, offered {row['offered_per_s']:,.0f} lines/s by one client on the same "
        f"processors; {share(row['busy_share'])} of them were refused with `busy`, "
        f"{row['unanswered']:,} not answered."
    )


def _after_a_pause(results: Results) -> str:
    """Latency is counted after half a second of rest; the engines are timed back to back."""
    rows = {
        row["model"]: row["median_ms"]
        for row in results["engines"]["rows"]
        if (row.get("backend"), row.get("precision")) == ("openvino", "int8")
        and row.get("batch") == 1
        and row.get("length") in (16, 0)  # tokens; pictures have none
    }
    text, face = rows["bundled text"], rows["bundled live face"]
    return (
        f"{_picture(results, 'published', 'naive') / 15:.1f} ms would do. Back to back, text model "
        f"and decoder take {text:.1f} and {face:.1f} ms; here each line comes after a pause."
    )


def _no_mosec(results: Results) -> str:
    echo, half = (
        _overhead(results, "an echo from a process behind"),
        _overhead(results, "mosec") / 2,
    )
    return (
        f"{half:.2f} ms would do. An echo, sent back by a process behind the server, takes "
        f"{echo:.2f} without doing anything."
    )


AIMS: Final[tuple[Aim, ...]] = (
    Aim("line → emotion, p50", 8, _bench("cached", "line_to_emotion", "p50"), " ms", most=True),
    Aim("line → emotion, p99", 25, _bench("cached", "line_to_emotion", "p99"), " ms", most=True),
    Aim(
        "line → first frame, rendered, p50",
        25,
        _bench("uncached", "line_to_first_frame_uncached", "p50"),
        " ms",
        most=True,
    ),
    Aim(
        "line → first frame, rendered, p99",
        60,
        _bench("uncached", "line_to_first_frame_uncached", "p99"),
        " ms",
        most=True,
    ),
    Aim(
        "line → first frame, from the atlas, p50",
        12,
        _bench("cached", "line_to_first_frame_cached", "p50"),
        " ms",
        most=True,
    ),
    Aim(
        "overhead at 500 lines/s, p50", 1, _bench("overhead", "line_to_emotion", "p50"), " ms", True
    ),
    Aim(
        "overhead at 500 lines/s, p99", 3, _bench("overhead", "line_to_emotion", "p99"), " ms", True
    ),
    Aim("what the engine's own process adds, p50", 0.5, _boundary, " ms", most=True),
    Aim("naive over ours, published models, atlas", 12, _faster("published", "int8, atlas"), "×"),
    Aim(
        "naive over ours, published models, int8, rendered",
        6,
        _faster("published", "int8, no atlas"),
        "×",
        why=_arithmetic("int8", 6),
    ),
    Aim(
        "naive over ours, published models, bf16, rendered",
        3.5,
        _faster("published", "bf16, no atlas"),
        "×",
        why=_arithmetic("bf16", 3.5),
    ),
    Aim("naive over ours with bundled models, atlas", 25, _faster("bundled", "int8, atlas"), "×"),
    Aim(
        "naive over ours with bundled models, rendered",
        15,
        _faster("bundled", "int8, no atlas"),
        "×",
        why=_after_a_pause,
    ),
    Aim("LitServe's overhead over ours", 2, _lower_than("litserve"), "×"),
    Aim("mosec's overhead over ours", 2, _lower_than("mosec"), "×", why=_no_mosec),
    Aim("Ray Serve's overhead over ours", 2, _lower_than("ray"), "×"),
    Aim("lines/s with 32 under way, as a share of the bare engine loop's", 0.85, _share),
    Aim("goodput at twice the knee, worst sweep", 0.9, _twice, why=_too_many),
    Aim("characters at 30 fps, from the atlas", 30, _characters("from the atlas")),
    Aim("characters at 30 fps, rendered", 4, _characters("uncached")),
)
