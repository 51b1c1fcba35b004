"""The widest MessagePack, read by two independent libraries."""

from __future__ import annotations

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_client.conformance.widest import widest

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(values)
def test_it_says_what_it_was_given(value) -> None:
    assert msgpack.unpackb(widest(value)) == value
    assert msgspec.msgpack.decode(widest(value)) == value


def test_it_is_wide() -> None:
    assert widest("a") == b"\xdb\0\0\0\x01a"
    assert widest([1]) == b"\xdd\0\0\0\x01\xcf" + bytes(7) + b"\x01"
    assert widest(0.5) == b"\xca\x3f\0\0\0"
    assert widest(0.1)[0] == 0xCB, "a float that 32 bits would change keeps 64"


def test_other_things_are_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        widest(object())
