"""The pages for survivors as Firefox gives them to a screen reader on Linux (AT-SPI, the tree that Orca reads).

Needs Xvfb, D-Bus, AT-SPI and Debian's `python3-pyatspi`; without them it is skipped, loudly.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from tests.e2e.firefox_bidi import FIREFOX
from tests.e2e.firefox_marionette import Firefox

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.django_db(transaction=True)]

PYTHON = "/usr/bin/python3"
READER = Path(__file__).with_name("accessible_tree.py")
PAGES = ("", "help/", "ask/", "follow/", "proof/", "privacy/")
ACTS = {"entry", "check box", "radio button", "button", "push button", "link", "panel", "combo box"}
"""Roles of what can be used, and of groups: each has a name that can be said."""
NAMES = {"English": "en", "Deutsch": "de", "Français": "fr"}
LANGUAGES = tuple(NAMES.values())
HINTS = """return [...document.querySelectorAll('main [aria-describedby]')].filter(each => each.checkVisibility())
  .flatMap(each => each.getAttribute('aria-describedby').split(' '))
  .map(each => document.getElementById(each).textContent.trim().replace(/\\s+/g, ' '))"""
"""What describes fields that are shown, by its own words."""
Tree = list[dict[str, Any]]


def has_all() -> bool:
    wanted = ("Xvfb", "dbus-daemon", FIREFOX, PYTHON)
    return (
        all(shutil.which(each) for each in wanted)
        and subprocess.run([PYTHON, "-c", "import pyatspi"], capture_output=True, check=False, env={}).returncode == 0
    )


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A screen that nobody sees and a bus of its own, by the variables with which programs find them."""
    if not has_all():
        pytest.skip("No Xvfb, D-Bus or python3-pyatspi: what a screen reader on Linux is given was NOT tested.")
    (tmp_path / "run").mkdir(mode=0o700)
    read, write = os.pipe()
    screen = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24"], pass_fds=[write],
                              stderr=subprocess.DEVNULL)  # fmt: skip
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    found = {"DISPLAY": f":{number}", "XDG_RUNTIME_DIR": str(tmp_path / "run"), "GNOME_ACCESSIBILITY": "1"}
    environment = {**os.environ, **found}
    bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, env=environment)  # fmt: skip
    assert bus.stdout is not None
    with bus.stdout:
        yield {**found, "DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip()}
    for each in (bus, screen):
        each.terminate()
        each.wait(30)


@pytest.fixture
def shown(desktop: dict[str, str], tmp_path: Path) -> Iterator[Firefox]:
    found = Firefox(tmp_path, desktop=desktop)
    yield found
    found.close()


@pytest.fixture
def heard(desktop: dict[str, str], shown: Firefox) -> Callable[[str], Tree]:
    """The page in front, once these words are in it, as a screen reader walks through it."""

    def walk(words: str) -> Tree:
        deadline = time.monotonic() + 60
        while True:
            done = subprocess.run([PYTHON, str(READER)], capture_output=True, text=True, check=False,
                                  env={"PATH": os.environ["PATH"], **desktop})  # fmt: skip
            tree: Tree = json.loads(done.stdout) if done.returncode == 0 else []
            if any(words in each["text"] or words in each["name"] for each in tree):
                return tree
            assert time.monotonic() < deadline, (words, done.stderr[-500:], [each["name"] for each in tree])
            time.sleep(0.5)

    return walk


def assert_can_be_read(tree: Tree, language: str) -> None:
    nameless = [each for each in tree if each["role"] in ACTS and not each["name"]]
    assert [each for each in nameless if each["tag"] != "details"] == [], "what can be opened is named by its summary"
    levels = [int(each["level"]) for each in tree if each["role"] == "heading"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    assert tree[0]["language"] == language
    spoken = {each["name"]: each["language"] for each in tree if each["name"] in NAMES}
    assert spoken == {name: each for name, each in NAMES.items() if each != language}, (
        "each language is named in itself"
    )


def assert_is_heard_once(tree: Tree) -> None:
    """Orca reads a page without the labels of fields: so a field's name stands in a block, and a choice's does not."""
    blocks = [each["text"] for each in tree if each["role"] == "section"]
    names = {role: [each["name"] for each in tree if each["role"] == role] for role in ("entry", "radio button")}
    assert [name for name in names["entry"] if name not in blocks] == [], "an empty field is left out with its label"
    assert [name for name in names["radio button"] if name in blocks] == [], "it would be heard twice"


def in_language(language: str, words: str) -> str:
    """What a page says for these words."""
    with translation.override(language):
        return translation.gettext(words)


def test_every_page_is_walked_through_by_names_headings_and_languages(
    live_server: Any, shown: Firefox, heard: Callable[[str], Tree]
) -> None:
    for language in LANGUAGES:
        for path in PAGES:
            shown.go(f"{live_server.url}/info/{path}?language={language}")
            title = shown.run("return document.querySelector('h1').innerText")
            tree = heard(title)
            assert_can_be_read(tree, language)
            assert_is_heard_once(tree)
            hints = shown.run(HINTS)
            said = " ".join(" ".join(each["says"] for each in tree).split())  # French has spaces of its own
            assert [each for each in hints if each not in said] == [], "each hint is said with its field"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_clear_is_said_with_its_field_and_the_answer_begins_there(
    language: str, live_server: Any, shown: Firefox, heard: Callable[[str], Tree]
) -> None:
    def say(words: str) -> str:
        return in_language(language, words)

    shown.go(f"{live_server.url}/info/ask/?language={language}")
    shown.click(say("Send"))
    tree = heard(say("Something is not clear to us yet."))
    assert_can_be_read(tree, language)
    [alert] = [each for each in tree if each["role"] in ("alert", "notification") and "focused" in each["states"]]
    assert alert["live"] in ("assertive", "")
    asked = [each["name"] for each in tree if each["role"] == "panel" and say("Please choose one.") in each["name"]]
    assert len(asked) == 3, "the error is in the name of its group"
    shown.go(f"{live_server.url}/info/proof/?language={language}")
    shown.run("document.querySelector('[name=brought_by][value=agent]').checked = true")
    shown.click(say("Send"))
    tree = heard(say("Something is not clear to us yet."))
    assert_can_be_read(tree, language)
    [mandate] = [each for each in tree if "invalid" in each["states"]]
    assert say("Please write here what gives you the right to act for the person.") in mandate["says"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_and_the_state_are_read_from_their_heading(
    language: str, live_server: Any, shown: Firefox, heard: Callable[[str], Tree]
) -> None:
    def say(words: str) -> str:
        return in_language(language, words)

    def begins_at(heading: str) -> None:
        [focused] = [each for each in tree if "focused" in each["states"]]
        assert (focused["role"], focused["name"]) == ("heading", heading)

    shown.go(f"{live_server.url}/info/ask/?language={language}")
    for name, value in (("capacity", "adult"), ("aim", "picture"), ("danger", "no")):
        shown.run(f"document.querySelector('[name={name}][value={value}]').checked = true")
    shown.type("//textarea[@name='words']", "My own words")
    shown.click(say("Send"))
    tree = heard(say("Thank you. We have your request."))
    assert_can_be_read(tree, language)
    begins_at(say("Thank you. We have your request."))
    keys = shown.run("return [...document.querySelectorAll('#reference, #secret')].map(each => each.innerText)")
    read = [each["text"] for each in tree]
    assert all(key in read for key in keys), "both are read, each by itself"
    shown.go(f"{live_server.url}/info/follow/?language={language}")
    for name, key in zip(("reference", "secret"), keys, strict=True):
        shown.type(f"//input[@name='{name}']", key)
    shown.click(say("Show"))
    heading = say("Your request")
    shown.wait_until(f"return document.querySelector('h1').innerText === {json.dumps(heading)}")
    tree = heard(heading)
    assert_can_be_read(tree, language)
    begins_at(heading)
