"""What could not be archived, as a setting was missing or the disk full: noted when seen, fetched again later."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, Q

from orbweaver.detect.evidence import services as evidence
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.matching.models import MissedEvidence, Sighting
from orbweaver.detect.media.models import Media
from orbweaver.people.audit.services import record, record_found
from orbweaver.platform.shared_clock import shared_now

TRIES = 8
LEASE = dt.timedelta(minutes=10)
"""Real time for one try, after which another worker may have it; doubling from one failed try to the next."""
ADDRESSES = 5
"""Addresses of a medium that are tried, those seen last first."""

State = MissedEvidence.State
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Missed:
    """One medium to fetch: its digest and where it was seen."""

    pk: int
    sha256: bytes
    urls: list[str]


def keep(media: Media, body: bytes, now: dt.datetime) -> bool:
    """Archive these bytes of a medium that has no evidence, or note that they were missed; whether they are archived.

    In a transaction, which goes on where the disk is full or hangs: what follows from a find waits for neither (R62).
    """
    if evidence.archive_is_on():
        kind = EvidenceObject.Kind.MEDIA
        try:
            media.evidence = evidence.store(body, kind=kind, mime=media.mime, now=now)
        except OSError as error:
            logger.error("Evidence of %s could not be written: %s", media.public_id, error.strerror)
        else:
            media.save(update_fields=["evidence"])
            MissedEvidence.objects.filter(media=media).update(state=State.FETCHED)
            return True
    if evidence.archive_is_on() or evidence.archive_is_awaited():
        row, created = MissedEvidence.objects.get_or_create(media=media, defaults={"missed_at": now})
        if row.state != State.WAITING:
            MissedEvidence.objects.filter(pk=row.pk).update(state=State.WAITING, attempts=0, retry_at=None)
        if created:
            record_found("evidence.missed", media.public_id, at=now)
    return False


@transaction.atomic
def next_missed() -> Missed | None:
    """Take the next medium to fetch, for ``LEASE``; None where nothing is due or the archive is off."""
    if not evidence.archive_is_on():
        return None
    due = MissedEvidence.objects.filter(Q(retry_at=None) | Q(retry_at__lte=shared_now()), state=State.WAITING)
    row = due.select_for_update(skip_locked=True, of=("self",)).select_related("media").order_by("pk").first()
    if row is None:
        return None
    MissedEvidence.objects.filter(pk=row.pk).update(
        attempts=F("attempts") + 1, retry_at=shared_now() + LEASE * 2 ** min(row.attempts, TRIES)
    )
    urls = Sighting.objects.filter(media=row.media).order_by("-last_seen_at", "pk").values_list("url", flat=True)
    return Missed(row.pk, bytes(row.media.sha256), list(dict.fromkeys(urls[: 4 * ADDRESSES]))[:ADDRESSES])


@transaction.atomic
def finish_missed(missed: Missed, body: bytes | None, *, is_final: bool, now: dt.datetime) -> bool:
    """Archive what was fetched, if it is the very bytes; else it is lost once that ``is_final``, or tries are used up.

    Returns whether it is archived.
    """
    row = MissedEvidence.objects.select_for_update().select_related("media").get(pk=missed.pk)
    if row.state != State.WAITING:
        return False
    if body is not None and hashlib.sha256(body).digest() == missed.sha256:
        if not keep(row.media, body, now):
            return False
        record("evidence.fetched_again", row.media.public_id, at=now)
        return True
    if is_final or row.attempts >= TRIES:
        MissedEvidence.objects.filter(pk=row.pk).update(state=State.LOST)
        record("evidence.lost", row.media.public_id, details={"attempts": row.attempts}, at=now)
    return False


def missed_state(media: Media) -> str:
    """Whether it waits to be fetched again or is lost; "" for what was never missed."""
    return MissedEvidence.objects.filter(media=media).values_list("state", flat=True).first() or ""


def missed_counts() -> dict[str, int]:
    """How many media by what became of them."""
    rows = MissedEvidence.objects.order_by("state").values_list("state").annotate(count=Count("pk"))
    return dict(rows)
