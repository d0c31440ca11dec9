"""What ``scan`` asks of the database while it looks files up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.index import ListIndex
from orbweaver.doors.cli.scan import _matched
from orbweaver.doors.cli.scanning.sources import NoPicture
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.files import FileResult

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)


def file(number: int) -> FileResult:
    digest = bytes([number])
    return FileResult(digest, Fingerprints(digest * 32, digest * 20, digest * 16, 1))


@pytest.mark.django_db
def test_what_is_known_of_a_batch_is_one_question_however_many_files_are_known(tmp_path: Path) -> None:
    known = get_or_create_list("Known", "NCMEC", NOW)
    rows = [EntryRow("sha256", bytes([n]) * 32, "csam", "unidentified", "", "NCMEC", False) for n in range(5)]
    upsert_entries(known, rows, NOW)
    index = ListIndex(tmp_path)
    index.sync()
    with CaptureQueriesContext(connection) as asked:
        found = list(_matched([file(n) for n in (7, 0, 1, 2, 3, 4)], index))
    assert [len(each.matches) for each in found] == [0, 1, 1, 1, 1, 1]
    assert sum('JOIN "hashlists_hashlist"' in query["sql"] for query in asked) == 1


@pytest.mark.django_db
def test_what_in_an_archive_is_no_picture_is_told_of_where_its_bytes_are_known(tmp_path: Path) -> None:
    known = get_or_create_list("Known", "NCMEC", NOW)
    upsert_entries(known, [EntryRow("sha256", b"\1" * 32, "csam", "unidentified", "", "NCMEC", False)], NOW)
    index = ListIndex(tmp_path)
    index.sync()
    members = [NoPicture(each.path, each.fingerprints) for each in (file(1), file(2))]
    assert [each.result.path for each in _matched(members, index)] == [b"\1"]
