"""Results as Markdown, one function for each benchmark: JSON in, text out, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from benchmarks.engine_tables import engines
from benchmarks.markdown import LOST, kept, ms, share, table
from benchmarks.peers.report import markdown as peers_tables

from emopic_server.bench.boundary import table as boundary_table
from emopic_server.bench.report import markdown as latency_table

Found = Mapping[str, Any]


def machine(found: Found) -> str:
    """What it was measured on, and a warning where it was measured in a hurry."""
    about = found["environment"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    gpus = "".join(f", {gpu}" for gpu in about.get("gpus", ()))
    load = about["load_average_1m"]
    text = (
        f"{about['when'][:10]} · {about['processor']}, {about['usable_processors']} processors"
        f"{gpus}, "
        f"load average at the start {'unknown' if load is None else f'{load:.2f}'} · "
        f"{about['system']} · Python {about['python']}, {versions}."
    )
    hurry = " **A quick run: it shows that the benchmark works, no more.**"
    return text + hurry * bool(found.get("quick"))


def bench(found: Found) -> str:
    """`emopic bench`."""
    return latency_table(dict(found))


def fairness(found: Found) -> str:
    """The others alone, and beside a flood."""
    rows = [
        (
            name,
            *(ms(found[name]["line_to_emotion"][f"{p}_ms"]) for p in ("p50", "p90", "p99", "max")),
        )
        for name in ("alone", "beside a flood")
    ]
    heads = (
        f"{found['others']} clients, {found['rate']:g} lines/s each",
        "p50",
        "p90",
        "p99",
        "max ms",
    )
    ratio = found["p99_ratio"]
    text = (
        f"One more client sends {found['times']} times as many: the others' p99 is {ratio:g} times "
        f"theirs alone ({found['limit']:g} wanted at most): {kept(ratio <= found['limit'])}."
    )
    return f"{table(heads, rows)}\n\n{text}"


def wire(found: Found) -> str:
    """Messages, then both sides."""
    rows = [
        (
            row["message"],
            row["encoding"],
            f"{row['bytes']:,}",
            f"{row['encode_per_s'] / 1e3:,.0f}",
            f"{row['decode_per_s'] / 1e3:,.0f}",
        )
        for row in found["codec"]
    ]
    heads = ("message", "encoding", "bytes", "written, 1,000/s", "read, 1,000/s")
    sides = [
        (side, *(f"{rates[encoding]:,.0f}" for encoding in ("msgpack", "json")))
        for side, rates in found["lines_per_s"].items()
    ]
    both = table(("a line and its emotion, a second", "msgpack", "json"), sides)
    return f"{table(heads, rows)}\n\n{both}"


def sweep(found: Found) -> str:
    """Each server's loads, its knee, and the bare loop."""
    parts = [_sweep(name, each) for name, each in found["sweeps"].items()]
    bare = found["bare"]
    parts.append(
        f"The bare engine loop, 16 lines at a time, reads {_middle(bare['bare_per_s'])}, the "
        f"server with 32 under way {_middle(bare['server_per_s'])}: **{share(bare['share'])}** of "
        "it (85 % wanted)."
    )
    return "\n\n".join(parts)


def _sweep(name: str, found: Found) -> str:
    rows = [
        (
            f"{row['offered_per_s']:g}",
            f"{row['goodput_per_s']:g}",
            share(row["busy_share"]),
            *(ms(row[key]) for key in ("p50_ms", "p99_ms", "p99.9_ms", "max_ms")),
            share(row["late_sends"]),
        )
        for row in found["rows"]
    ]
    heads = ("offered/s", "answered/s", "busy", "p50", "p99", "p99.9", "max ms", "sent late")
    if found["knee_per_s"] is None:
        verdict = "No load held."
    else:
        verdict = (
            f"Knee {found['knee_per_s']:g} lines/s; at twice that load "
            f"{share(found['goodput_at_twice'])} of it (90 % wanted); every other line refused "
            f"with `busy`: {kept(found['only_busy'])}."
        )
    return f"**{name}**\n\n{table(heads, rows)}\n\n{verdict}"


