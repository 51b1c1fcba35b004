"""Frames that come without their picture, and where it is taken from."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.unit.client.talk import HELLO, Talk, face, frame, opened, ready

from emopic_client import wire
from emopic_client.protocol import Item

KEEPING = wire.Watch(character="a", frames=wire.FrameOptions(keep=2))


def kept(n: int, slot: int, data: bytes = b"", **more: Any) -> wire.Frame:
    return msgspec.structs.replace(frame(n, **more), slot=slot, data=data)


def pictures(items: list[Item]) -> list[tuple[int, bytes]]:
    return [(item.n, item.data) for item in items if isinstance(item, wire.Frame)]


def watching() -> Talk:
    talk = opened()
    talk.protocol.send(KEEPING)
    (barrier,) = [message for message in talk.sent() if isinstance(message, wire.Ping)]
    talk.server(wire.Pong(token=barrier.token))
    return talk


def test_a_frame_without_data_has_the_kept_picture() -> None:
    talk = watching()
    assert pictures(talk.server(kept(1, 0, b"joy"))) == [(1, b"joy")]
    assert pictures(talk.server(kept(2, 1, b"anger"))) == [(2, b"anger")]
    assert pictures(talk.server(kept(3, 0))) == [(3, b"joy")]


def test_data_takes_the_place_of_what_was_kept() -> None:
    talk = watching()
    items = talk.server(kept(1, 0, b"joy"), kept(2, 0, b"anger"), kept(3, 0))
    assert pictures(items)[-1] == (3, b"anger")


def test_the_other_fields_are_the_frames_own() -> None:
    talk = watching()
    talk.server(kept(1, 0, b"joy"))
    (item,) = talk.server(kept(2, 0, rect=(1, 2, 3, 4)))
    assert item == kept(2, 0, b"joy", rect=(1, 2, 3, 4))


def test_a_frame_whose_picture_is_not_here_is_passed_over() -> None:
    talk = watching()
    talk.server(kept(1, 0, b"joy"))
    assert talk.server(kept(2, 1)) == []
    assert pictures(talk.server(kept(3, 0))) == [(3, b"joy")]


def test_nothing_is_kept_over_a_lost_connection() -> None:
    talk = watching()
    talk.server(kept(1, 0, b"joy"))
    talk.lose(1006)
    talk.protocol.connected()
    talk.server(HELLO, ready(resumed=True))
    assert pictures(talk.server(kept(2, 0))) == []


def test_nothing_is_kept_after_an_unwatch() -> None:
    talk = watching()
    talk.server(kept(1, 0, b"joy"))
    talk.protocol.send(wire.Unwatch(character="a"))
    talk.protocol.send(KEEPING)
    assert pictures(talk.server(kept(2, 0))) == []


def test_nothing_is_kept_of_a_character_that_is_gone() -> None:
    talk = watching()
    talk.server(face(1), kept(1, 0, b"joy"))
    talk.server(wire.CharacterDropped(seq=2, character="a", reason="dropped"))
    assert pictures(talk.server(kept(2, 0))) == []


def test_characters_have_shelves_of_their_own() -> None:
    talk = watching()
    talk.protocol.send(wire.Watch(character="b", frames=wire.FrameOptions(keep=2)))
    talk.server(kept(1, 0, b"joy"), kept(1, 0, b"haru", character="b"))
    assert pictures(talk.server(kept(2, 0), kept(2, 0, character="b"))) == [
        (2, b"joy"),
        (2, b"haru"),
    ]
