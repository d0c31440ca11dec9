"""Owners of tables of rules who are clumsy or hostile, by page and by command: whatever they bring, nothing is in force
that two people did not agree to, nothing stops, and what is wrong is said. Written from docs/domain/rule-tables.md."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.unit.test_rule_tables import HEAD, Conformance
from typer.testing import CliRunner, Result

from orbweaver.assess.review.models import Look, ReviewItem
from orbweaver.assess.review.services import open_items
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.changing import ask_for_table
from orbweaver.doors.cli import build
from orbweaver.doors.cli.doctor.checks import rule_tables_check
from orbweaver.doors.rule_tables import TABLES
from orbweaver.errors import OrbweaverError
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.people.changes.models import Change
from orbweaver.people.rule_tables import services
from orbweaver.people.rule_tables.models import TableVersion
from orbweaver.people.rule_tables.selectors import own_in_force
from orbweaver.people.rule_tables.services import follow, keep, take_up
from orbweaver.platform import rule_tables
from orbweaver.platform.rule_tables import MOST_BYTES, Laid
from orbweaver.platform.runtime.checks import Level

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
OWN = {each.table.name: HEAD + each.own for each in Conformance.__subclasses__()}
LAWS = OWN["laws"]


@pytest.fixture(autouse=True)
def ours_afterwards(set_config: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    monkeypatch.setattr("orbweaver.doors.cli.rules.open_session", opened)
    set_config(discover_contacts="false", hotline_country="CA")
    yield
    rule_tables.forget()


@pytest.fixture
def ada(make_person: MakePerson) -> User:
    return make_person("Ada", Role.ADMINISTRATOR)


@pytest.fixture
def mo(make_person: MakePerson) -> User:
    return make_person("Mo", Role.HOTLINE_MANAGER)


@pytest.fixture
def at_work(make_person: MakePerson, make_sighting: Callable[..., Sighting], now: dt.datetime) -> None:
    """Somebody has looked at an item: there is something to be guarded."""
    open_items([make_sighting()], now)
    Look.objects.create(item=ReviewItem.objects.get(), person=make_person("Ann", Role.ANALYST), at=now)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(build(), ["rules", *map(str, words)])


def kept(name: str, now: dt.datetime, text: str = "") -> TableVersion:
    return keep(TABLES[name], text or OWN[name], Laid.OVER, "Counsel says so", by=None, now=now)


def in_force_by_hand(name: str, now: dt.datetime, **facts: Any) -> TableVersion:
    """A row as a newer program, or somebody with the database's password, writes it."""
    given = {"version": "own-9", "laid": "over", "sha256": "0" * 64, "reason": "r", "kept_by": "x", "text": "x"} | facts
    return TableVersion.objects.create(table=name, kept_at=now, in_force_at=now, **given)


def refused(result: Result, said: str) -> None:
    """In words: by an error of ours, or by what is said of the words of a command."""
    assert isinstance(result.exception, OrbweaverError | SystemExit), repr(result.exception)
    assert result.exit_code != 0
    assert said in f"{result.stdout}{result.stderr}{result.exception}"
    assert not TableVersion.objects.exists()


def test_a_command_refuses_one_bad_row_among_good_ones_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "laws.toml"
    good = "".join(
        f'[[laws]]\ncountry = "{each}"\nkind = "csam"\nillegal = "yes"\nlaw = "L"\nsource = "S"\nas_of = 2026-11-29\n'
        for each in ("JP", "FR", "DE")
    )
    file.write_text(HEAD + good.replace('country = "FR"', 'country = "FRANCE"'))
    for words in (("diff", "laws", file, "--over"), ("override", "laws", file, "--why", "w")):
        refused(run(*words), "Line 12")
    file.write_text(HEAD + good)
    assert run("override", "laws", file, "--why", "w").exit_code == 0
    assert TableVersion.objects.get().in_force_at is None


@pytest.mark.parametrize(
    "made",
    [
        b"",
        b"\xff\xfe" + LAWS.encode("utf-16-le"),
        b"\x00" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        LAWS.encode() + b"\xc3",
        (LAWS + "#" * MOST_BYTES).encode(),
    ],
    ids=["empty", "UTF-16", "zeros", "picture", "cut off", "too long"],
)
def test_a_command_refuses_what_is_no_table_in_words(tmp_path: Path, made: bytes) -> None:
    file = tmp_path / "laws.toml"
    file.write_bytes(made)
    refused(run("override", "laws", file, "--why", "w"), "")


