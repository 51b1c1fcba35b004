"""Golden messages, read by every client: `python tests/vectors/generate.py` writes messages.json.

Each message stands there as JSON text and as msgpack in hex, both exactly as the server's library
writes them. An encoder in another language may order fields differently or write defaults; what
it must do is read these and mean the same. `bad` holds what must be refused, and with which code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from emopic_client import wire

PATH: Final = Path(__file__).with_name("messages.json")

PICTURE: Final = bytes.fromhex("ffd8ffe000104a464946")  # how a JPEG begins; enough for a wire
EMOTIONS: Final = (
    ("joy", "기쁨"),
    ("anger", "분노"),
    ("anxiety", "불안"),
    ("neutral", "중립"),
    ("sadness", "슬픔"),
    ("surprise", "놀람"),
)

FROM_CLIENT: Final[dict[str, wire.ClientMessage]] = {
    "identify": wire.Identify(client="my-game 1.2"),
    "identify_token": wire.Identify(client="overlay", token="s3cret"),
    "identify_resume": wire.Identify(
        client="my-game 1.2", resume=wire.Resume(session="9f2c41d07ab35e68", seq=41)
    ),
    "put_builtin": wire.CharacterPut(character="minji", builtin="minji"),
    "put_face": wire.CharacterPut(
        character="나",
        face=PICTURE,
        options=wire.CharacterOptions(
            strength=1.25,
            contrast=2.0,
            transition_ms=200,
            hold_ms=4000,
            decay_ms=800,
            min_confidence=0.5,
            max_emotions=1,
            blink=True,
            speak=True,
            bake=True,
            mark="visible",
        ),
        shared=True,
    ),
    "put_sprites": wire.CharacterPut(
        character="minji", sprites={"joy": PICTURE, "neutral": PICTURE}
    ),
    "put_background": wire.CharacterPut(
        character="minji",
        builtin="minji",
        options=wire.CharacterOptions(background="transparent"),
    ),
    "put_backdrop": wire.CharacterPut(character="minji", builtin="minji", backdrop=PICTURE),
    "put_url": wire.CharacterPut(character="minji", url="https://example.org/minji.jpg"),
    "read": wire.Read(id="r1", picture=PICTURE),
    "drop": wire.CharacterDrop(character="minji"),
    "line": wire.Line(character="minji", id="l1", text="오늘 진짜 최고야!"),
    "line_partial": wire.Line(character="minji", id="l2", text="아니 이게 뭐", partial=True),
    "line_cut": wire.Line(character="minji", id="l3", text="ㅋㅋㅋㅋ 😂", cut=True),
    "express": wire.Express(character="minji", expression={"joy": 0.5, "surprise": 0.25}),
    "express_hold": wire.Express(character="minji", expression={}, hold_ms=0),
    "express_lock": wire.Express(
        character="minji", expression={"joy": 1.0}, hold_ms=600_000, lock=True
    ),
    "express_channels": wire.Express(
        character="minji", expression={"blink": 1.0, "mouth_open": 0.5}
    ),
    "watch_events": wire.Watch(character="minji"),
    "watch_default_frames": wire.Watch(character="minji", frames=wire.FrameOptions()),
    "watch_everything": wire.Watch(
        character="minji",
        frames=wire.FrameOptions(format="webp", size=256, fps=15, quality=70, patches=False),
        blendshapes="vrm1",
    ),
    "watch_keep": wire.Watch(character="minji", frames=wire.FrameOptions(size=512, keep=64)),
    "watch_text": wire.Watch(character="minji", text=True),
    "unwatch": wire.Unwatch(character="minji"),
    "ping": wire.Ping(token="p1"),
    "ping_bare": wire.Ping(),
}

FROM_SERVER: Final[dict[str, wire.ServerMessage]] = {
    "hello": wire.Hello(
        server="emopic 0.1.0",
        emotions=tuple(wire.EmotionLabel(id=name, ko=ko) for name, ko in EMOTIONS),
        engine=wire.EngineInfo(
            backend="openvino",
            device="CPU",
            precision="f32",
            text_model="ko-emotion-small",
            face_model="live-small",
            versions={"emopic-engine": "0.1.0"},
            face_channels=("blink", "mouth_open"),
            reason="auto: openvino is the first that can run here",
        ),
        builtins=(
            wire.Builtin(id="minji", name="Minji", ko="민지"),
            wire.Builtin(id="dodam", name="Dodam", ko="도담", kind="sprites"),
        ),
        limits=wire.Limits(),
        auth=False,
    ),
    "ready": wire.Ready(session="9f2c41d07ab35e68", seq=0, resumed=False),
    "ready_resumed": wire.Ready(session="9f2c41d07ab35e68", seq=41, resumed=True),
    "ready_read_only": wire.Ready(session="9f2c41d07ab35e68", seq=0, resumed=False, read_only=True),
    "character_ready": wire.CharacterReady(
        seq=1, character="minji", width=512, height=512, source="builtin"
    ),
    "character_ready_sprites": wire.CharacterReady(
        seq=1,
        character="dodam",
        width=256,
        height=256,
        source="builtin",
        kind="sprites",
        channels=("blink",),
        pictures={"joy": "joy", "anxiety": "nervousness"},
    ),
    "character_dropped": wire.CharacterDropped(seq=2, character="minji", reason="dropped"),
    "emotion": wire.Emotion(
        seq=3,
        character="minji",
        line="l1",
        scores=(0.75, 0.0, 0.0, 0.125, 0.0, 0.125),
        top="joy",
        intensity=0.75,
        final=True,
        spans_ms={"receive": 0.25, "queue": 0.5, "classify": 4.5, "deliver": 0.125},
    ),
    "emotion_partial": wire.Emotion(
        seq=4,
        character="minji",
        line="l2",
        scores=(0.25, 0.25, 0.125, 0.125, 0.125, 0.125),
        top="joy",
        intensity=0.25,
        final=False,
    ),
    "emotion_text": wire.Emotion(
        seq=5,
        character="minji",
        line="l1",
        scores=(0.75, 0.0, 0.0, 0.125, 0.0, 0.125),
        top="joy",
        intensity=0.75,
        final=True,
        text="오늘 진짜 최고야!",
    ),
    "reading": wire.Reading(seq=5, id="r1", text="오늘 진짜 최고야!", confidence=0.75),
    "notice": wire.Notice(
        seq=5, code="face_centred", text="no face was found in the picture", character="나"
    ),
    "error": wire.Error(
        code="busy", message="too much to do", fault="server", seq=6, ref="l4", retry_ms=250
    ),
    "error_early": wire.Error(code="bad_message", message="not a message", fault="client"),
    "frame_full": wire.Frame(
        character="minji",
        n=1,
        expression=(0.0, 0.0, 0.0, 1.0, 0.0, 0.0),
        format="jpeg",
        width=512,
        height=512,
        data=PICTURE,
    ),
    "frame_patch": wire.Frame(
        character="minji",
        n=2,
        expression=(0.25, 0.0, 0.0, 0.75, 0.0, 0.0),
        format="jpeg",
        width=512,
        height=512,
        data=PICTURE,
        rect=(96, 64, 320, 384),
        line="l1",
        cached=True,
    ),
    "frame_kept": wire.Frame(
        character="minji",
        n=4,
        expression=(0.25, 0.0, 0.0, 0.75, 0.0, 0.0),
        format="jpeg",
        width=512,
        height=512,
        data=b"",
        rect=(96, 64, 320, 384),
        cached=True,
        slot=17,
    ),
    "frame_blink": wire.Frame(
        character="minji",
        n=3,
        expression=(0.0, 0.0, 0.0, 1.0, 0.0, 0.0),
        format="jpeg",
        width=512,
        height=512,
        data=PICTURE,
        blink=0.75,
        mouth_open=0.25,
    ),
    "blendshapes_first": wire.Blendshapes(
        character="minji",
        n=1,
        names_id="vrm1",
        values=(0.5, 0.0, 0.25),
        names=("happy", "angry", "surprised"),
        line="l1",
    ),
    "blendshapes": wire.Blendshapes(
        character="minji",
        n=2,
        names_id="vrm1",
        values=(1.0, 0.0, 0.0),
        expression=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    "blendshapes_blink": wire.Blendshapes(
        character="minji",
        n=3,
        names_id="vrm1",
        values=(1.0, 0.0, 0.0),
        expression=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        blink=0.5,
        mouth_open=1.0,
    ),
    "pong": wire.Pong(token="p1"),
    "bye": wire.Bye(code=4008, reason="client reads too slowly", reconnect=True),
}

# what other writers may send; read like the messages above
FOREIGN: Final[dict[str, Any]] = {
    "unknown_field": {"type": "ping", "token": "p1", "later": {"than": ["v1"]}},
    "integers_for_floats": {"type": "express", "character": "minji", "expression": {"joy": 1}},
    "defaults_spelt_out": {
        "type": "character.put",
        "character": "minji",
        "face": None,
        "builtin": "minji",
        "options": {},
        "shared": False,
    },
    "type_last": {"token": "p1", "type": "ping"},
}

# name → (sender, what is wrong with it, code); values are packed as they stand
BAD: Final[dict[str, tuple[str, Any, str]]] = {
    "not_a_map": ("client", ["ping"], "bad_field"),
    "no_type": ("client", {"token": "p1"}, "unknown_type"),
    "unknown_type": ("client", {"type": "dance"}, "unknown_type"),
    "type_is_a_number": ("client", {"type": 1}, "unknown_type"),
    "servers_type": ("client", {"type": "pong"}, "unknown_type"),
    "missing_field": ("client", {"type": "line", "character": "minji", "id": "l1"}, "bad_field"),
    "text_is_a_number": (
        "client",
        {"type": "line", "character": "minji", "id": "l1", "text": 5},
        "bad_field",
    ),
    "null_is_not_absent": ("client", {"type": "ping", "token": None}, "bad_field"),
    "empty_name": ("client", {"type": "unwatch", "character": ""}, "bad_field"),
    "long_name": ("client", {"type": "unwatch", "character": "x" * 65}, "bad_field"),
    "weight_above_one": (
        "client",
        {"type": "express", "character": "minji", "expression": {"joy": 1.5}},
        "bad_field",
    ),
    "integer_as_float": (
        "client",
        {"type": "express", "character": "minji", "expression": {}, "hold_ms": 10.5},
        "bad_field",
    ),
    "unknown_format": (
        "client",
        {"type": "watch", "character": "minji", "frames": {"format": "gif"}},
        "bad_field",
    ),
    "negative_seq": (
        "server",
        {"type": "ready", "session": "s", "seq": -1, "resumed": False},
        "bad_field",
    ),
    "seq_past_javascript": (
        "server",
        {"type": "ready", "session": "s", "seq": 2**53, "resumed": False},
        "bad_field",
    ),
}


def both(message: Any) -> dict[str, str]:
    """One value in both encodings."""
    return {
        "json": msgspec.json.encode(message).decode(),
        "msgpack": msgspec.msgpack.encode(message).hex(),
    }


def build() -> dict[str, Any]:
    """The whole file."""
    messages = [
        {"name": name, "from": sender, **both(message)}
        for sender, table in (("client", FROM_CLIENT), ("server", FROM_SERVER))
        for name, message in table.items()
    ]
    messages += [
        {"name": name, "from": "client", **both(message)} for name, message in FOREIGN.items()
    ]
    bad = [
        {"name": name, "from": sender, "code": code, **both(value)}
        for name, (sender, value, code) in BAD.items()
    ]
    return {"protocol": wire.PROTOCOL_VERSION, "messages": messages, "bad": bad}


def text() -> str:
    """The file's text."""
    return json.dumps(build(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
