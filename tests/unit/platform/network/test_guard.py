"""The guard refuses every address that is not public, whatever form it comes in."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.errors import ConfigurationError
from orbweaver.platform.network.guard import BlockedAddress, Guard

PRIVATE_NETWORKS = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
]

private_v4 = st.sampled_from(PRIVATE_NETWORKS).flatmap(lambda text: st.ip_addresses(network=text))
public_v4 = st.sampled_from(["1.1.1.1", "8.8.8.8", "93.184.216.34", "151.101.1.69", "203.0.114.1", "223.255.255.254"])
any_port = st.integers(1, 65535)


def six_forms(v4: ipaddress.IPv4Address) -> list[str]:
    """Every IPv6 form that leads to this IPv4 address."""
    number = int(v4)
    return [
        f"::ffff:{v4}",
        f"::{v4}",
        f"::ffff:0:{v4}",
        f"64:ff9b::{v4}",
        f"64:ff9b:1::{v4}",
        str(ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1)),
        str(ipaddress.IPv6Address(0x20010000 << 96 | number << 64 | (number ^ 0xFFFFFFFF))),
    ]


@given(private_v4, any_port)
def test_private_addresses_are_refused_in_every_form(address: ipaddress.IPv4Address, port: int) -> None:
    guard = Guard()
    assert [form for form in [str(address), *six_forms(address)] if guard.permits(form, port)] == []


@given(public_v4, any_port)
def test_public_addresses_are_permitted_and_so_are_the_ways_to_them(address: str, port: int) -> None:
    guard = Guard()
    for form in (address, f"::ffff:{address}", f"64:ff9b::{address}"):
        assert guard.permits(form, port)


@given(st.ip_addresses(v=6), any_port)
def test_an_ipv6_address_outside_global_unicast_is_refused_unless_it_leads_to_public_ipv4(
    address: ipaddress.IPv6Address, port: int
) -> None:
    if Guard().permits(str(address), port):
        prefix = int(address) >> 32
        leads_to_v4 = prefix in (0xFFFF, 0x64FF9B << 64)
        assert address in ipaddress.ip_network("2000::/3") or leads_to_v4


@pytest.mark.parametrize(
    "text",
    [
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "5f00::1",
        "168.63.129.16",
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.192",
        "255.255.255.255",
    ],
)
def test_special_addresses_are_refused(text: str) -> None:
    assert not Guard().permits(text, 80)


@pytest.mark.parametrize(
    "text", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "", "8.8.8.8 ", "1.1.1.1\n", "08.8.8.8"]
)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    assert not Guard("127.0.0.1:*").permits(text, 80)


@given(st.text(max_size=40), any_port)
def test_no_text_makes_the_guard_fail(text: str, port: int) -> None:
    assert Guard().permits(text, port) in (True, False)


@given(private_v4, any_port)
def test_an_exception_opens_one_address_and_one_port(address: ipaddress.IPv4Address, port: int) -> None:
    guard = Guard(f"{address}:{port}")
    assert guard.permits(str(address), port)
    assert guard.permits(f"::ffff:{address}", port)
    assert not guard.permits(str(address), port % 65535 + 1)
    assert not guard.permits(f"64:ff9b::{address}", port)


def test_a_star_opens_every_port_of_that_address_alone() -> None:
    guard = Guard(" 127.0.0.1:* , [::1]:8080")
    assert guard.permits("127.0.0.1", 1)
    assert guard.permits("::1", 8080)
    assert not guard.permits("::1", 8081)
    assert not guard.permits("127.0.0.2", 1)


def test_localhost_means_both_loopback_addresses() -> None:
    guard = Guard("localhost:80")
    assert guard.permits("127.0.0.1", 80)
    assert guard.permits("::1", 80)


@pytest.mark.parametrize(
    "text", ["example.org:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:x", ":80", "127.0.0.1:99999"]
)
def test_an_exception_that_cannot_be_used_is_an_error(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Guard(text)


def test_no_socket_is_made_for_a_blocked_address() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(BlockedAddress):
        Guard().socket_factory(info)
    Guard("127.0.0.1:80").socket_factory(info).close()


def test_no_socket_is_made_with_a_scope_or_outside_ip() -> None:
    guard = Guard("[::1]:*")
    with pytest.raises(BlockedAddress):
        guard.socket_factory((socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 80, 0, 3)))
    with pytest.raises(BlockedAddress):
        guard.socket_factory((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("/run/postgres", 0)))
