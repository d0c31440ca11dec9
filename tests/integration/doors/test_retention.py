"""What is past its time is removed, nothing else is, and the audit log says how much of what."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from tests.integration.conftest import MakePerson

from orbweaver.assess.review.models import WorkSpell
from orbweaver.detect.evidence.erasing import allow_erasure
from orbweaver.detect.evidence.errors import ErasureHalted
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.held.models import EarlierPicture, WaitingPicture
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.flood import count_scans
from orbweaver.doors.retention import KINDS, remove_due
from orbweaver.doors.workers.erasing import erase_due
from orbweaver.follow.survivors.models import AgeProof, AgeProofDisagreement, Disagreement, Request
from orbweaver.notify.notices.models import IncomingAnswer
from orbweaver.people.accounts.models import PasswordLink, SetupLink, SignIn
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import real_now

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
NEXT_YEAR = NOW + dt.timedelta(days=367)


@pytest.mark.usefixtures("hotline")
def test_a_clock_that_is_years_ahead_removes_nothing_until_a_person_says_that_it_is_right() -> None:
    report = submit_report("https://a.example/1", source=Report.Source.PUBLIC, comment="words", now=NOW)
    Report.objects.filter(pk=report.pk).update(state=Report.State.ASSESSED)
    assert erase_due(NOW) == 0  # a sweep of the archive, which has nothing to erase
    for _ in range(2):
        for duty in (erase_due, remove_due):
            with pytest.raises(ErasureHalted, match="days since the last sweep, and 1 objects are due"):
                duty(NEXT_YEAR)
    report.refresh_from_db()
    assert report.comment == "words"
    allow_erasure(NEXT_YEAR, due=1)
    assert remove_due(NEXT_YEAR) == 1


@pytest.mark.usefixtures("hotline")
def test_after_a_pause_in_which_nothing_fell_due_nobody_is_asked() -> None:
    assert erase_due(NOW) == 0
    SignIn.objects.create(session_key="over", session_data="", expire_date=real_now() - dt.timedelta(days=1))
    assert remove_due(NEXT_YEAR) == 1
    assert erase_due(NEXT_YEAR) == 0


def test_what_is_past_its_time_is_removed_and_what_is_needed_still_is_not(make_person: MakePerson) -> None:
    done, waiting = (
        submit_report(f"https://a.example/{number}", source=Report.Source.PUBLIC, comment="words", now=NOW)
        for number in range(2)
    )
    Report.objects.filter(pk=done.pk).update(state=Report.State.ASSESSED)
    read, unread = (
        IncomingAnswer.objects.create(words="gone", raw=b"mail", came_at=NOW, read_at=at) for at in (NOW, None)
    )
    person, long_ago = make_person("Ann"), real_now() - dt.timedelta(days=400)
    PasswordLink.objects.create(person=person, digest=bytes(32), created_at=NOW, expires_at=long_ago)
    known = get_or_create_list("Known", "NCMEC", NOW)
    upsert_entries(known, [EntryRow("md5", b"m" * 16, "csam", "unidentified", "", "NCMEC", False)], NOW)
    count_scans({(known.entries.get().pk, "Acme"): 7}, NOW)
    WaitingPicture.objects.create(sha256=bytes(32), place_id=1, certain=False, hops=0, data=b"sealed", queued_at=NOW)
    EarlierPicture.objects.create(sha256=bytes(32), place_id=1, data=b"sealed", met=0, seen_at=NOW)
    SetupLink.objects.create(digest=bytes(32), created_at=long_ago)
    WorkSpell.objects.create(person=person, began_at=NOW, ended_at=NOW)
    said: dict[str, Any] = {"secret": b"", "language": "en", "created_at": NOW, "words": "My name"}
    ended = Request.objects.create(
        reference="1", sent_as=b"1", at_risk=False, waits_for_person=False, done_at=NOW, **said
    )
    disagreed = Disagreement.objects.create(
        request=ended, words="Mine", answer="Ours", outcome="kept", made_at=NOW, answer_by=NOW, decided_at=NOW
    )
    decided = AgeProof.objects.create(reference="1", sent_as=b"1", decided_at=NOW, **said)
    not_agreed = AgeProofDisagreement.objects.create(
        proof=decided, words="Mine", outcome="not_proved", made_at=NOW, answer_by=NOW, decided_at=NOW
    )
    sealed = AgeProof.objects.create(reference="2", sent_as=b"2", file_name="gone.age", added_at=NOW, **said)
    day = dt.timedelta(days=1)
    for key, ends in (("over", real_now() - day), ("running", real_now() + day)):
        SignIn.objects.create(session_key=key, session_data="", expire_date=ends)

    assert remove_due(NOW) == 3  # the session that has ended, and two links: real time, as they have
    assert remove_due(NEXT_YEAR) == 11
    assert remove_due(NEXT_YEAR) == 0
    assert [each.comment for each in Report.objects.order_by("pk")] == ["", "words"]
    assert waiting.comment == "words"
    read.refresh_from_db()
    unread.refresh_from_db()
    assert (read.raw, bytes(unread.raw or b""), read.words) == (None, b"mail", "gone")
    assert not PasswordLink.objects.exists()
    assert list(SignIn.objects.values_list("session_key", flat=True)) == ["running"]
    for each in (ended, disagreed, decided, not_agreed, sealed):
        each.refresh_from_db()
    assert (disagreed.words, disagreed.answer, not_agreed.words) == ("", "", "")
    assert (ended.words, decided.words, sealed.file_name, sealed.words) == ("", "", "", "My name")
    told = Event.objects.filter(kind="retention.removed").order_by("pk").values_list("details__kind", flat=True)
    partitions = "crawl.AwayUrl, crawl.AwayDetails"  # dropped in ``test_putting_away``
    assert sorted(told) == sorted(kind.name for kind in KINDS if kind.remove and kind.where != partitions)


def test_no_table_is_without_a_line_of_how_long_it_is_kept() -> None:
    named = {place.strip() for kind in KINDS for place in kind.where.split(",")}
    models = {f"{each._meta.app_label}.{each.__name__}": each for each in apps.get_models(include_auto_created=True)}
    for place in named:
        app, _, rest = place.partition(".")
        model, _, field = rest.partition(".")
        assert not field or models[f"{app}.{model}"]._meta.get_field(field)
        assert not model or f"{app}.{model}" in models
        assert apps.get_app_config(app)
    whole = {place for place in named if "." not in place}
    parts = {".".join(place.split(".")[:2]) for place in named}
    assert [name for name in models if name.split(".")[0] not in whole and name not in parts] == []


def test_a_page_shows_the_table_to_whoever_reads_the_log(make_person: MakePerson, client: Client) -> None:
    client.force_login(make_person("Ann", Role.ANALYST))
    assert client.get("/audit/retention/").status_code == 403
    client.force_login(make_person("Mo", Role.HOTLINE_MANAGER))
    page = client.get("/audit/retention/").content.decode()
    assert all(kind.name in page for kind in KINDS)
