"""What was asked for, what was seen, and what counts as on time."""

from __future__ import annotations

from typing import Any, cast

import pytest
from benchmarks.driven import PICTURES, Actor, Expression, Ledger, expression_of

from emopic_client import wire

A: Expression = frozenset({("joy", 3)})
B: Expression = frozenset({("joy", 4)})
INTERVAL = 1 / 30
LABELS = ("joy", "anger", "anxiety", "neutral", "sadness", "surprise")


def actor(place: int = 0) -> Actor:
    return Actor(cast(Any, None), "a", ("joy", "anger"), place)


def test_on_time_is_within_an_interval_of_when_it_was_due():
    ledger = Ledger(INTERVAL)
    ledger.ask("a", A, 10.0, counted=True)
    ledger.see("a", A, 10.0 + INTERVAL - 1e-6, cached=True)
    ledger.ask("a", B, 11.0, counted=True)
    ledger.see("a", B, 11.04, cached=False)
    ledger.close()
    assert (ledger.asked, ledger.on_time, ledger.share) == (2, 1, 0.5)
    assert ledger.to_dict()["cached"] == 0.5
    assert ledger.latency.percentile(100) == pytest.approx(40, rel=0.01)


def test_what_never_comes_is_lost_and_late():
    ledger = Ledger(INTERVAL)
    ledger.ask("a", A, 10.0, counted=True)
    ledger.ask("a", A, 12.0, counted=True)
    ledger.see("a", A, 12.001, cached=True)
    ledger.close()
    assert ledger.latency.lost == 1
    assert ledger.share == 0.5


def test_the_warm_up_and_what_nobody_asked_for_do_not_count():
    ledger = Ledger(INTERVAL)
    ledger.ask("a", A, 10.0, counted=False)
    ledger.see("a", A, 10.001, cached=True)
    ledger.see("a", B, 10.002, cached=True)
    ledger.see("b", A, 10.002, cached=True)
    ledger.close()
    assert ledger.asked == 0
    assert ledger.latency.count == 0


def test_a_picture_is_out_when_the_last_watcher_has_it():
    ledger = Ledger(INTERVAL, watchers=3)
    ledger.ask("a", A, 10.0, counted=True)
    for now in (10.010, 10.020, 10.050):
        ledger.see("a", A, now, cached=True)
    ledger.ask("a", B, 11.0, counted=True)
    ledger.see("a", B, 11.010, cached=True)
    ledger.close()
    assert (ledger.asked, ledger.on_time) == (6, 3)
    assert ledger.to_last.summary()["max_ms"] is None, "one watcher never had the second"
    assert ledger.to_last.percentile(50) == pytest.approx(50, rel=0.01)
    assert ledger.spread.percentile(50) == pytest.approx(40, rel=0.01)
    assert ledger.latency.lost == 2


def test_an_actor_shows_every_picture_once_before_it_begins_again():
    shown = [actor().shown(tick) for tick in range(2 * PICTURES)]
    assert len(set(shown[:PICTURES])) == PICTURES
    assert shown[:PICTURES] == shown[PICTURES:]
    assert actor(1).shown(0) != actor(0).shown(0)


@pytest.mark.parametrize("tick", [0, 15, 16, 63])
def test_a_frame_is_known_by_what_it_shows(tick: int):
    expression = actor().shown(tick)
    weights = dict.fromkeys(LABELS, 0.0) | {name: steps / 16 for name, steps in expression}
    weights["neutral"] = max(0.0, 1 - sum(weights.values()))
    frame = wire.Frame(
        character="a",
        n=1,
        expression=tuple(weights.values()),
        format="jpeg",
        width=1,
        height=1,
        data=b"",
    )
    assert expression_of(frame, LABELS) == expression
