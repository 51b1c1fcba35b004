"""The VTube Studio bridge's parts: names, hotkeys, the token's file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from emopic_client import wire
from emopic_client.bridges.errors import BridgeError
from emopic_client.bridges.vts import Hotkeys, parameter_name
from emopic_client.bridges.vts_token import Tokens


@pytest.mark.parametrize(
    ("emotion", "name"),
    [
        ("joy", "EmopicJoy"),
        ("self-doubt", "EmopicSelfdoubt"),
        ("기쁨", "Emopic3"),
        ("x" * 40, "EmopicX" + "x" * 23),
    ],
)
def test_parameters_have_names_that_vtube_studio_takes(emotion: str, name: str) -> None:
    assert parameter_name(emotion, 3) == name
    assert 4 <= len(name) <= 32
    assert name.isascii()
    assert name.isalnum()


def emotion(top: str = "joy", score: float = 0.9, *, final: bool = True) -> wire.Emotion:
    return wire.Emotion(
        seq=1,
        character="a",
        line="l",
        scores=(score, 1 - score),
        top=top,
        intensity=score,
        final=final,
    )


def test_a_hotkey_waits_for_its_cool_down() -> None:
    keys = Hotkeys({"joy": "Smile", "anger": "Shout"}, cooldown=5.0)
    assert keys.due(emotion(), 0.0) == "Smile"
    assert keys.due(emotion(), 4.9) is None
    assert keys.due(emotion("anger"), 4.9) == "Shout", "each has its own"
    assert keys.due(emotion(), 5.0) == "Smile"


def test_a_hotkey_wants_a_finished_line_and_a_sure_one() -> None:
    keys = Hotkeys({"joy": "Smile"}, threshold=0.6)
    assert keys.due(emotion(score=0.55), 0.0) is None
    assert keys.due(emotion(final=False), 0.0) is None
    assert keys.due(emotion("surprise"), 0.0) is None
    assert keys.due(emotion(score=0.6), 0.0) == "Smile"


def test_tokens_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "emopic" / "vtube-studio.json"
    tokens = Tokens(path)
    assert tokens.get("ws://a") is None
    tokens.set("ws://a", "secret")
    tokens.set("ws://b", "other")
    assert Tokens(path).get("ws://a") == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    tokens.set("ws://a", None)
    assert (tokens.get("ws://a"), tokens.get("ws://b")) == (None, "other")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text("[1]")
    with pytest.raises(BridgeError, match=r"tokens\.json"):
        Tokens(path).get("ws://a")
