"""What `emopic train face-eval` writes: figures as JSON, and as Markdown against the demands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emopic_engine.data.faces.actions import EMOTIONS

from .face_eval import Errors, FaceReport, Verdict, accuracy

PEOPLE = 60
BELOW, BELOW_EMOTION, BELOW_OTHERS = 0.05, 0.10, 0.08  # the rendered truth's accuracy
MONOTONE, JUMP = 0.9, 2.0
ROUNDING = 1e-9


@dataclass(frozen=True)
class Demand:
    """One thing asked of the model, what was measured, and whether that meets it."""

    what: str
    measured: str
    met: bool


def as_values(report: FaceReport) -> dict[str, Any]:
    """The report as plain values for JSON."""
    values = asdict(report)
    values["verdicts"] = [
        {
            "judge": verdict.judge,
            "pictures": verdict.pictures,
            "accuracy": verdict.accuracy,
            "confusion": verdict.confusion.tolist(),
            "accuracy_by_look": {k: accuracy(v) for k, v in verdict.by_look.items()},
        }
        for verdict in report.verdicts
    ]
    values["demands"] = [asdict(demand) for demand in demands(report)]
    return values


def demands(report: FaceReport) -> list[Demand]:
    """What a model should do, judge by judge where a judge says so."""
    count = sum(report.people.values())
    found = [Demand(f"at least {PEOPLE} held-out people judged", str(count), count >= PEOPLE)]
    for judge in dict.fromkeys(verdict.judge for verdict in report.verdicts):
        found += _readings(report, judge)
        curves = [item for item in report.strengths if item.judge == judge]
        if curves:
            worst = min(curves, key=lambda item: item.correlation)
            text = f"{worst.correlation:.2f} ({worst.emotion})"
            what = f"{judge}: score follows strength, rank correlation ≥ {MONOTONE}"
            found.append(Demand(what, text, worst.correlation >= MONOTONE))
    emotion, jump = max(report.jumps.items(), key=lambda item: item[1])
    what = f"largest step of a 12-frame transition ≤ {JUMP:g} × the mean"
    found.append(Demand(what, f"{jump:.2f} ({emotion})", jump <= JUMP))
    what = "difference outside the feather exactly 0"
    found.append(Demand(what, str(report.outside), report.outside == 0))
    closer = report.from_rest.edges < report.from_rest.edges_of_copy
    text = f"{report.from_rest.edges:.4f} against {report.from_rest.edges_of_copy:.4f}"
    return [*found, Demand("edges closer to the truth than the copy's", text, closer)]


def _readings(report: FaceReport, judge: str) -> list[Demand]:
    sets = {v.pictures: v for v in report.verdicts if v.judge == judge}
    truth, made = sets["rendered"], sets["generated"]
    others = sets["from other expressions"]
    lag = truth.accuracy - made.accuracy
    lags = recalls(truth.confusion) - recalls(made.confusion)
    worst = int(np.argmax(lags))
    other = truth.accuracy - others.accuracy
    return [
        Demand(
            f"{judge}: at most {BELOW * 100:.0f} points below the rendered truth",
            f"{lag * 100:+.1f}",
            lag <= BELOW + ROUNDING,
        ),
        Demand(
            f"{judge}: no emotion more than {BELOW_EMOTION * 100:.0f} points below",
            f"{lags[worst] * 100:+.1f} ({EMOTIONS[worst]})",
            bool(lags[worst] <= BELOW_EMOTION + ROUNDING),
        ),
        Demand(
            f"{judge}: from other expressions at most {BELOW_OTHERS * 100:.0f} points below",
            f"{other * 100:+.1f}",
            other <= BELOW_OTHERS + ROUNDING,
        ),
    ]


def recalls(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of each emotion that was read right."""
    shares: NDArray[np.float64] = table.diagonal() / np.maximum(1, table.sum(1))
    return shares


def as_markdown(report: FaceReport) -> str:
    """The report as Markdown tables."""
    parts = [
        _table(("demand", "measured", "met"), [_demand(item) for item in demands(report)]),
        _table(
            ("judge", "pictures", "accuracy", *EMOTIONS), [_reading(v) for v in report.verdicts]
        ),
        _looks(report),
        _table(
            ("judge", "emotion", "rank correlation", "median of people", "score at 0 → ½ → 1"),
            [
                (
                    item.judge,
                    item.emotion,
                    f"{item.correlation:.2f}",
                    f"{item.of_people:.2f}",
                    " → ".join(f"{item.curve[place]:.2f}" for place in (0, 4, 8)),
                )
                for item in report.strengths
            ],
        ),
        _error_table(report),
    ]
    return "\n\n".join(parts) + "\n"


def _demand(item: Demand) -> tuple[str, ...]:
    return item.what, item.measured, "yes" if item.met else "**no**"


def _reading(verdict: Verdict) -> tuple[str, ...]:
    shares = [f"{share:.2f}" for share in recalls(verdict.confusion)]
    return verdict.judge, verdict.pictures, f"{verdict.accuracy:.3f}", *shares


def _looks(report: FaceReport) -> str:
    looks = list(report.verdicts[0].by_look)
    rows = [
        (v.judge, v.pictures, *(f"{accuracy(v.by_look[look]):.3f}" for look in looks))
        for v in report.verdicts
    ]
    counts = [
        f"{look} ({report.people.get(look, 0)}, {report.missed.get(look, 0)} not found)"
        for look in looks
    ]
    return _table(("judge", "pictures", *counts), rows)


def _error_table(report: FaceReport) -> str:
    rows: dict[str, Errors] = {"from rest": report.from_rest}
    rows["from other expressions"] = report.from_others
    rows |= report.lively
    head = ("difference from the truth", "pixels", "of the copy", "edges", "of the copy")
    cells = [
        (name, *(f"{value:.4f}" for value in asdict(error).values()))
        for name, error in rows.items()
    ]
    return _table(head, cells)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
