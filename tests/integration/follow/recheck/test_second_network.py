"""What ``orbweaver doctor`` says of the second network of rechecks."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from orbweaver.follow.recheck.checks import second_network_checks
from orbweaver.platform.runtime.checks import Level


def test_without_one_nothing_is_said(set_config: Any) -> None:
    set_config(recheck_proxy="")
    assert second_network_checks() == []


@pytest.mark.parametrize("proxy", ["127.0.0.1:3128", "https://127.0.0.1:3128", "http://127.0.0.1", "socks5://"])
def test_what_is_no_proxy_fails(set_config: Any, proxy: str) -> None:
    set_config(recheck_proxy=proxy)
    [check] = second_network_checks()
    assert (check.level, "socks5://host:port" in check.found) == (Level.FAIL, True)


@pytest.mark.parametrize("form", ["http://{}", "socks5://{}", "socks5h://{}", "http://kim:secret@{}"])
def test_a_proxy_that_takes_no_connection_fails_until_it_does(set_config: Any, form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        set_config(recheck_proxy=form.format(f"127.0.0.1:{listener.getsockname()[1]}"))
        assert [each.level for each in second_network_checks()] == [Level.OK]
    [check] = second_network_checks()
    assert check.level is Level.FAIL
    assert "nothing counts as removed" in check.found
    assert "secret" not in check.found + check.advice
