"""Reading web addresses, and telling public ones."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_server.errors import Refusal
from emopic_server.intake.addresses import MAX_CHARS, Address, Policy, is_public, read

GOOD = {
    "http://example.org": Address("http", "example.org", 80, "/"),
    "HTTPS://Example.ORG/A?b=C#d": Address("https", "example.org", 443, "/A?b=C"),
    "http://example.org.:8080/": Address("http", "example.org", 8080, "/"),
    "https://한국.kr/사진.jpg": Address("https", "xn--3e0b707e.kr", 443, "/%EC%82%AC%EC%A7%84.jpg"),
    "http://8.8.8.8?x": Address("http", "8.8.8.8", 80, "/?x"),
    "http://[2606:4700:0:0::1111]/": Address("http", "2606:4700::1111", 80, "/"),
    "http://a_b.example/%41": Address("http", "a_b.example", 80, "/%41"),
}
PUBLIC = ("1.1.1.1", "8.8.8.8", "223.130.195.200", "2606:4700::1111", "2400:cb00::1")
INSIDE = (
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.0.1"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.19.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:808:808::1", "3fff::1"),
    *("5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2606::1%eth0"),
)


@pytest.mark.parametrize("text", GOOD)
def test_good_addresses(text: str) -> None:
    address = read(text)
    assert address == GOOD[text]
    assert read(address.url) == address, "the canonical form means the same"


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))
    Policy().check(ip_address(text), 443, "host")


@pytest.mark.parametrize("text", INSIDE)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))
    with pytest.raises(Refusal, match="not a public address"):
        Policy().check(ip_address(text), 443, "host")


def test_ports_are_few_unless_the_operator_says_so() -> None:
    with pytest.raises(Refusal, match="port 22 is not visited; use 80, 443"):
        Policy().check(ip_address("1.1.1.1"), 22, "host")
    Policy(ports=frozenset({22})).check(ip_address("1.1.1.1"), 22, "host")
    own = Policy(also=(ip_network("10.0.0.0/30"),))
    own.check(ip_address("10.0.0.1"), 9000, "host")
    with pytest.raises(Refusal):
        own.check(ip_address("10.0.0.4"), 80, "host")


def test_an_address_is_bounded() -> None:
    read("http://a.example/" + "x" * (MAX_CHARS - 17))
    with pytest.raises(Refusal, match="2048 characters, got 2049"):
        read("http://a.example/" + "x" * (MAX_CHARS - 16))


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("/x", "http://a.example:81/x"),
        ("x?y", "http://a.example:81/b/x?y"),
        ("//c.example/x", "http://c.example/x"),
        ("https://c.example", "https://c.example/"),
    ],
)
def test_targets_of_redirects(target: str, url: str) -> None:
    assert read(target, read("http://a.example:81/b/c?d/e")).url == url


@given(st.text(max_size=60), st.booleans())
def test_any_text_is_an_address_that_reads_back_or_a_refusal(text: str, prefixed: bool) -> None:
    try:
        address = read(f"http://{text}" if prefixed else text)
    except Refusal:
        return
    assert read(address.url) == address
    assert address.netloc.isascii()
