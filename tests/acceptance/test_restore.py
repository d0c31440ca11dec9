"""A machine burns down (sentence 11): the page about backups is typed as it stands, on the next machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.crew import CSAM, Crew, decide, notices, waiting
from tests.acceptance.people import Person
from tests.acceptance.system import PROGRAM, System, children_of, installed, wait_for
from tests.acceptance.world import Letter, Mail, Web, list_of, providers_table, sha256, still

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "backup.md"
LAST = 88
NOT_TOLD = {"at", "median_removal_s"}


def section(title: str) -> list[str]:
    """The commands that the page gives under a heading."""
    text = PAGE.read_text()
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return re.findall(r"^```sh\n(.*?)^```", found.group(1), re.M | re.S) if found else []


def typed(system: System, blocks: list[str], backup: Path, offline: Path) -> subprocess.CompletedProcess[str]:
    """As somebody types them, or cron does: with a bare environment, stopping at the first that fails."""
    environment = {name: value for name, value in system.environment().items() if name.startswith("ORBWEAVER_")}
    return subprocess.run(
        ["sh", "-eu", "-c", "\n".join(blocks)],
        env={
            **environment,
            "PATH": f"{PROGRAM.parent}:/usr/bin:/bin",
            "HOME": str(system.room),
            "BACKUP": str(backup),
            "OFFLINE": str(offline),
        },
        cwd="/",
        capture_output=True,
        text=True,
        user=system.uid,
        group=system.uid,
        extra_groups=[] if system.uid is not None else None,
        timeout=300,
        check=False,
    )


@dataclass
class Restored:
    """Both machines, and what the first one knew."""

    second: System
    backup: Path
    offline: Path
    letter: Letter
    figures: dict[str, Any]
    lists: Any
    providers: Any
    evidence: list[str]
    said: list[subprocess.CompletedProcess[str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def restored(web: Web) -> Iterator[Restored]:
    post = Mail(Path(tempfile.mkdtemp(prefix="ow-mail-")))
    shelf = Path(tempfile.mkdtemp(prefix="ow-shelf-"))
    shelf.chmod(0o777)
    settings: dict[str, Any] = {
        **post.settings,
        "authorised_hotline": True,
        "legal_authority": "The Act on Helplines, section 1",
        "review_required_assessments": 1,
    }
    try:
        with installed(Path(tempfile.mkdtemp(prefix="ow-")), unprivileged=True, **settings) as first:
            first.start()
            known = list_of(*(("sha256", sha256(still(LAST, n)), "S88") for n in range(4)))
            first.run("lists", "import", first.give("known.csv", known), "--list", "Police", "--supplier", "NCMEC")
            first.run("providers", "import", first.give("providers.csv", providers_table([LAST])))
            web.host(LAST).show(still(LAST), still(LAST, 1))
            first.run("crawl", web.host(LAST).url + "/")
            crew = Crew(first, post)
            decide(crew.add("Ann", "analyst"), f"127.0.0.{LAST}", CSAM, items=2)
            letter = wait_for(post.outside, what="a notice")[0]
            web.host(LAST).show(still(LAST, 2), page="/third")
            first.run("crawl", web.host(LAST).url + "/third")
            wait_for(lambda: waiting(crew.people["Ann"], f"127.0.0.{LAST}"), what="an item that waits")
            before = {
                "letter": letter,
                "figures": first.json("figures"),
                "lists": first.json("lists", "show"),
                "providers": first.json("providers", "list"),
                "evidence": [file.name for file in first.evidence()],
            }
            backup, offline = shelf / "backup", shelf / "offline"
            said = [typed(first, section("Back up"), backup, offline)]
            assert first.up is not None
            for pid in children_of(first.up.pid):  # it burns down while it runs
                with contextlib.suppress(ProcessLookupError):  # whose parent was killed before goes by itself
                    os.kill(pid, signal.SIGKILL)
            first.up.wait()
            settings_of_old = dict(first.settings)
        room = Path(tempfile.mkdtemp(prefix="ow-"))
        with installed(room, unprivileged=True, **settings) as second:
            second.settings["base_url"] = settings_of_old["base_url"]
            second.port = int(str(settings_of_old["base_url"]).rsplit(":", 1)[1])
            second.address = str(settings_of_old["base_url"])
            said.append(typed(second, section("Restore"), backup, offline))
            second.start()
            yield Restored(second=second, backup=backup, offline=offline, said=said, **before)
    finally:
        post.close()
        shutil.rmtree(shelf, ignore_errors=True)


def test_the_page_gives_commands_to_type() -> None:
    assert section("Back up"), "no commands under “Back up”"
    assert section("Restore"), "no commands under “Restore”"


def test_each_command_goes_through_without_a_word_of_error(restored: Restored) -> None:
    for done in restored.said:
        assert done.returncode == 0, done.stdout + done.stderr
        assert "error" not in (done.stdout + done.stderr).lower(), done.stdout + done.stderr


def test_the_restore_says_that_what_was_taken_away_since_is_there_again(restored: Restored) -> None:
    done = restored.said[1]
    assert "taken away since is there again" in " ".join((done.stdout + done.stderr).split())


def test_what_was_known_is_known_again(restored: Restored) -> None:
    figures = restored.second.json("figures")
    changed = {name: (value, figures[name]) for name, value in restored.figures.items() if figures[name] != value}
    assert not set(changed) - NOT_TOLD, changed
    assert restored.second.json("lists", "show") == restored.lists
    assert restored.second.json("providers", "list") == restored.providers


def test_evidence_is_there_and_can_be_read(restored: Restored) -> None:
    """An analyst signs in as ever, and sees the picture of what waited."""
    there = {file.name for file in restored.second.evidence()}
    assert set(restored.evidence) <= there
    ann = Person(restored.second.address)
    ann.sign_in("ann@helpline.test")
    item = wait_for(lambda: waiting(ann, f"127.0.0.{LAST}"), seconds=15, what="the item that waited")[0]
    page = ann.open(item)
    if not any("/assess/" in (form.attributes.get("action") or "") for form in page.tree.css("form")):
        page = ann.send(page.form(action="/take/"))
    shown = ann.send(page.form(action="/look/"))
    assert shown.status == 200, shown.words[:500]
    assert shown.tree.css_first("main img") is not None or "image" in shown.headers.get("Content-Type", ""), shown.text


def test_a_link_in_a_mail_from_before_still_answers(restored: Restored) -> None:
    page = Person(restored.second.address).open(restored.letter.answer_link)
    assert page.status == 200, page.words[:400]
    assert page.form(has="action")


def test_people_of_the_first_machine_are_not_asked_to_set_up_anew(restored: Restored) -> None:
    assert not restored.second.setup_link
    ada = Person(restored.second.address)
    assert "/sign-in/" not in ada.sign_in("ada@helpline.test").url
    assert [row.reference for row in notices(ada)], "no notices"


def test_a_backup_whose_database_breaks_off_is_refused_whole(restored: Restored, room: Path) -> None:
    """The disk of the backup was full, or somebody cut it: nothing comes back by halves, and the whole one does."""
    kept = next(restored.backup.rglob("database.age"))
    whole = kept.read_bytes()
    with installed(room, unprivileged=True) as third:
        kept.write_bytes(whole[: len(whole) * 2 // 3])
        cut = third.command("restore", str(restored.backup), "--keys", str(restored.offline))
        assert cut.returncode != 0, cut.stdout
        kept.write_bytes(whole)
        again = third.command("restore", str(restored.backup), "--keys", str(restored.offline))
        assert again.returncode == 0, again.stdout + again.stderr
        assert third.json("lists", "show") == restored.lists
        twice = third.command("restore", str(restored.backup), "--keys", str(restored.offline))
        assert twice.returncode != 0, "an installation that is filled was filled again"


def test_a_dump_that_breaks_off_is_refused_whole(restored: Restored, room: Path) -> None:
    """On the way to another server (“Move, or look inside”) the disk was full."""
    dump = restored.second.room / "whole.dump"
    restored.second.run("database", "dump", str(dump))
    with installed(room, unprivileged=True) as third:
        broken = third.give("half.dump", dump.read_bytes()[: dump.stat().st_size * 2 // 3])
        done = third.command("database", "load", broken)
        assert done.returncode != 0, done.stdout
        again = third.command("database", "load", third.give("whole.dump", dump.read_bytes()))
        assert again.returncode == 0, again.stdout + again.stderr
        twice = third.command("database", "load", third.give("whole.dump", dump.read_bytes()))
        assert twice.returncode != 0, "a database that is filled was filled again"
