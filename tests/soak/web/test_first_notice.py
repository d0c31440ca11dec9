"""The way of docs/operators/first-notice.md, from its commands and its words for pages, by the clock.

What the page calls ``the link``, ``the site`` and ``today`` is all that this file adds, besides free ports.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import chromium

from orbweaver_trials.demo.surroundings import free_port, scrubbed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(1200)]

TOP = Path(__file__).parents[3]
TEXT = (TOP / "docs/operators/first-notice.md").read_text(encoding="utf-8")
WITHIN_S = 600.0
PARTS = re.compile(r"^```sh\n(?P<shell>.*?)^```$|^- (?P<page>.*?)(?=^- |^$)", re.MULTILINE | re.DOTALL)
DONE = re.compile(
    r"[Oo]pen `(?P<open>[^`]+)`|\*\*(?P<label>[^*]+)\*\*:\s+`(?P<value>[^`]+)`|press \*\*(?P<press>[^*]+)\*\*"
    r"|Type\s+`(?P<keys>[^`]+)`"
)


class Shell:
    """One shell in which all commands are typed, as a newcomer has it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=TOP,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def type_in(self, commands: str) -> None:
        """Until all of it is done. Fails where a command did."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"set -e\n{commands}\nset +e\necho all-of-it-is-done\n")
        self._process.stdin.flush()
        said = []
        for line in self._process.stdout:
            said.append(line)
            if line == "all-of-it-is-done\n":
                return
        raise AssertionError("".join(said))

    def end(self) -> None:
        """Stop what it started, should the page not have come to that."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate(timeout=60)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A folder that PostgreSQL's own account may pass through."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


@pytest.fixture
def shell() -> Iterator[Shell]:
    bin_first = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shell = Shell({**scrubbed(os.environ), "PATH": bin_first})
    yield shell
    shell.end()


def until(told: Callable[[], str], patience_s: float = 300.0) -> str:
    """What it says, once it says something."""
    ends = time.monotonic() + patience_s
    while not (said := told()):
        assert time.monotonic() < ends
        time.sleep(0.5)
    return said


def link_in(log: Path) -> str:
    """The link of the first administrator, once all is ready."""
    said = log.read_text(encoding="utf-8") if log.exists() else ""
    found = re.search(r"http://\S+/setup/\S+?/", said)
    return found[0] if found and "is ready" in said else ""


def do(page: Page, base: str, words: str, known: dict[str, str]) -> None:
    """What a line of the page says, on a page."""
    for step in DONE.finditer(words):
        if step["open"]:
            page.goto(known.get(step["open"]) or base + step["open"])
        elif step["label"]:
            fill(page, step["label"], known.get(step["value"], step["value"]))
        elif step["press"]:
            press(page, step["press"])
        else:
            page.locator("#assessment.live").wait_for()  # the script that hears keys
            for key in step["keys"].split():
                page.keyboard.press(key)


def fill(page: Page, label: str, value: str) -> None:
    field = page.locator("main").get_by_label(label).first
    if field.evaluate("each => each.tagName") != "SELECT":
        field.fill(value)
    elif field.locator(f"option[value='{value}']").count():
        field.select_option(value)
    else:
        field.select_option(label=value)


def press(page: Page, words: str) -> None:
    """A button or a link; the queue is looked at again until it has something."""
    main = page.locator("main")
    found = main.get_by_role("button", name=words).or_(main.get_by_role("link", name=words)).first

    def there() -> str:
        if found.count():
            return "there"
        page.reload()
        return ""

    until(there)
    with page.expect_navigation():
        found.click()


def test_a_newcomer_has_a_notice_of_their_own_within_ten_minutes(
    shell: Shell, chromium: Browser, room: Path, soak_figures: Callable[..., None]
) -> None:
    began = time.monotonic()
    ports = {name: free_port() for name in ("PORT", "SITE", "MAIL")}
    base = f"http://127.0.0.1:{ports['PORT']}"
    known = {"the site": f"http://127.0.0.1:{ports['SITE']}/", "today": dt.datetime.now(dt.UTC).date().isoformat()}
    page = chromium.new_page(locale="en-GB")
    page.set_default_timeout(120_000)
    for part in PARTS.finditer(TEXT):
        if part["shell"]:
            own = " ".join(f"{name}={number}" for name, number in ports.items())
            shell.type_in(
                part["shell"].replace("FIRST=/tmp/first PORT=8431 SITE=8000 MAIL=2525", f"FIRST={room} {own}")
            )
        else:
            if "`the link`" in part["page"]:
                known["the link"] = until(lambda: link_in(room / "up.txt"))
            do(page, base, part["page"], known)
    seconds = time.monotonic() - began
    page.close()
    mail = (room / "mails.txt").read_text(encoding="utf-8")
    soak_figures(seconds=round(seconds, 1), within_s=WITHIN_S)
    assert "abuse@host.example" in mail
    assert seconds < WITHIN_S
