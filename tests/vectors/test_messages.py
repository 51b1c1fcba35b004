"""The golden messages mean what they say, to our library and to an independent one."""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path
from typing import Any, get_args

import msgpack  # type: ignore[import-untyped]
import pytest
from msgspec.inspect import StructType, type_info

from emopic_client import wire

FOLDER = Path(__file__).parent
FILE: dict[str, Any] = json.loads((FOLDER / "messages.json").read_text(encoding="utf-8"))
DECODE = {"client": wire.decode_client, "server": wire.decode_server}
EVERY_MESSAGE = pytest.mark.parametrize("entry", FILE["messages"], ids=lambda e: e["name"])
EVERY_BAD = pytest.mark.parametrize("entry", FILE["bad"], ids=lambda e: e["name"])


def generator() -> Any:
    spec = importlib.util.spec_from_file_location("vectors_generate", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def as_json(value: Any) -> Any:
    """What msgpack holds, as JSON would hold it."""
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {key: as_json(item) for key, item in value.items()}
        case list():
            return [as_json(item) for item in value]
        case _:
            return value


def test_the_file_is_what_the_generator_writes() -> None:
    text = (FOLDER / "messages.json").read_text(encoding="utf-8")
    assert generator().text() == text, "the wire has changed: run tests/vectors/generate.py"


def test_every_type_of_message_is_there() -> None:
    for sender, union in (("client", wire.ClientMessage), ("server", wire.ServerMessage)):
        info = [type_info(kind) for kind in get_args(union)]
        tags = {kind.tag for kind in info if isinstance(kind, StructType)}
        seen = {json.loads(e["json"])["type"] for e in FILE["messages"] if e["from"] == sender}
        assert seen == tags
        assert len(tags) == len(info)


@EVERY_MESSAGE
def test_both_encodings_decode_to_the_same_message(entry: dict[str, str]) -> None:
    decode = DECODE[entry["from"]]
    message = decode(bytes.fromhex(entry["msgpack"]))
    assert decode(entry["json"], "json") == message
    assert decode(entry["json"].encode(), "json") == message
    for encoding in ("msgpack", "json"):
        assert decode(wire.encode(message, encoding), encoding) == message


@EVERY_MESSAGE
def test_an_independent_library_reads_and_writes_the_same(entry: dict[str, str]) -> None:
    value = msgpack.unpackb(bytes.fromhex(entry["msgpack"]))
    assert as_json(value) == json.loads(entry["json"])
    decode = DECODE[entry["from"]]
    message = decode(bytes.fromhex(entry["msgpack"]))
    assert decode(msgpack.packb(value)) == message
    backwards = dict(reversed(value.items()))
    assert decode(msgpack.packb(backwards)) == message, "fields come in any order"


@EVERY_MESSAGE
def test_single_floats_are_read(entry: dict[str, str]) -> None:
    value = msgpack.unpackb(bytes.fromhex(entry["msgpack"]))
    decode = DECODE[entry["from"]]
    single = decode(msgpack.packb(value, use_single_float=True))
    assert single == decode(bytes.fromhex(entry["msgpack"])), "all floats here fit 32 bits"


@EVERY_MESSAGE
def test_a_cut_message_is_refused(entry: dict[str, str]) -> None:
    data = bytes.fromhex(entry["msgpack"])
    for end in range(len(data)):
        with pytest.raises(wire.WireError):
            DECODE[entry["from"]](data[:end])
    with pytest.raises(wire.WireError, match="trailing"):
        DECODE[entry["from"]](data + b"\xc0")


@EVERY_BAD
def test_bad_messages_are_refused_with_their_code(entry: dict[str, str]) -> None:
    decode = DECODE[entry["from"]]
    for data, encoding in ((bytes.fromhex(entry["msgpack"]), "msgpack"), (entry["json"], "json")):
        with pytest.raises(wire.WireError) as caught:
            decode(data, encoding)  # type: ignore[arg-type]
        assert caught.value.code == entry["code"]
