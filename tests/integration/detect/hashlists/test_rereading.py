"""Readings of one file that were broken off, one after another, and what becomes of what they had added."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import connection

from orbweaver.detect.hashlists import importing, rereading
from orbweaver.detect.hashlists.models import (
    BROKEN_OFF_AFTER,
    EntryCount,
    EntryStateChange,
    HashListEntry,
    ListImport,
)
from orbweaver.detect.hashlists.services import set_many_states
from orbweaver.detect.hashlists.writing import CHANGE_LOCK
from orbweaver.platform.clock import real_now

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
STATES = HashListEntry.State
Read = Callable[..., ListImport]


class Killed(Exception):
    """The process is gone."""


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a file of six, killed after so many rows. ``hashes`` takes the MD5 that stands first in each line, ``csv``
    the SHA-1 behind it."""
    path = tmp_path / "list.txt"
    lines = (f"{number:032x}  picture,sha1,{number:040x},csam\n" for number in range(6))
    path.write_text("name,kind,value,classification\n" + "".join(lines), encoding="ascii")
    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(rereading, "TOGETHER", 2)

    def reading(list_format: str, *, then: int = 99) -> ListImport:
        return importing.import_list(
            path, list_name="Cases", supplier="Police", list_format=list_format, now=NOW, progress=killed_after(then)
        )

    return reading


@pytest.fixture
def read_vics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """The same of a file whose first four pictures the United States' numbers refuse, and the United Kingdom's take."""
    path = tmp_path / "vics.json"
    of_each = (f'{{"MediaID": {n}, "Category": {4 if n < 4 else 1}, "MD5": "{n:032X}"}}' for n in range(6))
    path.write_text(f'{{"odata.metadata": "x/DataModels/1.3.xml#Media", "value": [{",".join(of_each)}]}}')
    monkeypatch.setattr(importing, "BATCH", 2)
    minutes = itertools.count()

    def reading(list_format: str, region: str, *, then: int = 99) -> ListImport:
        now = NOW + dt.timedelta(minutes=next(minutes))
        return importing.import_list(
            path, list_name="Cases", supplier="Police", list_format=list_format, region=region, now=now,
            progress=killed_after(then),
        )  # fmt: skip

    return reading


def killed_after(then: int) -> Callable[[int], None]:
    def progress(rows: int) -> None:
        if rows >= then:
            raise Killed

    return progress


def by_kind_and_state() -> Counter[tuple[str, str]]:
    return Counter(HashListEntry.objects.values_list("hashes__kind", "state"))


def test_a_wrong_reading_is_taken_back_where_a_second_one_was_broken_off_in_between(read_vics: Read) -> None:
    with pytest.raises(Killed):
        read_vics("vics13", "uk", then=4)
    with pytest.raises(Killed):
        read_vics("vics13", "us", then=6)
    run = read_vics("vics", "us")
    assert run.taken_back == 4
    assert by_kind_and_state() == {("md5", "withdrawn"): 4, ("md5", "active"): 2}
    assert [each.read_as for each in run.replaces.order_by("pk")] == ["vics13 uk", "vics13 us"]


def test_a_reading_in_between_that_took_nothing_keeps_nobody_from_taking_back(
    read_vics: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Killed):
        read_vics("vics13", "uk", then=4)
    with monkeypatch.context() as patched:
        patched.setattr("orbweaver.detect.hashlists.formats.vics.REGIONS", {"us": dict.fromkeys(range(5), "")})
        assert read_vics("vics13", "us").took_nothing
    assert read_vics("vics", "us").taken_back == 4


def test_a_killed_taking_back_goes_on_where_it_ended(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Killed):
        read("hashes", then=6)
    parts: list[Sequence[int]] = []

    def one_part(entries: Sequence[int], *arguments: Any, **named: Any) -> None:
        if parts:
            raise Killed
        set_many_states(entries, *arguments, **named)
        parts.extend([entries] if entries else [])

    with monkeypatch.context() as patched:
        patched.setattr(rereading, "set_many_states", one_part)
        with pytest.raises(Killed):
            read("csv")
    assert by_kind_and_state()["md5", "withdrawn"] == 2
    assert read("csv").taken_back == 5
    assert by_kind_and_state() == {("sha1", "active"): 6, ("md5", "withdrawn"): 5}


def test_a_reading_that_still_runs_elsewhere_was_not_broken_off(read: Read) -> None:
    with pytest.raises(Killed):
        read("hashes", then=4)
    running = ListImport.objects.get()
    with psycopg.connect(**connection.get_connection_params()) as elsewhere:
        elsewhere.execute("SELECT pg_advisory_lock(%s, %s)", [importing.IMPORT_LOCK, running.pk])
        run = read("csv")
    assert (run.taken_back, run.replaces.count()) == (0, 0)
    assert by_kind_and_state()["md5", "active"] == 3


def test_what_is_taken_back_carries_the_time_at_which_it_was_and_the_import_is_alive_meanwhile(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Killed):
        read("hashes", then=6)
    monkeypatch.setattr(importing, "time", SimpleNamespace(monotonic=itertools.count(0, 60).__next__))
    alive: list[str] = []

    def seen(entries: Sequence[int], *arguments: Any, **named: Any) -> None:
        if not entries:
            return
        alive.append(ListImport.objects.latest("pk").state)
        set_many_states(entries, *arguments, **named)
        ListImport.objects.filter(finished_at=None).update(alive_at=real_now() - BROKEN_OFF_AFTER)

    monkeypatch.setattr(rereading, "set_many_states", seen)
    run = read("csv")
    times = sorted(EntryStateChange.objects.values_list("at", flat=True))
    assert run.finished_at is not None
    assert len(set(times)) == 3, "three parts"
    assert times[-1] < run.finished_at
    assert set(HashListEntry.objects.filter(state=STATES.WITHDRAWN).values_list("changed_at", flat=True)) == {*times}
    assert alive == ["running"] * 3


def test_many_entries_that_change_their_state_are_each_written_once_and_counted_once(read: Read) -> None:
    read("csv")
    entries = list(HashListEntry.objects.values_list("pk", flat=True))
    before = updates()
    set_many_states(entries, STATES.WITHDRAWN, reason="a test", now=NOW)
    written = updates() - before
    assert written["hashlists_hashlistentry"] == len(entries) == 6
    assert written["hashlists_entrycount"] <= 1, "one state is there already, the other is new"
    assert dict(EntryCount.objects.values_list("state", "entries")) == {"active": 0, "withdrawn": 6}


def updates() -> Counter[str]:
    """How many rows of each table this transaction has written anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_upd FROM pg_stat_xact_user_tables")
        return Counter(dict(cursor.fetchall()))


def test_the_time_of_rows_is_that_at_which_it_was_their_turn_to_be_written(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[bool] = []

    def by_now(*_: object) -> dt.datetime:
        with connection.cursor() as cursor:
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND pid = pg_backend_pid()"
            cursor.execute(held, [CHANGE_LOCK])
            turns.append(bool(cursor.fetchone()[0]))
        return NOW

    monkeypatch.setattr(importing, "_by_now", by_now)
    read("csv")
    assert turns[0], "a partner that asks while it waits would never see it"
