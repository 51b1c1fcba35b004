"""Which picture lies where on a watcher's shelf."""

from __future__ import annotations

from emopic_server.core.shelf import Shelf


def test_a_picture_is_sent_once() -> None:
    shelf = Shelf(3)
    assert shelf.put(b"joy") == (0, False)
    assert shelf.put(b"anger") == (1, False)
    assert shelf.put(b"joy") == (0, True)


def test_equal_bytes_are_one_picture() -> None:
    shelf = Shelf(3)
    shelf.put(bytes([1, 2, 3]))
    assert shelf.put(bytes([1, 2]) + bytes([3])) == (0, True)


def test_the_one_shown_longest_ago_makes_room() -> None:
    shelf = Shelf(2)
    for data in (b"a", b"b", b"a"):
        shelf.put(data)
    assert shelf.put(b"c") == (1, False), "in the place of b"
    assert shelf.put(b"a") == (0, True)
    assert shelf.put(b"b") == (1, False), "in the place of c"


def test_slots_stay_within_the_places() -> None:
    shelf = Shelf(4)
    slots = {shelf.put(bytes([number]))[0] for number in range(50)}
    assert slots == {0, 1, 2, 3}


def test_a_cleared_shelf_is_empty() -> None:
    shelf = Shelf(2)
    shelf.put(b"a")
    shelf.clear()
    assert shelf.put(b"a") == (0, False)
