"""msgpack.js in a page, against another library and the golden messages."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page
from tests.browser.scripting import HELPERS
from tests.browser.serving import ServerProcess

VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.fixture(scope="module")
def reader(chromium: Browser, server: ServerProcess) -> Page:
    """One page for many examples: decode hexadecimal MessagePack, encode it again."""
    page = chromium.new_page()
    page.goto(f"{server.url}/overlay")
    page.evaluate(HELPERS)
    page.evaluate("async () => { globalThis.msgpack = await import('/msgpack.js'); }")
    return page


READ = """(hex) => {
  try {
    const value = msgpack.decode(fromHex(hex));
    return {value: plain(value), again: toHex(msgpack.encode(value))};
  } catch (error) {
    if (!(error instanceof msgpack.MsgpackError)) throw error;
    return {code: error.code};
  }
}"""


def as_plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [as_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: as_plain(one) for key, one in value.items()}
    return value


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e15, 1e15)
    | st.text(st.characters(codec="utf-8"), max_size=40)
    | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=20)
    ),
    max_leaves=30,
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES)
def test_what_another_library_writes_is_read_and_written_back(reader: Page, value: object) -> None:
    answer = reader.evaluate(READ, msgpack.packb(value, use_bin_type=True).hex())
    assert answer["value"] == as_plain(value)
    assert msgpack.unpackb(bytes.fromhex(answer["again"]), strict_map_key=False) == value


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=64))
def test_any_bytes_are_a_value_or_a_typed_error(reader: Page, data: bytes) -> None:
    answer = reader.evaluate(READ, data.hex())
    assert "value" in answer or isinstance(answer["code"], str)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "truncated"),
        ("a5 61", "truncated"),
        ("dd ff ff ff ff", "truncated"),  # four billion items announced, none there
        ("df ff ff ff ff", "truncated"),
        ("c6 ff ff ff ff", "truncated"),
        ("c0 c0", "trailing"),
        ("91" * 40 + "c0", "too_deep"),
        ("a1 ff", "bad_utf8"),
        ("81 01 02", "bad_key"),
        ("cf ff ff ff ff ff ff ff ff", "unsafe_integer"),
        ("d4 01 00", "unsupported"),  # an extension
        ("c1", "unsupported"),
        ("dd 00 03 0d 40" + "c0" * 200_000, "too_many"),
    ],
)
def test_a_bad_message_has_a_typed_error(reader: Page, data: str, code: str) -> None:
    assert reader.evaluate(READ, data.replace(" ", "")) == {"code": code}


def test_a_key_called_proto_is_only_a_key(reader: Page) -> None:
    data = msgpack.packb({"__proto__": {"admin": True}})
    seen = reader.evaluate(
        """(hex) => {
          const read = msgpack.decode(fromHex(hex));
          return [read.admin ?? null, ({}).admin ?? null];
        }""",
        data.hex(),
    )
    assert seen == [None, None]


@pytest.mark.parametrize("code", ["too_deep", "unsupported", "too_large"])
def test_what_cannot_be_written_has_a_typed_error(reader: Page, code: str) -> None:
    values = {
        "too_deep": "(() => { const a = []; a.push(a); return a; })()",
        "unsupported": "() => 1",
        "too_large": "new Uint8Array(33 * 1024 * 1024)",
    }
    assert code == reader.evaluate(
        f"""() => {{ const value = {values[code]};
          try {{ msgpack.encode(value); return null; }} catch (error) {{ return error.code; }} }}"""
    )


FILE = json.loads((VECTORS / "messages.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", FILE["messages"], ids=lambda entry: entry["name"])
def test_the_golden_messages_are_read_and_written_alike(reader: Page, entry: Any) -> None:
    answer = reader.evaluate(READ, entry["msgpack"])
    assert as_json(answer["value"]) == json.loads(entry["json"])
    again = msgpack.unpackb(bytes.fromhex(answer["again"]))
    assert again == msgpack.unpackb(bytes.fromhex(entry["msgpack"]))


def as_json(value: Any) -> Any:
    """A page's plain value as JSON on the wire would have it: bytes in base64."""
    if isinstance(value, list):
        return [as_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"hex"}:
        return base64.b64encode(bytes.fromhex(value["hex"])).decode()
    return {key: as_json(one) for key, one in value.items()}


def test_short_texts_that_were_read_before_are_told_apart(reader: Page) -> None:
    """They lie in 256 places; here are more, and each is read twice, in another message."""
    texts = [f"{number:x}표정" for number in range(700)] + ["", "\0", "k" * 32, "k" * 33]
    for order in (texts, texts[::-1]):
        answer = reader.evaluate(READ, msgpack.packb(order).hex())
        assert answer["value"] == order


def test_a_bad_text_is_refused_each_time(reader: Page) -> None:
    for _ in range(3):
        assert reader.evaluate(READ, "a2c328") == {"code": "bad_utf8"}
