"""The golden messages, read and written by C#."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from tests.unity.building import ROOT, run_mono

from emopic_client import wire

FILE: dict[str, Any] = json.loads((ROOT / "tests/vectors/messages.json").read_text("utf-8"))
SERVER = {e["name"]: e for e in FILE["messages"] if e["from"] == "server"}
CLIENT = {e["name"]: e for e in FILE["messages"] if e["from"] == "client"}
# The same messages said otherwise: a reader has to take them, a writer never says them.
ONLY_READ = {"unknown_field", "integers_for_floats", "defaults_spelt_out", "type_last"}
ERRORS = {"!bad_message", "!unknown_type", "!bad_field"}


def read(driver: Path, messages: list[bytes]) -> list[str]:
    """What C# reads in each message: JSON, or `!` and an error code."""
    lines = "".join(message.hex() + "\n" for message in messages)
    return run_mono(driver, "read", stdin=lines).splitlines()


def unpacked(entry: dict[str, str]) -> dict[str, Any]:
    value: dict[str, Any] = msgpack.unpackb(bytes.fromhex(entry["msgpack"]))
    return value


def assert_same(answers: list[str]) -> None:
    for entry, answer in zip(SERVER.values(), answers, strict=True):
        assert json.loads(answer) == json.loads(entry["json"]), entry["name"]


def test_every_message_of_a_client_is_written_byte_for_byte(driver: Path) -> None:
    lines = run_mono(driver, "write").split("\n")
    written = dict(line.split(" ") for line in lines if line)
    assert written == {n: e["msgpack"] for n, e in CLIENT.items() if n not in ONLY_READ}


def test_every_message_of_a_server_is_read(driver: Path) -> None:
    assert_same(read(driver, [bytes.fromhex(e["msgpack"]) for e in SERVER.values()]))


def test_fields_come_in_any_order_and_unknown_ones_are_ignored(driver: Path) -> None:
    odd = {"newer": {"deep": [1, {"er": [None, -1, 1.5, b"x", "y" * 300]}]}, "": 2**63}
    backwards = [dict(reversed(unpacked(e).items())) | odd for e in SERVER.values()]
    assert_same(read(driver, [msgpack.packb(value) for value in backwards]))


def test_single_floats_are_read(driver: Path) -> None:
    packed = [msgpack.packb(unpacked(e), use_single_float=True) for e in SERVER.values()]
    assert_same(read(driver, packed))


def test_absent_defaults_and_nulls_are_taken(driver: Path) -> None:
    frame = unpacked(SERVER["frame_full"])
    nulls = frame | {"rect": None, "line": None}
    error = unpacked(SERVER["error_early"]) | {"ref": None, "seq": None, "retry_ms": None}
    answers = read(driver, [msgpack.packb(m) for m in (nulls, error, {"type": "pong"})])
    assert json.loads(answers[0]).get("rect") is None
    assert "seq" not in json.loads(answers[1])
    assert json.loads(answers[2]) == {"type": "pong"}


def test_bad_messages_are_refused_with_their_code(driver: Path) -> None:
    bad = [e for e in FILE["bad"] if e["from"] == "server"]
    answers = read(driver, [bytes.fromhex(e["msgpack"]) for e in bad])
    assert answers == ["!" + e["code"] for e in bad]


def test_a_cut_message_or_one_with_more_behind_it_is_refused(driver: Path) -> None:
    cut = []
    for entry in SERVER.values():
        data = bytes.fromhex(entry["msgpack"])
        cut += [data[:end] for end in range(0, len(data), 3)] + [data + b"\xc0"]
    assert set(read(driver, cut)) <= ERRORS


@pytest.mark.parametrize("name", ["hello", "emotion", "frame_patch", "blendshapes_first", "error"])
def test_each_required_field_is_required(driver: Path, name: str) -> None:
    whole = unpacked(SERVER[name])
    optional = {"line", "rect", "cached", "names", "spans_ms", "seq", "ref", "retry_ms", "protocol"}
    if name == "emotion":
        optional -= {"line", "seq"}
    answers = read(
        driver, [msgpack.packb({k: v for k, v in whole.items() if k != f}) for f in whole]
    )
    for field, answer in zip(whole, answers, strict=True):
        wanted = "!unknown_type" if field == "type" else "!bad_field"
        assert (answer == wanted) == (field not in optional), (field, answer)


