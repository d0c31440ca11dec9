"""What Orca says of the page where survivors ask: read from its top to its end, its errors, and its answer.

Needs Orca, openbox and xdotool besides what `test_read_aloud_in_firefox.py` needs; without them it is skipped, loudly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.firefox_marionette import Firefox

from .speech import voice
from .test_read_aloud_in_firefox import desktop, in_language, shown

__all__ = ["desktop", "shown"]
pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.django_db(transaction=True)]

LANGUAGE = "fr"
QUIET_S = 5.0


@pytest.fixture
def said(desktop: dict[str, str], shown: Firefox, tmp_path: Path) -> Iterator[list[str]]:
    """All that Orca says, in a window that has the keys of the keyboard."""
    if not all(shutil.which(each) for each in ("orca", "openbox", "xdotool")):
        pytest.skip("No Orca, openbox or xdotool: survivors' pages were NOT heard in a screen reader.")
    with voice(tmp_path / "speech") as heard:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        address = {
            "SPEECHD_ADDRESS": f"unix_socket:{tmp_path}/speech",
            "HOME": str(tmp_path),
            "XDG_SESSION_TYPE": "x11",
        }
        started = [
            subprocess.Popen(each, env={**kept, **desktop, **address}, stderr=subprocess.DEVNULL)
            for each in (["openbox"], ["orca", "--replace", "-d", "braille"])
        ]
        try:
            wait_for(lambda: bool(heard), "Orca is there")
            yield heard
        finally:
            for each in started:
                each.kill()
                each.wait(30)


@pytest.fixture
def press(desktop: dict[str, str]) -> Callable[..., None]:
    """Do with mouse or keyboard, as xdotool says it."""

    def do(*words: str) -> None:
        subprocess.run(["xdotool", *words], env={**os.environ, **desktop}, check=True)
        time.sleep(1.5)

    return do


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def until_quiet(said: list[str]) -> None:
    before = -1
    while len(said) != before:
        before = len(said)
        time.sleep(QUIET_S)


def say(words: str) -> str:
    return in_language(LANGUAGE, words)


def test_the_page_to_ask_is_heard_to_its_end_its_errors_by_themselves_and_its_answer_from_its_heading(
    live_server: Any, shown: Firefox, said: list[str], press: Callable[..., None]
) -> None:
    shown.go(f"{live_server.url}/info/ask/?language={LANGUAGE}")
    until_quiet(said)
    press("mousemove", "8", "600", "click", "1")
    press("key", "ctrl+Home")
    until_quiet(said)
    said.clear()
    press("key", "KP_Add")
    until_quiet(said)
    assert said.index(say("Where did you see it?")) < said.index(say("Is there a safe way to reach you?"))
    assert [said.count(say(each)) for each in ("I am under 18, and it is about me", "Pictures or videos")] == [1, 1]
    assert say("What we keep") in said, "to its end"
    shown.click(say("Send"))
    wait_for(lambda: any(say("Something is not clear to us yet.") in each for each in said), "the error says itself")
    for name, value in (("capacity", "adult"), ("aim", "picture"), ("danger", "no")):
        shown.run(f"document.querySelector('[name={name}][value={value}]').checked = true")
    shown.type("//textarea[@name='words']", "My own words")
    shown.click(say("Send"))
    wait_for(lambda: any(each.startswith(say("Thank you. We have your request.")) for each in said), "the answer")
