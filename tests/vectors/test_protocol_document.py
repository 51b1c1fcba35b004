"""`server/PROTOCOL.md` says what the code does: examples, fields, ranges, codes and limits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec import inspect

from emopic_client import wire
from emopic_server.core.animator import RANGES, Knobs
from emopic_server.errors import CODES, NOTICES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "server" / "PROTOCOL.md").read_text(encoding="utf-8")
VECTORS = {
    entry["name"]: entry
    for entry in json.loads((Path(__file__).parent / "messages.json").read_text(encoding="utf-8"))[
        "messages"
    ]
}
MESSAGES = {
    kind.__struct_config__.tag: kind
    for kind in (*get_args(wire.ClientMessage), *get_args(wire.ServerMessage))
}
HEX = re.findall(r"```hex (\w+)\n(.*?)```", TEXT, re.DOTALL)
JSON = re.findall(r"```json (\w+)\n(.*?)```", TEXT, re.DOTALL)

Row = list[str]


def section(title: str) -> str:
    """The text under a heading, up to the next heading of any level."""
    found = re.search(
        rf"^#+ [\d.]+ {re.escape(title)}\n(.*?)(?=^#|\Z)", TEXT, re.DOTALL | re.MULTILINE
    )
    assert found is not None, f"no section {title}"
    return found[1]


def tables(text: str) -> list[list[Row]]:
    """Every table as its rows, the heading row first, cells without ticks."""
    found = []
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        rows = [
            [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
            for line in block.splitlines()
        ]
        found.append([row for row in rows if set(row[0]) != {"-"}])
    return found


def fields_of(kind: Any) -> dict[str, inspect.Field]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: field for field in info.fields}


def default_text(field: inspect.Field) -> str:
    """A default as the tables write it."""
    if field.required:
        return "required"
    if field.default_factory is not msgspec.NODEFAULT:
        return json.dumps(msgspec.to_builtins(field.default_factory()))
    return json.dumps(msgspec.to_builtins(field.default))


def numeric_range(kind: inspect.Type) -> tuple[float, float] | None:
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    for part in kinds:
        if isinstance(part, inspect.IntType | inspect.FloatType):
            assert part.ge is not None
            assert part.le is not None
            return part.ge, 1 if part.le == 1.001 else part.le  # rounding, see section 3
    return None


def written_range(cell: str) -> tuple[float, float] | None:
    known = {"count": (0, 2**53 - 1), "side": (0, 65_535), "weight": (0, 1)}
    if (found := re.match(r"([\d.]+)…([\d.]+)", cell)) is not None:
        return float(found[1]), float(found[2])
    return known.get(cell.split(" or ")[0])


@pytest.mark.parametrize(("name", "text"), HEX, ids=[name for name, _ in HEX])
def test_hex_examples_are_the_golden_messages(name: str, text: str) -> None:
    entry = VECTORS[name]
    assert bytes.fromhex(text) == bytes.fromhex(entry["msgpack"])
    decode = wire.decode_client if entry["from"] == "client" else wire.decode_server
    said = next(body for known, body in JSON if known == name)
    assert decode(bytes.fromhex(text)) == decode(said, "json"), "hex and JSON beside it agree"


@pytest.mark.parametrize(("name", "text"), JSON, ids=[name for name, _ in JSON])
def test_json_examples_are_the_golden_messages(name: str, text: str) -> None:
    assert json.loads(text) == json.loads(VECTORS[name]["json"])


def test_there_are_examples() -> None:
    assert len(HEX) >= 10
    assert len(JSON) > len(HEX)


@pytest.mark.parametrize("tag", MESSAGES)
def test_every_message_with_its_fields_defaults_and_ranges(tag: str) -> None:
    table = tables(section(f"`{tag}`"))[0]
    assert table[0] == ["field", "type", "default", "meaning"]
    fields = fields_of(MESSAGES[tag])
    rows = {row[0]: row for row in table[1:]}
    assert list(rows) == list(fields)
    for name, row in rows.items():
        assert row[2] == default_text(fields[name]), name
        kinds = fields[name].type
        parts = kinds.types if isinstance(kinds, inspect.UnionType) else (kinds,)
        assert ("null" in row[1]) == any(isinstance(p, inspect.NoneType) for p in parts), name
        actual = numeric_range(kinds)
        if actual is not None:
            assert written_range(row[1]) == actual, name


def test_messages_are_under_their_sender() -> None:
    titles = re.findall(r"^### ([78])\.\d+ `([\w.]+)`", TEXT, re.MULTILINE)
    for part, union in (("7", wire.ClientMessage), ("8", wire.ServerMessage)):
        tags = {kind.__struct_config__.tag for kind in get_args(union)}
        assert {title for number, title in titles if number == part} == tags


def test_character_options() -> None:
    table = tables(section("`character.put`"))[1]
    rows = {row[0]: row for row in table[1:]}
    assert list(rows) == list(fields_of(wire.CharacterOptions))
    for name, row in rows.items():
        assert written_range(row[1]) == RANGES.get(name)
        assert row[2] == json.dumps(getattr(Knobs(), name))
    assert set(RANGES) <= set(rows)


def test_frame_options() -> None:
    table = tables(section("`watch`"))[1]
    fields = fields_of(wire.FrameOptions)
    rows = {row[0]: row for row in table[1:]}
    assert list(rows) == list(fields)
    for name, row in rows.items():
        assert row[2] == default_text(fields[name])
        actual = None if name == "patches" else numeric_range(fields[name].type)
        assert written_range(row[1]) == actual


def test_error_codes_both_ways() -> None:
    rows = tables(section("Errors"))[0][1:]
    assert [row[0] for row in rows] == list(CODES)
    for name, fault, retry, meaning in rows:
        code = CODES[name]
        assert (fault, retry) == (code.fault, "yes" if code.retry else "no")
        assert meaning == code.meaning.strip("`")


def test_notices_both_ways() -> None:
    rows = tables(section("`notice`"))[1][1:]
    assert [row[0] for row in rows] == list(NOTICES)


def test_close_codes_both_ways() -> None:
    rows = tables(section("Closing"))[0][1:]
    assert rows == [
        [str(c.code), "reconnect" if c.reconnect else "stop", c.reason]
        for c in wire.CLOSE_CODES.values()
    ]


def test_limits_both_ways() -> None:
    rows = tables(section("Limits"))[0][1:]
    limits = msgspec.structs.asdict(wire.Limits())
    assert {row[0]: float(row[1].replace(",", "")) for row in rows} == limits
    assert [row[0] for row in rows] == list(limits)


def test_every_limit_that_is_named_exists() -> None:
    assert set(re.findall(r"`limits\.(\w+)`", TEXT)) <= set(fields_of(wire.Limits))


def test_names_and_version() -> None:
    assert wire.PROTOCOL_VERSION == 1
    for word in (wire.PATH, wire.MSGPACK_SUBPROTOCOL, wire.JSON_SUBPROTOCOL):
        assert f"`{word}`" in TEXT


def test_the_table_of_contents() -> None:
    listed = re.findall(r"^\d+\. \[(.+?)\]\(#(.+?)\)$", TEXT, re.MULTILINE)
    titles = re.findall(r"^## (\d+)\. (.+)$", TEXT, re.MULTILINE)
    assert [title for title, _ in listed] == [title for _, title in titles]
    for (_, anchor), (number, title) in zip(listed, titles, strict=True):
        assert anchor == f"{number}-{title.lower().replace(' ', '-')}"
