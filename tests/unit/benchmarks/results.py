"""Small results, shaped as the benchmarks write them."""

from __future__ import annotations

from typing import Any

HEAD: dict[str, Any] = {
    "environment": {
        "when": "2030-01-02T03:04:05+00:00",
        "processor": "A Processor",
        "usable_processors": 2,
        "load_average_1m": 0.25,
        "system": "Linux",
        "python": "3.11.7",
        "versions": {"torch": "2.13"},
        "gpus": [],
    },
    "quick": False,
}
LATENCIES = {
    "count": 100,
    "lost": 0,
    "p50_ms": 1.0,
    "p90_ms": 2.0,
    "p99_ms": 3.0,
    "p99.9_ms": None,
    "max_ms": None,
}


def engine(name: str, batch: int, length: int, median: float) -> dict[str, Any]:
    return {
        "model": "a model",
        "backend": name,
        "precision": "f32",
        "parity": "labels 100.0% of 120",
        "batch": batch,
        "length": length,
        "median_ms": median,
        "p99_ms": 2 * median,
        "items_per_s": 1e3 * batch / median,
        "gflop_per_item": 0.5,
        "floor_ms": median / 4,
        "share_of_floor": 0.25,
    }


def load(offered: float, answered: float) -> dict[str, Any]:
    share = 1 - answered / offered
    return {
        **LATENCIES,
        "offered_per_s": offered,
        "goodput_per_s": answered,
        "refused": {"busy": 3},
        "busy_share": share,
        "late_sends": 0.0,
    }


def trial(characters: int, on_time: float) -> dict[str, Any]:
    return {**LATENCIES, "characters": characters, "on_time": on_time}


RESULTS: dict[str, dict[str, Any]] = {
    "engines": {
        **HEAD,
        "threads": 2,
        "peak_gflops": {"cpu": {"f32": 100.0}},
        "rows": [
            engine("torch", 1, 16, 8.0),
            engine("openvino", 1, 16, 2.0),
            engine("torch", 8, 16, 32.0),
            {"model": "a model", "backend": "bad", "precision": "bf16", "refused": "too far"},
        ],
    },
    "sweep": {
        **HEAD,
        "sweeps": {
            "no-op models": {
                "rows": [load(100, 100), load(200, 110)],
                "knee_per_s": 100.0,
                "goodput_at_twice": 1.1,
                "keeps": True,
                "only_busy": True,
            },
            "stuck": {"rows": [load(100, 50)], "knee_per_s": None},
        },
        "bare": {"bare_per_s": [100.0], "server_per_s": [90.0], "share": 0.9},
    },
    "fairness": {
        **HEAD,
        "others": 8,
        "rate": 0.8,
        "times": 100,
        "limit": 1.5,
        "p99_ratio": 1.2,
        "alone": {"line_to_emotion": LATENCIES},
        "beside a flood": {"line_to_emotion": LATENCIES},
    },
    "capacity": {
        **HEAD,
        "fps": 30,
        "size": 128,
        "enough": 0.99,
        "from the atlas": {
            "characters": 4,
            "limit": 4,
            "trials": [trial(1, 1.0), trial(2, 0.995), trial(4, 0.992)],
        },
        "uncached": {"characters": 0, "limit": 4, "trials": [trial(1, 0.5)]},
    },
    "fanout": {
        **HEAD,
        "rows": [
            {
                "watchers": watchers,
                "fps": 30,
                "on_time": 0.5,
                "spread": LATENCIES,
                "to_last": {**LATENCIES, "p99_ms": None},
                "server_cores": 0.1,
                "server_us_per_picture": 20.0,
                "client_cores": 0.1,
            }
            for watchers in (1, 1000)
        ],
    },
    "connections": {
        **HEAD,
        "idle, identified": {"connections": 2000, "kib_each": 21.5, "few_enough": True},
        "idle, watching": {"connections": 2000, "kib_each": 41.0, "few_enough": False},
        "storm": {
            "clients": 1000,
            "resumed": 999,
            "in_order": 998,
            "until_whole": LATENCIES,
            "soon_enough": False,
        },
    },
    "soak": {
        **HEAD,
        "seconds": 600.0,
        "sessions": 5000,
        "refused": 0,
        "steady": LATENCIES,
        "growth": {"server_mb": 1.01, "engine_mb": 1.0, "descriptors": 1.0, "p99_ms": None},
        "flat": False,
        "samples": [
            {
                "at_s": at,
                "server_mb": 90.0,
                "engine_mb": 500.0,
                "descriptors": 20,
                "p99_ms": None if at == 30 else 9.0,
            }
            for at in (30, 60)
        ],
    },
    "wire": {
        **HEAD,
        "codec": [
            {
                "message": "line",
                "encoding": "msgpack",
                "bytes": 83,
                "encode_per_s": 4e6,
                "decode_per_s": 1e6,
            }
        ],
        "lines_per_s": {"client": {"msgpack": 1e5, "json": 4e4}},
    },
}
