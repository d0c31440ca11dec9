"""Held pictures: made from what was judged, searched from then on, erased with it; copies come before people."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.doors.workers.copies import CopiesWorker

pytestmark = pytest.mark.django_db(transaction=True)


def scene(seed: int = 1, width: int = 640, height: int = 480) -> Image.Image:
    """Structure at all scales, as photographs have."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for octave in range(2, 8):
        noise = rng.integers(0, 256, (2**octave, 2**octave, 3), dtype=np.uint8)
        layer = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer, dtype=np.float64) / 2**octave
    low, high = np.percentile(total, (1, 99))
    return Image.fromarray(np.clip((total - low) / (high - low) * 255, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


ORIGINAL = jpeg(scene())
CROP = jpeg(scene().crop((200, 120, 520, 420)))


@pytest.fixture
def worker() -> Iterator[CopiesWorker]:
    from orbweaver.doors.workers.copies import CopiesWorker

    work = CopiesWorker()
    yield work
    work.close()


def seen(body: bytes, now: dt.datetime) -> Sighting:
    """A report of these bytes, fetched."""
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.intake.services import submit_report
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.matching.services import Finding, record_findings
    from orbweaver.fingerprints import fingerprint

    prints = fingerprint(body)
    url = f"https://pictures.example/{prints.sha256.hex()}.jpg"
    report = submit_report(url, source=Report.Source.PUBLIC, now=now)
    finding = Finding(url, None, body, prints, (), None, Sighting.Origin.REPORT, report.pk)
    return record_findings([finding], now)[0]


def judged(now: dt.datetime) -> Sighting:
    """The original, with the own entry that a verdict of removal makes."""
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import add_own_entry

    sighting = seen(ORIGINAL, now)
    media = sighting.media
    row = EntryRow("sha256", bytes(media.sha256), "csam", "identified", "", "Us", True, media_type="image")
    add_own_entry(row, media, "Us", now)
    return sighting


def test_a_crop_that_is_reported_gets_a_match_with_its_proof_and_inherits_nothing(
    hotline: None, now: dt.datetime, worker: CopiesWorker
) -> None:
    from orbweaver.assess.review.identification import identification_of
    from orbweaver.detect.held.status import status
    from orbweaver.detect.matching.models import Match

    original = judged(now)
    crop = seen(CROP, now)
    done = worker.run_once()
    assert (done["held"], done["compared"]) == (1, 1)
    match = Match.objects.get(sighting=crop)
    assert (match.proof, match.exact, match.mirrored, match.entry.media_id) == (
        "geometry",
        False,
        False,
        original.media_id,
    )
    assert "crop" in match.edits
    assert np.allclose(
        match.seen_of or (), [[0.3125, 0.25], [0.8125, 0.25], [0.8125, 0.875], [0.3125, 0.875]], atol=0.03
    )
    assert identification_of([crop.media_id]) == {}
    assert {name: status()[name] for name in ("held", "compared", "proved", "suspected", "waiting")} == {
        "held": 1,
        "compared": 1,
        "proved": 1,
        "suspected": 0,
        "waiting": 0,
    }
    assert worker.run_once() == {}, "nothing is compared twice"


def test_what_is_kept_is_sealed_and_goes_with_the_entry_and_with_the_evidence(
    hotline: None, now: dt.datetime, worker: CopiesWorker
) -> None:
    from orbweaver.detect.evidence.models import EvidenceObject
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.detect.hashlists.services import set_entry_state
    from orbweaver.detect.held.models import FoundCopy, HeldPicture

    original = judged(now)
    seen(CROP, now)
    worker.run_once()
    assert bytes(HeldPicture.objects.get().data).startswith(b"age-encryption.org")
    own = HashListEntry.objects.filter(media=original.media)
    set_entry_state(own, HashListEntry.State.WITHDRAWN, reason="a later verdict", by=None, now=now)
    worker.round()
    assert (HeldPicture.objects.count(), FoundCopy.objects.count()) == (0, 0)
    set_entry_state(own, HashListEntry.State.ACTIVE, reason="another one", by=None, now=now)
    worker.round()
    assert HeldPicture.objects.count() == 1
    EvidenceObject.objects.update(erased_at=now)
    worker.round()
    assert HeldPicture.objects.count() == 0


@pytest.mark.sweep
def test_all_can_be_made_anew_after_the_key_is_lost(hotline: None, now: dt.datetime, worker: CopiesWorker) -> None:
    from orbweaver.detect.copies.decoding import Decoders
    from orbweaver.detect.held.keys import KEY_FILE, RECIPIENT_FILE, opened
    from orbweaver.detect.held.models import HeldPicture
    from orbweaver.detect.held.references import hold_anew
    from orbweaver.platform.settings import PlatformSettings

    judged(now)
    worker.run_once()
    for name in (KEY_FILE, RECIPIENT_FILE):
        (PlatformSettings.current().keys_path / name).unlink()
    with Decoders() as decoders:
        assert hold_anew(decoders, now) == (1, 0)
    assert opened(bytes(HeldPicture.objects.get().data))


def test_a_suspected_copy_is_an_item_for_a_person_and_no_match(
    hotline: None, now: dt.datetime, worker: CopiesWorker
) -> None:
    from orbweaver.assess.review.copies import copies_in
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.opening import open_items
    from orbweaver.detect.copies.results import CopyMatch
    from orbweaver.detect.held import finding
    from orbweaver.detect.matching.models import Match, Sighting
    from orbweaver.detect.matching.rules import Decision
    from orbweaver.detect.matching.services import Finding, record_findings
    from orbweaver.fingerprints import fingerprint

    original = judged(now)
    worker.run_once()
    prints = fingerprint(CROP)
    finding.keep(prints.sha256, [CopyMatch(str(original.media_id), "geometry", "suspected", ("crop",))], now)
    copies = finding.copies_of([prints.sha256])[prints.sha256]
    assert [each.decision for each in copies] == [Decision.SUSPECTED]
    crawled = Finding(
        "https://pictures.example/crop.jpg", None, CROP, prints, (), None, Sighting.Origin.CRAWL, copies=copies
    )
    (sighting,) = record_findings([crawled], now)
    (item,) = open_items([sighting], now)
    assert (item.reason, Match.objects.filter(sighting=sighting).count()) == (ReviewItem.Reason.COPY, 0)
    assert [(each.proved, each.can_be_seen) for each in copies_in(sighting.media)] == [(False, True)]


def test_no_backup_holds_what_must_go_with_its_evidence() -> None:
    """Nor what refers to it, which could not be restored without."""
    from django.db import connection

    from orbweaver.detect.held.models import HeldPicture
    from orbweaver.doors.cli.backup import LEFT_OUT

    held = HeldPicture._meta.db_table
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        refer = {
            table
            for table in tables
            for _, other in connection.introspection.get_relations(cursor, table).values()
            if other == held
        }
    assert {held, *refer, *(table for table in tables if table.startswith("held_waiting"))} <= set(LEFT_OUT)
    assert refer


@pytest.mark.sweep
def test_a_copy_reported_before_its_original_was_judged_is_found_after_the_verdict(
    hotline: None, now: dt.datetime, worker: CopiesWorker
) -> None:
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import add_own_entry
    from orbweaver.detect.matching.models import Match

    judged(now)
    original = jpeg(scene(2))
    crop, other = seen(jpeg(scene(2).crop((100, 100, 500, 400))), now), seen(jpeg(scene(3)), now)
    media = seen(original, now).media
    worker.run_once()
    assert not Match.objects.filter(sighting__in=[crop, other]).exists()
    row = EntryRow("sha256", bytes(media.sha256), "csam", "unidentified", "", "Us", False, media_type="image")
    add_own_entry(row, media, "Us", now)
    worker.run_once()
    assert [each.sighting_id for each in Match.objects.filter(proof="geometry")] == [crop.pk]


def test_pictures_that_were_compared_are_kept_no_longer_than_they_may(
    hotline: None, now: dt.datetime, worker: CopiesWorker
) -> None:
    from tests.settings_given import settings_given

    from orbweaver.detect.evidence.models import EvidenceObject
    from orbweaver.detect.held import earlier
    from orbweaver.detect.held.models import EarlierPicture

    judged(now)
    crops = [seen(jpeg(scene(seed)), now) for seed in (2, 3, 4)]
    worker.run_once()
    EvidenceObject.objects.filter(media=crops[2].media).update(erased_at=now)
    assert earlier.forget() == 1, "erased with the evidence"
    with settings_given(copies_kept=1):
        assert earlier.forget() == 1, "the oldest beyond what is kept"
    assert bytes(EarlierPicture.objects.get().sha256) == bytes(crops[1].media.sha256)


def test_what_is_held_since_is_searched_beside_the_rest(hotline: None, now: dt.datetime, worker: CopiesWorker) -> None:
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import add_own_entry
    from orbweaver.detect.held.models import FoundCopy

    judged(now)
    worker.round()
    other = seen(jpeg(scene(2)), now).media
    row = EntryRow("sha256", bytes(other.sha256), "csam", "unidentified", "", "Us", False, media_type="image")
    add_own_entry(row, other, "Us", now)
    seen(jpeg(scene(2).crop((100, 100, 500, 400))), now)
    worker.round()
    assert [each.held.media_id for each in FoundCopy.objects.all()] == [other.pk]
    worker.round()
    seen(CROP, now)
    worker.round()
    assert FoundCopy.objects.count() == 2
