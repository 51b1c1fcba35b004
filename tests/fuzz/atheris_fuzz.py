"""Coverage-guided fuzzing: `python -m tests.fuzz.atheris_fuzz --seconds 60`.

Needs `pip install atheris` (Linux and macOS). Two targets:

- `wire`: whatever comes is a message that survives a round trip, or one `WireError` with a known
  code. Both encodings, both directions.
- `hub`: a session is fed golden messages with some bytes changed. The core never raises, whatever
  they are, and says only what the wire can say.

Starts from the golden messages; inputs that reach something new are kept in the corpus folder, for
the next run. One that breaks the invariant ends the run, and is written to `crash-…`. With
`--small-stack` each input is looked at in a thread that has 128 KiB of stack.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

Check: TypeAlias = Callable[[bytes], None]
_MESSAGES: Final = 12  # of a session
_EDITS: Final = 4  # bytes changed in one of them


def wire_target() -> Check:
    """See the module."""
    import atheris

    with atheris.instrument_imports(include=["emopic_client.wire"]):
        import emopic_client.wire  # noqa: F401
    from tests.fuzz import test_wire

    def check(data: bytes) -> None:
        test_wire.check(data, "msgpack")
        test_wire.check(data, "json")
        test_wire.check(data.decode("utf-8", "replace"), "json")

    return check


def hub_target() -> Check:
    """See the module."""
    import atheris

    with atheris.instrument_imports(include=["emopic_server.core", "emopic_client.wire"]):
        from tests.unit.server.core.bench import SMALL, Bench, put

    from tests.fuzz.test_wire import PACKED, mutate

    from emopic_client import wire

    def check(data: bytes) -> None:
        give = atheris.FuzzedDataProvider(data)
        bench = Bench(atlas_bytes=1 << 16)
        connection = bench.open()
        bench.send(connection, put(), wire.Watch(character="a", frames=SMALL, blendshapes="arkit"))
        for _ in range(give.ConsumeIntInRange(1, _MESSAGES)):
            message = give.PickValueInList(PACKED)
            edits = [
                (give.ConsumeIntInRange(0, 2), give.ConsumeIntInRange(0, 999), give.ConsumeUInt(1))
                for _ in range(give.ConsumeIntInRange(0, _EDITS))
            ]
            bench.hub.receive(connection, mutate(message, edits), bench.now)
            bench.work()
            bench.now += give.ConsumeIntInRange(0, 2000) / 1000
            bench.hub.tick(bench.now)
            bench.read(connection)

    return check


TARGETS: Final = {"wire": wire_target, "hub": hub_target}


def main() -> None:
    """Parse the options, write the seeds and fuzz. Atheris ends the process itself."""
    import atheris

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.atheris_fuzz")
    parser.add_argument("--target", choices=sorted(TARGETS), default="wire")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--small-stack", action="store_true")
    parser.add_argument("--corpus", type=Path, help="kept between runs; default: a new folder")
    options = parser.parse_args()
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix="emopic-fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    check = TARGETS[options.target]()
    from tests.fuzz import test_wire

    for number, data in enumerate([*test_wire.PACKED, *test_wire.TEXTS]):
        (corpus / f"seed-{number:03}").write_bytes(data)
    once = check
    if options.small_stack:
        once = lambda data: test_wire.on_small_stack(lambda: check(data))  # noqa: E731
    limits = [f"-max_total_time={options.seconds}", "-max_len=4096", "-timeout=20"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, "-print_final_stats=1"], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
