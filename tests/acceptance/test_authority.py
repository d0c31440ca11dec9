"""Authorised without a legal authority, and placeholders in the place of a name (sentence 12)."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.crew import CSAM, Crew, decide
from tests.acceptance.system import System, installed, wait_for
from tests.acceptance.world import Letter, Mail, Web, list_of, sha256, still

LAST = 91
PLACEHOLDERS = ("Example Hotline", "hotline.example")


@dataclass
class Story:
    """What was seen while the settings were half done, and after they were completed."""

    doctor_code: int = -1
    doctor: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    letters_before: list[Letter] = field(default_factory=list)
    letters_after: list[Letter] = field(default_factory=list)
    evidence_before: int = -1
    evidence_after: int = -1


@pytest.fixture(scope="module")
def story(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A hotline whose operator set `authorised` and a mail server, and forgot the rest until the next morning."""
    told = Story()
    post = Mail(Path(tempfile.mkdtemp(prefix="ow-mail-")))
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    unset = {"hotline_name": None, "hotline_domain": None, "hotline_contact": None}
    common = {**post.settings, "review_required_assessments": 1, "notice_reminder_hours": 0.003}
    try:
        with installed(folder, unprivileged=True, authorised_hotline=True, **unset, **common) as system:
            told.doctor_code, told.doctor = system.doctor()
            system.start()
            told.said = system.said
            known = list_of(("sha256", sha256(still(LAST)), ""))
            system.run("lists", "import", system.give("known.csv", known), "--list", "Police", "--supplier", "NCMEC")
            system.run(
                "providers",
                "add",
                "Hosty",
                "--network",
                f"127.0.0.{LAST}/32",
                "--contact",
                "abuse@hosty.test",
                "--country",
                "CA",
            )
            web.host(LAST).show(still(LAST))
            system.run("crawl", web.host(LAST).url + "/")
            crew = Crew(system)
            decide(crew.add("Ann", "analyst"), f"127.0.0.{LAST}", CSAM)
            time.sleep(8)
            told.letters_before, told.evidence_before = post.outside(), len(system.evidence())
            system.stop()
            system.settings.update(
                legal_authority="The Act on Helplines, section 1",
                hotline_name="Helpline of the Tests",
                hotline_domain="helpline.test",
                hotline_contact="desk@helpline.test",
            )
            since = time.time()
            system.start()
            end = time.monotonic() + 40
            while time.monotonic() < end:
                told.letters_after = [letter for letter in post.outside() if letter.at > since]
                told.evidence_after = len(system.evidence())
                if told.letters_after and told.evidence_after:
                    break
                time.sleep(0.5)
            yield told
    finally:
        post.close()


def test_doctor_fails_and_names_the_setting(story: Story) -> None:
    assert story.doctor_code == 1, story.doctor["checks"]
    wrong = [check for check in story.doctor["checks"] if check["level"] not in {"ok", "warn"}]
    assert "LEGAL_AUTHORITY" in json.dumps(wrong).upper(), wrong


def test_doctor_names_the_placeholders(story: Story) -> None:
    wrong = [check for check in story.doctor["checks"] if check["level"] != "ok"]
    assert "HOTLINE_NAME" in json.dumps(wrong).upper(), wrong


def test_up_says_so(story: Story) -> None:
    assert "AUTHORITY" in story.said.upper(), story.said


def test_up_says_so_to_a_person_at_a_terminal_too(story: Story, room: Path) -> None:
    """Without --json: `doctor` is not what everybody runs."""
    with installed(room, unprivileged=True, authorised_hotline=True) as system:
        system.start("--only", "worker")
        assert "AUTHORITY" in system.said.upper(), system.said


def test_nothing_leaves_with_a_placeholder(story: Story) -> None:
    named = [
        letter
        for letter in story.letters_before
        if any(one in letter.all_text + str(letter.content) for one in PLACEHOLDERS)
    ]
    assert not named, f"{named[0].recipients}: {named[0].message['From']}, {named[0].subject}"
    assert not story.letters_before


def test_what_waited_leaves_under_the_true_name(story: Story) -> None:
    assert story.letters_after, "nothing left after the name was set"
    for letter in story.letters_after:
        assert not any(one in letter.all_text + str(letter.message["From"]) for one in PLACEHOLDERS), letter.words


def test_what_was_missed_is_fetched_again(story: Story) -> None:
    assert story.evidence_before == 0
    assert story.evidence_after >= 1, "the known picture was never archived"


def test_test_messages_leave_under_no_placeholder_either(room: Path, tmp_path: Path) -> None:
    post = Mail(tmp_path)
    unset = {"hotline_name": None, "hotline_domain": None, "hotline_contact": None}
    try:
        with installed(room, unprivileged=True, **unset, **post.settings) as system:
            done = system.command("notices", "test-channel", "smtp", "abuse@hosty.test")
            assert not post.outside(), f"{done.stdout} {post.outside()[0].subject}"
    finally:
        post.close()


def test_a_complete_setting_is_no_error(hotline: System) -> None:
    """The control."""
    _, doctor = hotline.doctor()
    # what people have yet to bring (lists, analysts, a lead, a test message) is told by checks of its own
    settings = [check for check in doctor["checks"] if not check["name"].startswith("set up: ")]
    assert [check for check in settings if check["level"] == "fail"] == []
    wait_for(lambda: "AUTHORITY" not in hotline.said.upper(), seconds=1)
