"""Peers take turns, and one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.peers.__main__ import in_turn


def test_every_round_takes_all_in_order_and_who_fails_is_not_asked_again() -> None:
    asked: list[str] = []

    def way(name: str, fails_at: int = 9) -> Callable[[], int]:
        def turn() -> int:
            asked.append(name)
            if asked.count(name) == fails_at:
                raise OSError("gone")
            return asked.count(name)

        return turn

    found = in_turn({"a": way("a"), "b": way("b", fails_at=2), "c": way("c")}, 3, sum)
    assert "".join(asked) == "abcabcac"
    assert found == {"a": 6, "b": {"failed": "OSError('gone')"}, "c": 6}