def _middle(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{median(values):.0f} lines/s ({low:.0f} to {high:.0f} in {len(values)} turns)"


def capacity(found: Found) -> str:
    """How many, and the trials at the edge."""
    rows = []
    for name in ("from the atlas", "uncached"):
        each = found[name]
        most = f"{each['characters']}{' (no more tried)' * (each['characters'] == each['limit'])}"
        good = [t for t in each["trials"] if t["characters"] == each["characters"]]
        shown = good[-1] if good else None
        rows.append((name, most, *(_trial(shown) if shown else ("–",) * 3)))
    heads = (f"{found['size']} px, {found['fps']} fps", "characters", "on time", "p50", "p99 ms")
    return table(heads, rows)


def _trial(trial: Found) -> tuple[str, str, str]:
    return share(trial["on_time"]), ms(trial["p50_ms"]), ms(trial["p99_ms"])


def fanout(found: Found) -> str:
    """A row for each number of watchers."""
    rows = [
        (
            row["watchers"],
            row["fps"],
            share(row["on_time"]),
            *(ms(row[part][f"{p}_ms"]) for part in ("to_last", "spread") for p in ("p50", "p99")),
            f"{row['server_cores']:.2f}",
            f"{row['server_us_per_picture']:.0f}",
            f"{row['client_cores']:.2f}",
        )
        for row in found["rows"]
    ]
    heads = (
        "watchers",
        "fps",
        "on time",
        "to the last, p50",
        "p99 ms",
        "first to last, p50",
        "p99 ms",
        "server, processors",
        "µs a picture",
        "our client",
    )
    return table(heads, rows)


def connections(found: Found) -> str:
    """Memory, then the storm."""
    rows = [
        (name, each["connections"], each["kib_each"], kept(each["few_enough"]))
        for name, each in found.items()
        if name.startswith("idle")
    ]
    storm = found["storm"]
    late = storm["until_whole"]
    text = (
        f"Storm: {storm['resumed']} of {storm['clients']} sessions resumed, {storm['in_order']} "
        f"with every event once and in order; p50 {ms(late['p50_ms'], 0)}, "
        f"p99 {ms(late['p99_ms'], 0)}, last {ms(late['max_ms'], 0)} ms (10,000 wanted): "
        f"{kept(storm['soon_enough'])}."
    )
    return table(("", "connections", "KiB each", "40 or less"), rows) + f"\n\n{text}"


def soak(found: Found) -> str:
    """First and last sample, and what has grown."""
    first, last = found["samples"][0], found["samples"][-1]
    names = {"server_mb": "server, MB", "engine_mb": "engine, MB", "descriptors": "descriptors"}
    rows = [
        (title, first[name], last[name], _times(found["growth"][name]))
        for name, title in (names | {"p99_ms": "p99 of a line, ms"}).items()
    ]
    steady = found["steady"]
    text = (
        f"{found['sessions']:,} sessions in {found['seconds']:g} s; the one that stayed: "
        f"p50 {ms(steady['p50_ms'])}, p99 {ms(steady['p99_ms'])} ms, {steady['lost']} lines lost. "
        f"Lines refused: {found['refused']}. Flat: {kept(found['flat'])}."
    )
    return table(("", "first", "last", "growth"), rows) + f"\n\n{text}"


def _times(growth: float | None) -> str:
    return LOST if growth is None else f"×{growth:g}"


def kills(found: Found) -> str:
    """What 20 deaths of the engine did."""
    rows = [
        ("lines sent", found["lines"]),
        ("refused", sum(found["refused"].values())),
        ("slowest answer, s", found["slowest_answer_s"]),
        ("serving again, s, at most", max(found["serving_again_s"])),
        ("wrong", "; ".join(found["wrong"]) or "nothing"),
    ]
    return table((f"{found['kills']} kills at {found['rate']:g} lines/s", ""), rows)


def boundary(found: Found) -> str:
    """The cost of the engine's own process."""
    return boundary_table(dict(found["round_trips"]))


def peers(found: Found) -> str:
    """The naive service and the hosts."""
    return peers_tables(dict(found)).strip()


SECTIONS: Final[Mapping[str, tuple[str, Callable[[Found], str]]]] = {
    "bench": ("A line, from end to end", bench),
    "peers": ("Beside what people would use instead", peers),
    "engines": ("The engines alone", engines),
    "sweep": ("The server under load", sweep),
    "fairness": ("One client that floods", fairness),
    "capacity": ("Faces at 30 frames a second", capacity),
    "fanout": ("One face, many watchers", fanout),
    "connections": ("Many connections", connections),
    "soak": ("Clients that come and go", soak),
    "wire": ("Messages", wire),
    "boundary": ("The engine's own process", boundary),
    "kills": ("Killing the engine", kills),
}
"""By the name of the JSON: the title and what makes the text, in the order of the page."""