def test_values_out_of_range_are_refused(driver: Path) -> None:
    frame, emotion = unpacked(SERVER["frame_patch"]), unpacked(SERVER["emotion"])
    bad = [
        frame | {"expression": [float("nan")]},
        frame | {"expression": [1.5]},
        frame | {"expression": [float("inf")]},
        frame | {"n": -1},
        frame | {"n": 1.0},
        frame | {"width": 70_000},
        frame | {"format": "gif"},
        frame | {"rect": [400, 0, 320, 10]},
        frame | {"rect": [1, 2, 3]},
        frame | {"character": ""},
        frame | {"character": "x" * 65},
        frame | {"data": "text"},
        frame | {"cached": None},
        emotion | {"seq": 2**53},
        emotion | {"scores": [True]},
        emotion | {"line": ""},
        emotion | {"spans_ms": {"queue": -1}},
        unpacked(SERVER["bye"]) | {"code": 999},
        unpacked(SERVER["character_ready"]) | {"source": "guessed"},
        unpacked(SERVER["error"]) | {"fault": "nobody"},
    ]
    assert read(driver, [msgpack.packb(m) for m in bad]) == ["!bad_field"] * len(bad)
    long = frame | {"character": "😀" * 64}
    assert json.loads(read(driver, [msgpack.packb(long)])[0])["character"] == "😀" * 64


def test_bombs_are_refused(driver: Path) -> None:
    deep = msgpack.packb({"type": "pong"})[:-5] + b"\xa4pong"
    deep = b"\x82" + deep[1:] + b"\xa1x" + b"\x91" * 20_000 + b"\xc0"
    bombs = [
        deep,
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa4type\xdb\xff\xff\xff\xff",
        b"\x82\xa4type\xa5frame\xaaexpression\xdd\xff\xff\xff\xff",
        b"\x82\xa4type\xa5frame\xa4data\xc6\x7f\xff\xff\xff",
        b"\x82\xa4type\xa4pong\xa1x\xdd\x00\x03\x0d\x40" + b"\xc0" * 200_000,
        b"\x82\xa4type\xa4pong\xa1x\xc1",
        b"\x82\xa4type\xa4pong\xa5token\xa2\xff\xfe",
        b"",
    ]
    assert read(driver, bombs) == ["!bad_message"] * len(bombs)


def test_any_bytes_give_a_message_or_one_of_the_codes_and_agree_with_python(driver: Path) -> None:
    """C# takes a mutated message if and only if Python does."""
    chance = random.Random(7)
    mutated = []
    for _ in range(3000):
        data = bytearray(bytes.fromhex(chance.choice(list(SERVER.values()))["msgpack"]))
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.choice([chance.randrange(256), 0xC0, 0xFF])
        mutated.append(bytes(data))
    for data, answer in zip(mutated, read(driver, mutated), strict=True):
        assert answer.startswith("{") or answer in ERRORS
        try:
            wire.decode_server(data)
            taken = True
        except wire.WireError:
            taken = False
        if not stricter(data):
            assert answer.startswith("{") == taken, data.hex()


def stricter(data: bytes) -> bool:
    """Whether C# may refuse what Python takes: a patch outside its picture, odd values in maps
    of text, extension types and keys that are no text, where it cannot matter."""
    try:
        value = msgpack.unpackb(data, strict_map_key=False, raw=False)
    except (ValueError, TypeError, msgpack.UnpackException):
        return True
    if not isinstance(value, dict):
        return False
    rect = value.get("rect")
    inside = rect is None or not isinstance(rect, list) or len(rect) != 4
    return not inside or any(not isinstance(key, str) for key in value)


@pytest.mark.parametrize("what", ["read", "session"])
@pytest.mark.parametrize("name", ["frame_full", "frame_patch", "blendshapes_first"])
def test_a_frame_allocates_nothing(driver: Path, what: str, name: str) -> None:
    """From the received bytes to the listener; pictures stay in buffers that go round."""
    first = unpacked(SERVER[name]) | {"character": "민지", "line": "a1b2c3d4-12"}
    later = first | ({"names": None} if "names" in first else {})
    words = [msgpack.packb(message).hex() for message in (later, first)]
    assert run_mono(driver, "garbage", what, *words).strip() == "0"


def test_moving_a_head_allocates_nothing(driver: Path) -> None:
    assert run_mono(driver, "garbage", "mix", "").strip() == "0"


def test_the_measure_of_garbage_measures(driver: Path) -> None:
    """A message with a text of its own in it does allocate, and that is seen."""
    emotion = msgpack.packb(unpacked(SERVER["emotion"])).hex()
    assert int(run_mono(driver, "garbage", "read", emotion)) > 10
