from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from orbweaver.detect.evidence import services as evidence
from orbweaver.detect.evidence import stores
from orbweaver.detect.evidence.erasing import erase, permit_erasure
from orbweaver.detect.evidence.models import EvidenceObject, ObjectKey
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.media.models import Media
from orbweaver.people.audit.models import Event
from orbweaver.platform.settings import PlatformSettings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def test_a_match_is_recorded_once_however_often_it_is_found(make_sighting) -> None:  # type: ignore[no-untyped-def]
    first = make_sighting(b"body", url="https://images.example/a.png")
    again = Sighting.objects.get(pk=first.pk)
    assert Media.objects.count() == Sighting.objects.count() == Match.objects.count() == 1
    assert again.context["title"] == "A page"


def test_matched_bytes_lie_encrypted_on_the_disk_and_come_back_whole(make_sighting) -> None:  # type: ignore[no-untyped-def]
    body = b"the exact bytes of a picture" * 100
    stored = make_sighting(body).media.evidence
    assert stored is not None
    files = [path for path in stores.evidence_dir().rglob("*") if path.is_file()]
    assert [body[:20] in path.read_bytes() for path in files] == [False]
    assert evidence.read(stored) == body


def test_outside_an_authorised_hotline_nothing_is_archived(make_sighting, set_config) -> None:  # type: ignore[no-untyped-def]
    set_config(authorised_hotline="false")
    assert make_sighting(b"body").media.evidence is None
    assert EvidenceObject.objects.count() == 0


def test_known_good_bytes_are_dropped_and_the_log_says_so(make_sighting) -> None:  # type: ignore[no-untyped-def]
    from orbweaver.detect.matching.rules import Hit
    from orbweaver.detect.matching.services import Finding, record_findings

    sighting = make_sighting(b"body")
    good = get_or_create_list("Good", "us", NOW, HashList.Kind.KNOWN_GOOD)
    upsert_entries(good, [EntryRow("sha256", b"g" * 32, "known_good", "unidentified", "", "us", False)], NOW)
    finding = Finding(
        url="https://images.example/good.png",
        address=None,
        body=b"good",
        fingerprints=_prints(b"good"),
        hits=[Hit(entry.hashes.get().pk, "sha256") for entry in (good.entries.get(), sighting.matches.get().entry)],
        page=None,
        origin=Sighting.Origin.CRAWL,
    )
    assert record_findings([finding], NOW) == []
    assert Event.objects.filter(kind="match.suppressed").count() == 1


def test_a_reported_picture_is_recorded_whether_it_matches_or_not(make_sighting) -> None:  # type: ignore[no-untyped-def]
    report = submit_report("https://images.example/x.png", source=Report.Source.PUBLIC, now=NOW)
    sighting = make_sighting(b"unknown", matches=False, report_id=report.pk)
    assert sighting.report_id == report.pk
    assert not sighting.matches.exists()


def test_erased_evidence_is_unreadable_and_its_file_is_gone(  # type: ignore[no-untyped-def]
    make_sighting, django_capture_on_commit_callbacks
) -> None:
    stored = make_sighting(b"body").media.evidence
    permit = permit_erasure(NOW, due=1, in_use=EvidenceObject.objects.none())
    with django_capture_on_commit_callbacks(execute=True):
        assert erase(stored, permit, EvidenceObject.Because.KEY_GONE)
    stored.refresh_from_db()
    assert not ObjectKey.objects.filter(stored=stored.pk).exists()
    assert not (stores.evidence_dir() / stored.file_name).exists()
    with pytest.raises(Exception, match="erased"):
        evidence.read(stored)


def test_keys_lie_outside_the_database_and_closed_to_others(make_sighting) -> None:  # type: ignore[no-untyped-def]
    make_sighting(b"body")
    keys = PlatformSettings.current().keys_path
    assert keys.stat().st_mode & 0o077 == 0
    assert (keys / "evidence-master").stat().st_mode & 0o077 == 0
    assert Path(keys / "evidence-recipient").read_text().startswith("age1")


def _prints(body: bytes):  # type: ignore[no-untyped-def]
    from orbweaver.fingerprints import fingerprint

    return fingerprint(body)
