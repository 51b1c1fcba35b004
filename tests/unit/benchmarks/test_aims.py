"""What was aimed at beside what was measured."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from benchmarks.aims import AIMS, aims


def latencies(p50: float | None, p99: float | None = 9.0) -> dict[str, Any]:
    return {"p50_ms": p50, "p99_ms": p99}


def row(picture: float) -> dict[str, Any]:
    return {"line_to_emotion": latencies(1.0), "line_to_picture": latencies(picture)}


def overhead(p50: float) -> dict[str, Any]:
    return {"line_to_emotion": latencies(p50)}


INT8 = {"backend": "openvino", "precision": "int8", "batch": 1}
OURS = ("int8, atlas", "int8, no atlas", "bf16, no atlas")
LAST = {"offered_per_s": 9000.0, "busy_share": 0.025, "unanswered": 1234}
ALL: dict[str, Any] = {
    "bench": {
        "cached": {
            "line_to_emotion": latencies(5.0),
            "line_to_first_frame_cached": latencies(6.0),
        },
        "uncached": {"line_to_first_frame_uncached": latencies(13.0)},
        "overhead": {"line_to_emotion": latencies(0.5, 2.0)},
    },
    "peers": {
        "naive": {
            models: {"naive": row(180.0), **{f"ours, openvino {who}": row(5.0) for who in OURS}}
            for models in ("published", "bundled")
        },
        "overhead": {
            "rate": 100.0,
            "an echo from a process behind": overhead(0.3),
            "ours": overhead(0.5),
            **{host: overhead(1.5) for host in ("litserve", "mosec", "ray")},
        },
    },
    "engines": {
        "peak_gflops": {"cpu": {"f32": 300.0, "bf16": 150.0, "int8": 1000.0}},
        "rows": [
            {"model": "StarGAN 128 px", "gflop_per_item": 20.0},
            *(
                {**INT8, "model": model, "length": length, "median_ms": median}
                for model, length, median in (
                    ("bundled text", 16, 1.3),
                    ("bundled text", 32, 1.9),
                    ("bundled live face", 0, 5.8),
                )
            ),
        ],
    },
    "sweep": {
        "sweeps": {
            "a": {"goodput_at_twice": 1.2, "rows": [LAST]},
            "b": {"goodput_at_twice": 0.93, "rows": []},
        },
        "bare": {"share": 0.9},
    },
    "capacity": {"from the atlas": {"characters": 64}, "uncached": {"characters": 5}},
    "boundary": {"round_trips": {"1 line": {"added_p50_ms": 0.1}, "1 MiB": {"added_p50_ms": 0.4}}},
}


def changed(*path: str, to: object) -> dict[str, Any]:
    results = deepcopy(ALL)
    place = results
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return results


def test_every_aim_is_looked_at_and_met_here() -> None:
    shown = aims(ALL)
    assert all(f"| {aim.text} |" in shown for aim in AIMS)
    assert shown.count("| yes |") == len(AIMS)
    assert "would do" not in shown


@pytest.mark.parametrize(
    ("who", "wanted", "why"),
    [
        (
            "bf16, no atlas",
            "≥ 3.5×",
            "51 ms would do. This processor's bf16 peak is 150 GFLOP/s",
        ),
        (
            "int8, no atlas",
            "≥ 6×",
            "int8 peak is 1000 GFLOP/s: the picture's arithmetic alone takes 20 ms",
        ),
    ],
)
def test_a_miss_stands_out_and_is_explained(who: str, wanted: str, why: str) -> None:
    results = changed("peers", "naive", "published", f"ours, openvino {who}", to=row(90.0))
    (missed,) = (line for line in aims(results).splitlines() if "**no**" in line)
    assert f"{wanted} | 2× | **no** |" in missed
    assert why in aims(results)


def test_an_echo_explains_a_host_that_is_quick() -> None:
    shown = aims(changed("peers", "overhead", "mosec", to=overhead(0.5)))
    assert (
        "0.25 ms would do. An echo, sent back by a process behind the server, takes 0.30" in shown
    )


def test_the_worst_counts() -> None:
    assert "| ≥ 0.9 | 0.93 | yes |" in aims(ALL)
    worse = changed("sweep", "sweeps", "a", "goodput_at_twice", to=0.5)
    assert "| ≥ 0.9 | 0.5 | **no** |" in aims(worse)
    assert "with a, offered 9,000 lines/s" in aims(worse)
    assert "2.5 % of them were refused with `busy`, 1,234 not answered" in aims(worse)


def test_a_slow_picture_is_held_against_what_its_models_take() -> None:
    shown = aims(changed("peers", "naive", "bundled", "ours, openvino int8, no atlas", to=row(15)))
    assert "12.0 ms would do. Back to back, text model and decoder take 1.3 and 5.8 ms" in shown


def test_what_was_lost_is_a_miss_and_what_was_not_measured_is_left_out() -> None:
    lost = changed("bench", "cached", "line_to_emotion", to=latencies(5.0, None))
    assert "| line → emotion, p99 | ≤ 25 ms | inf ms | **no** |" in aims(lost)
    assert "goodput" not in aims(changed("sweep", "sweeps", "a", "goodput_at_twice", to=None))
    assert "LitServe" not in aims(changed("peers", "overhead", "litserve", to={"failed": "?"}))
    assert "mosec" in aims({"peers": ALL["peers"]})
    slow = changed("peers", "naive", "published", "ours, openvino int8, no atlas", to=row(90.0))
    assert "would do" in aims(slow)
    assert "would do" not in aims({"peers": slow["peers"]}), "the engines were not measured"
    assert aims({}) == ""
