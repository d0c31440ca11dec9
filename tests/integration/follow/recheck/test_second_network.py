"""What ``orbweaver doctor`` says of the second network of rechecks."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from orbweaver.follow.recheck.checks import second_network_checks
from orbweaver.platform.runtime.checks import Level

from .hosts import proxy_that_says

SOCKS_NO_HOST = b"\x05\x04\x00\x01" + bytes(6)


def test_without_one_nothing_is_said(set_config: Any) -> None:
    set_config(recheck_proxy="")
    assert second_network_checks() == []


@pytest.mark.parametrize("proxy", ["127.0.0.1:3128", "https://127.0.0.1:3128", "http://127.0.0.1", "socks5://"])
def test_what_is_no_proxy_fails(set_config: Any, proxy: str) -> None:
    set_config(recheck_proxy=proxy)
    [check] = second_network_checks()
    assert (check.level, "socks5://host:port" in check.found) == (Level.FAIL, True)


@pytest.mark.parametrize("form", ["http://{}", "socks5://{}", "socks5h://{}", "http://kim:secret@{}"])
def test_a_proxy_that_takes_no_connection_fails(set_config: Any, form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        set_config(recheck_proxy=form.format(f"127.0.0.1:{listener.getsockname()[1]}"))
    [check] = second_network_checks()
    assert check.level is Level.FAIL
    assert "nothing counts as removed" in check.found
    assert "secret" not in check.found + check.advice


def reply(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("scheme", "says", "level"),
    [
        ("http", [reply("503 Service Unavailable")], Level.OK),
        ("http", [reply("200 OK")], Level.OK),
        ("http", [reply("403 Forbidden")], Level.FAIL),
        ("http", [reply("407 Proxy Authentication Required")], Level.FAIL),
        ("http", [b"nonsense\r\n\r\n"], Level.FAIL),
        ("http", [], Level.FAIL),
        ("socks5", [b"\x05\x00", SOCKS_NO_HOST], Level.OK),
        ("socks5", [b"\x05\xff"], Level.FAIL),
        ("socks5", [b"\x05"], Level.FAIL),
        ("socks5", [], Level.FAIL),
    ],
)
def test_a_proxy_works_that_looks_for_a_host(set_config: Any, scheme: str, says: list[bytes], level: Level) -> None:
    """One that takes connections and refuses, or hangs up, confirms nothing either."""
    with proxy_that_says(*says, scheme=scheme) as proxy:
        set_config(recheck_proxy=proxy)
        assert [each.level for each in second_network_checks()] == [level]