def test_a_command_refuses_what_is_no_file_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "laws.toml").write_text(LAWS)
    monkeypatch.chdir(tmp_path)  # a long address is broken into lines
    refused(run("override", "laws", "missing.toml", "--why", "w"), "missing.toml")
    refused(run("override", "laws", tmp_path, "--why", "w"), "")
    refused(run("override", "nothing", tmp_path / "laws.toml", "--why", "w"), "laws")


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as file:
        file.truncate(64 * 2**20)
    tracemalloc.start()
    try:
        refused(run("import", "laws", huge, "--why", "w"), "longer")
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_a_command_keeps_nothing_without_a_reason_nor_one_that_is_cut_off(tmp_path: Path) -> None:
    """The page asks for one, too: whoever agrees reads it."""
    (tmp_path / "laws.toml").write_text(LAWS)
    for why in ("", "  ", "x" * 501, "Counsel \u202esays", "Coun\u200bsel"):
        refused(run("override", "laws", tmp_path / "laws.toml", "--why", why), "reason")
        refused(run("back", "laws", "--why", why), "")


def test_a_page_says_so_too_where_a_reason_or_a_row_hides_something(ada: User, client: Client) -> None:
    client.force_login(ada)
    for text, reason, said in (
        (LAWS, "Coun\u200bsel", "without signs that nobody sees"),
        (LAWS, "x" * 501, "500"),
        (LAWS, "", "id_reason"),
        (LAWS.replace('"L"', '"L\u202e"'), "Counsel says so", "U+202E"),
    ):
        answer = client.post("/rules/laws/import/", {"laid": "over", "text": text, "reason": reason})
        assert (answer.status_code, said in answer.content.decode()) == (400, True), reason[:20]
    assert not TableVersion.objects.exists()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("sign", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\U000e0041"])
def test_a_row_named_as_ours_but_for_a_sign_that_nobody_sees_is_refused(tmp_path: Path, sign: str) -> None:
    """It would look as if it took the place of ours, and stand beside it."""
    file = tmp_path / "kinds.toml"
    file.write_text(HEAD + f'[[rule]]\nname = "php{sign}BB"\nkind = "forum"\nhosts = ["ours.example"]\n')
    refused(run("override", "kinds", file, "--why", "w"), f"U+{ord(sign):04X}")


def test_letters_that_are_joined_and_parted_as_their_language_needs_are_plain(tmp_path: Path) -> None:
    file = tmp_path / "commerce.toml"
    file.write_text(HEAD + '[[sign]]\nname = "ours"\nwords = ["می\u200cخواهم", "क्\u200dष"]\n')
    assert run("override", "commerce", file, "--why", "Raison\u202f: la loi").exit_code == 0


@pytest.mark.parametrize("age", [-1, 0, 151, 10**30])
def test_an_age_that_no_law_names_is_refused_with_its_line(tmp_path: Path, age: int) -> None:
    file = tmp_path / "laws.toml"
    file.write_text(LAWS + f"child_under = {age}\n")
    refused(run("override", "laws", file, "--why", "w"), "child_under")


def test_files_of_other_machines_are_read_as_they_are_meant(tmp_path: Path, ada: User, now: dt.datetime) -> None:
    """With a mark of order before them and lines that end as on Windows."""
    file = tmp_path / "laws.toml"
    file.write_bytes(b"\xef\xbb\xbf" + LAWS.replace("\n", "\r\n").encode())
    found = run("override", "laws", file, "--why", "w")
    assert found.exit_code == 0, found.stdout + found.stderr
    ask_for_table(TableVersion.objects.get(), by=ada, now=now)
    follow()
    assert TABLES["laws"].version() == "2026-11+own-1"


@pytest.mark.usefixtures("at_work")
def test_a_page_refuses_a_huge_table_and_is_read_with_the_largest(ada: User, mo: User, client: Client) -> None:
    client.force_login(ada)
    sent = {"laid": "over", "reason": "Counsel says so"}
    for size in (MOST_BYTES + 1, 8 * 2**20):
        answer = client.post("/rules/cover/import/", {**sent, "text": HEAD + "#" * size})
        assert answer.status_code in (400, 413)
    row = '[[garden]]\nname = "Ours {0}"\nhosts = ["w{0}.example"]\nwhy = "login"\nsource = "S"\n'
    text = HEAD
    while len(text.encode()) < MOST_BYTES - 200:
        text += row.format(len(text))
    assert client.post("/rules/cover/import/", {**sent, "text": text}).status_code == 302
    client.force_login(mo)
    for address in ("/rules/", "/rules/cover/", "/rules/cover/?past=1000000000", "/people/changes/"):
        page = client.get(address)
        assert page.status_code == 200
        assert len(page.content) < 2**20
    assert client.get("/rules/cover/?past=" + "9" * 5000).status_code == 200
    assert client.post(f"/people/changes/{Change.objects.get().public_id}/agree/").status_code == 302
    follow()
    assert TABLES["cover"].version() == "2026-11+own-1"


@pytest.mark.sampled(2)
@pytest.mark.sampled(1)
@pytest.mark.parametrize("text", ["this is no TOML [[", HEAD + "rows = 3\n", "\U0010ffff", "x = " + "[" * 3000])
@pytest.mark.usefixtures("at_work")
def test_a_row_that_nobody_can_read_stops_neither_page_nor_command(
    ada: User, client: Client, now: dt.datetime, text: str
) -> None:
    """In force, and beside it one that waits for a second person."""
    waits = kept("laws", now)
    assert ask_for_table(waits, by=ada, now=now) is not None
    in_force_by_hand("laws", now, text=text)
    in_force_by_hand("cadence", now, text=text, version="own-8", laid="whole")
    TableVersion.objects.filter(pk=waits.pk).update(text=text)
    rule_tables.forget()
    take_up()
    assert (TABLES["laws"].version(), TABLES["cadence"].version()) == ("2026-11", "1")
    client.force_login(ada)
    for address in ("/rules/", "/rules/laws/", "/rules/cadence/", "/people/changes/", "/people/", "/audit/"):
        assert client.get(address).status_code == 200, address
    for words in (("list",), ("list", "--json"), ("show", "laws"), ("show", "laws", "--json")):
        assert run(*words).exit_code == 0, words
    told = run("show", "laws", "--version", "2026-11+own-9")
    assert told.exception is None or isinstance(told.exception, OrbweaverError | SystemExit), repr(told.exception)
    assert rule_tables_check().level is Level.FAIL


@pytest.mark.usefixtures("at_work")
def test_what_nobody_can_read_any_more_is_not_brought_into_force_by_an_agreement(
    ada: User, mo: User, client: Client, now: dt.datetime
) -> None:
    """Kept and asked for; then written over, or the program that could read it was taken back."""
    waits = kept("laws", now)
    assert ask_for_table(waits, by=ada, now=now) is not None
    TableVersion.objects.filter(pk=waits.pk).update(text=LAWS.replace("illegal", "wrong"))
    client.force_login(mo)
    answer = client.post(f"/people/changes/{Change.objects.get().public_id}/agree/")
    assert answer.status_code in (302, 400, 409)
    waits.refresh_from_db()
    assert waits.in_force_at is None
    assert not Event.objects.filter(kind="rule_table.set").exists()


@pytest.mark.usefixtures("at_work")
def test_an_old_program_goes_on_beside_a_table_that_it_does_not_know(
    ada: User, mo: User, client: Client, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = ask_for_table(kept("cdns", now), by=ada, now=now)
    assert change is not None
    other = ask_for_table(kept("laws", now), by=ada, now=now)
    assert other is not None
    in_force_by_hand("weather", now)
    monkeypatch.delitem(TABLES, "cdns")
    rule_tables.forget()
    take_up()
    follow()
    client.force_login(mo)
    for address in ("/rules/", "/rules/laws/", "/people/changes/", "/audit/"):
        assert client.get(address).status_code == 200, address
    for name in ("cdns", "weather"):
        assert client.get(f"/rules/{name}/").status_code == 404
    assert run("list").exit_code == 0
    assert rule_tables_check().level in (Level.OK, Level.FAIL, Level.WARN)
    answer = client.post(f"/people/changes/{change.public_id}/agree/")
    assert answer.status_code < 500
    assert client.post(f"/people/changes/{other.public_id}/agree/").status_code == 302
    follow()
    assert TABLES["laws"].version() == "2026-11+own-1"
    assert TableVersion.objects.filter(table="cdns", in_force_at__isnull=False).count() == 0


def at_once(*works: Callable[[], object]) -> list[object]:
    """Each in a thread with a session of its own, begun together: as processes of the web."""
    begin, found = threading.Barrier(len(works)), list[object]()

    def each(work: Callable[[], object]) -> None:
        try:
            begin.wait(20)
            found.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=each, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == len(works)
    return found


def agreeing(person: User, change: Change) -> Callable[[], int]:
    client = Client()
    client.force_login(person)
    return lambda: client.post(f"/people/changes/{change.public_id}/agree/").status_code


def asked(version: TableVersion, by: User, now: dt.datetime) -> Change:
    change = ask_for_table(version, by=by, now=now)
    assert change is not None
    return change


def set_events() -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind="rule_table.set").order_by("pk").values_list("details", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_work")
def test_two_proposals_agreed_at_once_hold_one_after_the_other_and_every_process_counts_by_the_last(
    ada: User, mo: User, make_person: MakePerson, now: dt.datetime, database_url: str, tmp_path: Path
) -> None:
    second = make_person("Max", Role.HOTLINE_MANAGER)
    first, other = kept("laws", now), kept("laws", now, LAWS.replace("own-1", "own-2").replace('"L"', '"M"'))
    changes = [asked(first, ada, now), asked(other, ada, now)]
    assert at_once(agreeing(mo, changes[0]), agreeing(second, changes[1])) == [302, 302]
    events = set_events()
    assert sorted(each["version"] for each in events) == ["own-1", "own-2"]
    follow()
    last = "2026-11+" + events[-1]["version"]
    assert TABLES["laws"].version() == last, "the last that the audit tells of"
    given = os.environ | {"ORBWEAVER_DATABASE_URL": database_url, "ORBWEAVER_DATA_DIR": str(tmp_path)}
    words = [sys.executable, "-c", "from orbweaver.doors.cli import main; main()", "rules", "list", "--json"]
    told = subprocess.run(words, env=given, capture_output=True, check=True, text=True, timeout=60).stdout
    rows = {row["table"]: row for row in map(json.loads, told.splitlines())}
    assert rows["laws"]["version"] == last, "in a process that begins afterwards, too"


@pytest.mark.django_db(transaction=True)
def test_threads_of_a_process_that_follow_at_once_end_with_the_newest(
    ada: User, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One has read which versions hold, and waits there while another one reads and takes up a newer version."""
    has_read, is_followed, newer_is_adopted = threading.Event(), threading.Event(), threading.Event()
    follow()
    ask_for_table(kept("laws", now), by=ada, now=now)

    def read_slowly() -> Any:
        found = own_in_force()
        if threading.current_thread().name == "slow":
            has_read.set()
            newer_is_adopted.wait(1)
        return found

    def adopt_and_wait(found: Any) -> None:
        rule_tables.adopt(found)
        if threading.current_thread().name == "quick":
            newer_is_adopted.set()
            is_followed.wait(1)

    def slowly() -> None:
        follow_here()
        is_followed.set()

    def follow_here() -> None:
        try:
            services.follow()
        finally:
            connection.close()

    monkeypatch.setattr(services, "own_in_force", read_slowly)
    monkeypatch.setattr(services, "adopt", adopt_and_wait)
    monkeypatch.setattr(services, "_followed", None)
    slow, quick = threading.Thread(target=slowly, name="slow"), threading.Thread(target=follow_here, name="quick")
    slow.start()
    assert has_read.wait(20)
    newer = kept("laws", now, LAWS.replace("own-1", "own-2").replace('"L"', '"M"'))
    TableVersion.objects.filter(pk=newer.pk).update(in_force_at=now + dt.timedelta(seconds=1))
    quick.start()
    quick.join(20)
    slow.join(20)
    follow()
    assert TABLES["laws"].version() == "2026-11+own-2"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_work")
def test_two_texts_of_one_name_agreed_at_once_are_never_both_in_force(
    ada: User, mo: User, make_person: MakePerson, now: dt.datetime
) -> None:
    second = make_person("Max", Role.HOTLINE_MANAGER)
    changes = [asked(kept("laws", now, LAWS.replace('"L"', f'"{law}"')), ada, now) for law in "MN"]
    codes = at_once(agreeing(mo, changes[0]), agreeing(second, changes[1]))
    assert all(isinstance(code, int) and code < 500 for code in codes)
    assert TableVersion.objects.filter(in_force_at__isnull=False).count() == 1
    assert len(set_events()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_work")
def test_one_proposal_agreed_by_two_at_once_is_set_once(
    ada: User, mo: User, make_person: MakePerson, now: dt.datetime
) -> None:
    change = asked(kept("chart", now), ada, now)
    codes = at_once(agreeing(mo, change), agreeing(make_person("Max", Role.HOTLINE_MANAGER), change))
    assert all(isinstance(code, int) and code < 500 for code in codes)
    assert len(set_events()) == 1


def test_json_of_commands_says_what_waits_and_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "laws.toml"
    file.write_text(LAWS)
    differs = run("diff", "laws", file, "--over", "--json")
    assert differs.exit_code == 0
    assert {json.loads(line)["row"] for line in differs.stdout.splitlines()}
    assert not TableVersion.objects.exists()
