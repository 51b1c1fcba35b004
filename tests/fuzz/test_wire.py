"""Whatever comes over the wire: a message, or one `WireError` with a code and a short text."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emopic_client import wire

CODES = {"bad_message", "unknown_type", "bad_field"}
SMALL_STACK = 128 * 1024
VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "messages.json").read_text(encoding="utf-8")
)
PACKED = [bytes.fromhex(entry["msgpack"]) for entry in VECTORS["messages"]]
TEXTS = [entry["json"].encode() for entry in VECTORS["messages"]]
DECODERS = (wire.decode_client, wire.decode_server)
TYPES = [json.loads(entry["json"])["type"] for entry in VECTORS["messages"]]
FIELDS = sorted({key for entry in VECTORS["messages"] for key in json.loads(entry["json"])})

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=7), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
MAPS = st.builds(
    lambda kind, rest: {**rest, "type": kind},
    st.one_of(st.sampled_from(TYPES), VALUES),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8),
)


def floats_in(value: Any) -> Iterator[float]:
    match value:
        case float():
            yield value
        case list() | tuple():
            for item in value:
                yield from floats_in(item)
        case dict():
            yield from floats_in(list(value.values()))


def integers_in(value: Any) -> Iterator[int]:
    match value:
        case int():
            yield value
        case list() | tuple():
            for item in value:
                yield from integers_in(item)
        case dict():
            yield from integers_in(list(value.values()))


def attempt(
    decode: Callable[[bytes | str, wire.Encoding], Any],
    data: bytes | str,
    encoding: wire.Encoding = "msgpack",
) -> Any:
    """The message, or None after a proper refusal."""
    try:
        return decode(data, encoding)
    except wire.WireError as error:
        refusal = error
    assert refusal.code in CODES
    assert 0 < len(refusal.message) <= 201
    return None


def check(data: bytes | str, encoding: wire.Encoding) -> None:
    """The invariant of this file."""
    for decode in DECODERS:
        message = attempt(decode, data, encoding)
        if message is None:
            continue
        tree = msgspec.to_builtins(message)
        assert all(map(math.isfinite, floats_in(tree)))
        assert all(0 <= number < 2**53 for number in integers_in(tree))
        assert decode(wire.encode(message, encoding), encoding) == message


def mutate(data: bytes, edits: list[tuple[int, int, int]]) -> bytes:
    """Overwrite, insert or delete bytes at places given as thousandths."""
    mutated = bytearray(data)
    for kind, place, value in edits:
        at = place * len(mutated) // 1000
        if kind == 0 and at < len(mutated):
            mutated[at] = value
        elif kind == 1:
            mutated.insert(at, value)
        else:
            del mutated[at : at + 1 + value % 4]
    return bytes(mutated)


EDITS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 999), st.integers(0, 255)), min_size=1, max_size=6
)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    check(data, "msgpack")
    check(data, "json")


@given(st.text(max_size=100))
@example("\ud800")
@example('{"type":"ping","token":"\\ud800"}')
@example('{"type":"ping","token":"\ud800"}')
def test_any_text(text: str) -> None:
    check(text, "json")
    check(text, "msgpack")


@settings(max_examples=400)
@given(st.sampled_from(PACKED), EDITS)
def test_mutated_msgpack(data: bytes, edits: list[tuple[int, int, int]]) -> None:
    check(mutate(data, edits), "msgpack")


@settings(max_examples=400)
@given(st.sampled_from(TEXTS), EDITS)
def test_mutated_json(data: bytes, edits: list[tuple[int, int, int]]) -> None:
    check(mutate(data, edits), "json")


@given(MAPS)
def test_known_fields_with_any_values(fields: dict[str, Any]) -> None:
    try:
        packed = msgpack.packb(fields)
    except UnicodeEncodeError:
        packed = msgpack.packb(fields, unicode_errors="surrogatepass")
    check(packed, "msgpack")
    check(json.dumps(fields, default=lambda data: data.hex()), "json")


@given(st.sampled_from(TYPES), st.sampled_from(FIELDS), VALUES)
def test_one_field_replaced_in_a_good_message(kind: str, field: str, value: Any) -> None:
    good = next(e for e in VECTORS["messages"] if json.loads(e["json"])["type"] == kind)
    fields = {**msgpack.unpackb(bytes.fromhex(good["msgpack"])), field: value}
    check(msgpack.packb(fields, unicode_errors="surrogatepass"), "msgpack")


def nested(depth: int) -> Iterator[tuple[bytes, wire.Encoding]]:
    """Messages with arrays and maps in each other, in known fields, unknown ones and at the top."""
    for field in (b"text", b"expression", b"options", b"later", b"type"):
        head = b"\x82\xa4type\xa4line" + bytes([0xA0 + len(field)]) + field
        for opening in (b"\x91", b"\x81\xa1k", b"\x81", b"\xdd\0\0\0\1", b"\x81\xa1k\x91"):
            yield head + opening * depth + b"\xc0", "msgpack"
            yield opening * depth + b"\xc0", "msgpack"
        for opening, closing in ((b"[", b"]"), (b'{"k":', b"}"), (b'[{"k":', b"}]")):
            inner = opening * depth + b"1" + closing * depth
            yield b'{"type":"line","%s":%s}' % (field, inner), "json"
            yield opening * depth, "json"


@pytest.mark.parametrize("depth", [3, 100, 900, 1000, 20_000])
def test_deep_nesting(depth: int) -> None:
    for data, encoding in nested(depth):
        check(data, encoding)


# array, map, text, binary and extension, each of 2 to 4 thousand million
LONG = [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff"]
LONG += [b"\xc6\x7f\xff\xff\xff", b"\xc9\xff\xff\xff\xff\x01"]


@pytest.mark.parametrize("length", LONG)
@pytest.mark.parametrize("field", ["expression", "names", "rect", "text", "face", "later"])
def test_lengths_that_are_not_there(field: str, length: bytes) -> None:
    for kind in TYPES:
        head = b"".join(map(msgpack.packb, ("type", kind, field)))
        check(b"\x82" + head + length, "msgpack")


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 5000, "0.1e-400", "NaN", "Infinity"])
def test_numbers_that_no_machine_holds(number: str) -> None:
    check(f'{{"type":"express","character":"a","expression":{{"joy":{number}}}}}', "json")
    check(f'{{"type":"ready","session":"s","seq":{number},"resumed":true}}', "json")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 1e308])
def test_floats_that_are_no_numbers(value: float) -> None:
    for entry in VECTORS["messages"]:
        fields = msgpack.unpackb(bytes.fromhex(entry["msgpack"]))
        for key, old in fields.items():
            if isinstance(old, float):
                check(msgpack.packb({**fields, key: value}), "msgpack")
            if isinstance(old, list) and old and isinstance(old[0], float):
                check(msgpack.packb({**fields, key: [value] * len(old)}), "msgpack")
            if isinstance(old, dict):
                check(msgpack.packb({**fields, key: dict.fromkeys(old, value)}), "msgpack")


def on_small_stack(work: Callable[[], None]) -> None:
    """Run in a thread with little stack, where runaway recursion kills the whole process."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    before = threading.stack_size(SMALL_STACK)
    try:
        thread = threading.Thread(target=guarded)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if failures:
        raise failures[0]


def test_deep_nesting_on_a_small_stack() -> None:
    def work() -> None:
        for depth in (10, 500, 995, 1000, 50_000):
            for data, encoding in nested(depth):
                for decode in DECODERS:
                    attempt(decode, data, encoding)

    on_small_stack(work)


def test_mutations_on_a_small_stack() -> None:
    def work() -> None:
        for data in PACKED:
            for at in range(len(data)):
                for value in (0x00, 0x91, 0x81, 0xC1, 0xDD, 0xDF, 0xFF):
                    cut = data[:at] + bytes([value]) + data[at + 1 :]
                    for decode in DECODERS:
                        attempt(decode, cut)

    on_small_stack(work)


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_what_cannot_be_encoded_is_the_same_error(encoding: wire.Encoding) -> None:
    for message in (
        wire.Ping(token="\ud83d"),
        wire.Line(character="a", id="1", text="ㅋ\udc00"),
        wire.Ping(token=object()),  # type: ignore[arg-type]
    ):
        with pytest.raises(wire.WireError) as caught:
            wire.encode(message, encoding)
        assert caught.value.code == "bad_field"
