"""Ctrl-C once, twice and three times."""

from __future__ import annotations

import os
import signal

import pytest

from orbweaver.platform.runtime.installation import _bracketed, _dialled
from orbweaver.platform.runtime.up import StopRequests


def test_the_first_request_interrupts_while_nothing_is_up_yet() -> None:
    with StopRequests().installed(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


def test_once_running_two_requests_are_counted_and_the_third_breaks_off() -> None:
    before = signal.getsignal(signal.SIGINT)
    with StopRequests().installed() as requests:
        requests.interrupting = False
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert requests.count == 2
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("192.0.2.7", "192.0.2.7"), ("::1", "[::1]")]
)
def test_the_address_shown_is_one_that_can_be_opened(host: str, shown: str) -> None:
    assert _bracketed(_dialled(host)) == shown
