"""Every message that keeps to the ranges survives both encodings unchanged."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from emopic_client import wire
from emopic_server.core.animator import RANGES

STRUCTS = {
    kind.__struct_config__.tag: kind
    for kind in (*get_args(wire.ClientMessage), *get_args(wire.ServerMessage))
}
ENCODINGS: tuple[wire.Encoding, ...] = get_args(wire.Encoding)


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a field, from the ranges that the decoder itself enforces."""
    match kind:
        case inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case inspect.FloatType(ge=low, le=high):
            return st.floats(low, high)
        case inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True)
        case inspect.StrType(min_length=low, max_length=high):
            letters = st.characters(exclude_categories=["Cs"])
            return st.text(letters, min_size=low or 0, max_size=min(high or 30, 30))
        case inspect.BytesType():
            return st.binary(max_size=50)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType(values=choices):
            return st.sampled_from(choices)
        case inspect.UnionType(types=kinds):
            return st.one_of([values(k) for k in kinds if not isinstance(k, inspect.AnyType)])
        case inspect.VarTupleType(item_type=item):
            return st.lists(values(item), max_size=6).map(tuple)
        case inspect.TupleType(item_types=items):
            return st.tuples(*[values(item) for item in items])
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(values(key), values(value), max_size=4)
        case inspect.StructType():
            return structs(kind)
        case _:
            raise AssertionError(f"no strategy for {kind}")


def structs(kind: inspect.StructType) -> st.SearchStrategy[Any]:
    required = {f.name: values(f.type) for f in kind.fields if f.required}
    optional = {f.name: values(f.type) for f in kind.fields if not f.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda f: kind.cls(**f))


@pytest.mark.parametrize("tag", STRUCTS)
@settings(max_examples=40)
@given(data=st.data())
def test_round_trip(tag: str, data: st.DataObject) -> None:
    kind = STRUCTS[tag]
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    message = data.draw(structs(info))
    decode = wire.decode_client if kind in get_args(wire.ClientMessage) else wire.decode_server
    for encoding in ENCODINGS:
        assert decode(wire.encode(message, encoding), encoding) == message


def test_every_number_has_a_range() -> None:
    """A number without one would let an infinity or a big integer through."""

    def walk(kind: inspect.Type, where: str) -> None:
        match kind:
            case inspect.IntType() | inspect.FloatType():
                assert kind.ge is not None, where
                assert kind.le is not None, where
            case inspect.StructType(fields=fields):
                for field in fields:
                    walk(field.type, f"{where}.{field.name}")
            case inspect.UnionType(types=kinds) | inspect.TupleType(item_types=kinds):
                for part in kinds:
                    walk(part, where)
            case inspect.VarTupleType(item_type=part):
                walk(part, where)
            case inspect.DictType(key_type=key, value_type=value):
                walk(key, where)
                walk(value, where)

    for tag, kind in STRUCTS.items():
        walk(inspect.type_info(kind), str(tag))


def test_the_knobs_have_the_ranges_of_the_wire() -> None:
    info = inspect.type_info(wire.CharacterOptions)
    assert isinstance(info, inspect.StructType)
    ranges = {}
    for field in info.fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        numbers = [k for k in kinds if isinstance(k, inspect.IntType | inspect.FloatType)]
        if numbers:
            ranges[field.name] = (numbers[0].ge, numbers[0].le)
    assert ranges == dict(RANGES)
