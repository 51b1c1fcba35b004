"""Names and weights for 3D heads, and the datagrams that carry them."""

from __future__ import annotations

import pytest
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from emopic_client import wire
from emopic_client.bridges import ifacialmocap, vmc
from emopic_client.bridges.errors import BridgeError
from emopic_client.bridges.shapes import ShapeNames, Weights, ifacialmocap_name


def shapes(**values: float) -> wire.Blendshapes:
    return wire.Blendshapes(
        character="a",
        n=1,
        names_id="vrm0",
        names=tuple(values),
        values=tuple(values.values()),
    )


def test_only_what_moves_is_sent_and_then_for_good() -> None:
    weights = Weights("vrm0")
    weights.take(shapes(Joy=0.5, Blink=0.0, O=0.25, A=0.0))
    assert weights.values == {
        "Joy": 0.5,
        "Angry": 0.0,
        "Sorrow": 0.0,
        "Fun": 0.0,
        "Surprised": 0.0,
        "O": 0.25,
    }
    weights.take(shapes(Joy=0.0, Blink=0.0, O=0.0, A=0.0))
    assert weights.values["O"] == 0.0, "sent again, or the receiver would keep it"
    assert "Blink" not in weights.values


def test_letting_go_zeroes_every_name() -> None:
    weights = Weights("vrm1")
    weights.take(shapes(happy=1.001, ou=0.5))
    assert weights.values["happy"] == 1.0
    weights.zero()
    assert set(weights.values.values()) == {0.0}
    assert "ou" in weights.values


@pytest.mark.parametrize(("names", "wanted"), [("arkit", "jawOpen"), ("perfect-sync", "JawOpen")])
def test_clips_of_perfect_sync_begin_with_a_capital(names: ShapeNames, wanted: str) -> None:
    weights = Weights(names)
    weights.take(shapes(jawOpen=0.5))
    assert weights.values == {wanted: 0.5}


def test_a_tick_of_vmc_in_its_order() -> None:
    (data,) = vmc.datagrams(vmc.messages({"Joy": 0.5, "Angry": 0.0}, 2.5))
    messages = [m for m in OscBundle(data) if isinstance(m, OscMessage)]
    assert [(m.address, m.params) for m in messages] == [
        ("/VMC/Ext/Blend/Val", ["Joy", 0.5]),
        ("/VMC/Ext/Blend/Val", ["Angry", 0.0]),
        ("/VMC/Ext/Blend/Apply", []),
        ("/VMC/Ext/OK", [1]),
        ("/VMC/Ext/T", [2.5]),
    ]


def test_the_bytes_of_a_message_are_those_of_osc_1_0() -> None:
    (data,) = vmc.datagrams([("/VMC/Ext/Blend/Val", ("Joy", 1.0))])
    message = b"/VMC/Ext/Blend/Val\0\0,sf\0Joy\0\x3f\x80\0\0"
    assert data == b"#bundle\0" + bytes(7) + b"\x01" + len(message).to_bytes(4, "big") + message


def test_a_large_tick_is_split_so_that_networks_pass_it() -> None:
    values = {f"browOuterUpLeft{number}": 0.5 for number in range(60)}
    parts = list(vmc.datagrams(vmc.messages(values, 1.0)))
    assert len(parts) > 1
    assert all(len(part) <= 1472 for part in parts)
    names = [m.params[0] for part in parts for m in OscBundle(part) if len(m.params) == 2]
    assert names == list(values), "in order, across datagrams"


def test_a_frame_of_ifacialmocap() -> None:
    data = ifacialmocap.datagram({"eyeBlinkLeft": 0.256, "jawOpen": 1.0}).decode()
    assert data.startswith("eyeBlink_L-26|jawOpen-100|=head#")
    assert data.endswith("|leftEye#0.0,0.0,0.0|")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("eyeLookInRight", "eyeLookIn_R"),
        ("mouthSmileLeft", "mouthSmile_L"),
        ("jawLeft", "jawLeft"),
        ("mouthRight", "mouthRight"),
        ("browInnerUp", "browInnerUp"),
    ],
)
def test_ifacialmocap_has_its_own_sides(ours: str, theirs: str) -> None:
    assert ifacialmocap_name(ours) == theirs


def test_a_host_without_an_address_is_named() -> None:
    with pytest.raises(BridgeError, match=r"nowhere\.invalid:39540"):
        vmc.VmcSender("nowhere.invalid", 39540)
