"""What is past its time is removed, nothing else is, and the audit log says how much of what."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from tests.integration.conftest import MakePerson

from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.held.models import EarlierPicture, WaitingPicture
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.flood import count_scans
from orbweaver.doors.retention import KINDS, remove_due
from orbweaver.notify.notices.models import IncomingAnswer
from orbweaver.people.accounts.models import PasswordLink
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import real_now

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
NEXT_YEAR = NOW + dt.timedelta(days=366)


def test_what_is_past_its_time_is_removed_and_what_is_needed_still_is_not(make_person: MakePerson) -> None:
    done, waiting = (
        submit_report(f"https://a.example/{number}", source=Report.Source.PUBLIC, comment="words", now=NOW)
        for number in range(2)
    )
    Report.objects.filter(pk=done.pk).update(state=Report.State.ASSESSED)
    read, unread = (
        IncomingAnswer.objects.create(words="gone", raw=b"mail", came_at=NOW, read_at=at) for at in (NOW, None)
    )
    person = make_person("Ann")
    PasswordLink.objects.create(person=person, digest=bytes(32), created_at=NOW, expires_at=NOW)
    known = get_or_create_list("Known", "NCMEC", NOW)
    upsert_entries(known, [EntryRow("md5", b"m" * 16, "csam", "unidentified", "", "NCMEC", False)], NOW)
    count_scans({known.entries.get().pk: 7}, NOW)
    WaitingPicture.objects.create(sha256=bytes(32), place_id=1, certain=False, hops=0, data=b"sealed", queued_at=NOW)
    EarlierPicture.objects.create(sha256=bytes(32), place_id=1, data=b"sealed", met=0, seen_at=NOW)
    day = dt.timedelta(days=1)
    for key, ends in (("over", real_now() - day), ("running", real_now() + day)):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)

    assert remove_due(NOW) == 1  # the session that has ended
    assert remove_due(NEXT_YEAR) == 6
    assert remove_due(NEXT_YEAR) == 0
    assert [each.comment for each in Report.objects.order_by("pk")] == ["", "words"]
    assert waiting.comment == "words"
    read.refresh_from_db()
    unread.refresh_from_db()
    assert (read.raw, bytes(unread.raw or b""), read.words) == (None, b"mail", "gone")
    assert not PasswordLink.objects.exists()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["running"]
    told = Event.objects.filter(kind="retention.removed").order_by("pk").values_list("details__kind", flat=True)
    assert sorted(told) == sorted(kind.name for kind in KINDS if kind.remove)
