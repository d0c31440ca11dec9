"""Work that a long-lived process has done by a child, so that nothing of it stays."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.aside import Say, aside
from orbweaver.platform.runtime.messages import NOBODY_WATCHES

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def test_what_is_said_and_returned_comes_back_from_another_process() -> None:
    said: list[dict[str, Any]] = []

    def work(say: Say) -> int:
        say({"event": "warning"})
        return os.getpid()

    assert aside(work, said.append) != os.getpid()
    assert said == [{"event": "warning"}]


def test_what_it_raises_is_raised() -> None:
    def work(_: Say) -> None:
        raise Unavailable(NOBODY_WATCHES)

    with pytest.raises(Unavailable) as raised:
        aside(work, print)
    assert raised.value.message == NOBODY_WATCHES


def test_a_child_that_is_killed_is_an_error_and_no_wait() -> None:
    def work(_: Say) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(Unavailable, match="without saying why"):
        aside(work, print)
