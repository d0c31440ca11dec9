"""What is kept of held pictures, made out of the archive. Loads OpenCV: for the ``copies`` worker alone."""

from __future__ import annotations

import datetime as dt

from orbweaver.detect.copies.decoding import Decoders
from orbweaver.detect.copies.picture import Picture
from orbweaver.detect.copies.references import reference_of
from orbweaver.detect.evidence import services as evidence
from orbweaver.detect.evidence.errors import EvidenceErased, EvidenceUnreadable
from orbweaver.detect.held import keys, packing
from orbweaver.detect.held.holding import to_hold
from orbweaver.detect.held.models import HeldPicture
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints.errors import CannotFingerprint


def hold_new(decoders: Decoders, now: dt.datetime, most: int, *, tried: set[int]) -> int:
    """Make what is kept of pictures that are not held yet; how many. ``tried`` takes those that cannot be read."""
    missing = to_hold().filter(held__isnull=True).exclude(pk__in=tried).select_related("evidence").order_by("pk")
    count = 0
    for media in missing[:most]:
        picture = archived(decoders, media)
        if picture is None:
            tried.add(media.pk)
            continue
        data = keys.sealed(packing.as_bytes(reference_of(str(media.pk), picture)))
        HeldPicture.objects.update_or_create(media=media, defaults={"data": data, "made_at": now})
        count += 1
    return count


def hold_anew(decoders: Decoders, now: dt.datetime) -> tuple[int, int]:
    """Make all that is kept anew, out of the archive: how many, and how many could not be, which stay as they were."""
    made = failed = 0
    for row in HeldPicture.objects.select_related("media__evidence").order_by("pk").iterator(chunk_size=200):
        picture = archived(decoders, row.media)
        if picture is None:
            failed += 1
            continue
        row.data = keys.sealed(packing.as_bytes(reference_of(str(row.media_id), picture)))
        row.made_at = now
        row.save(update_fields=["data", "made_at"])
        made += 1
    return made, failed


def archived(decoders: Decoders, media: Media) -> Picture | None:
    """The picture of a medium out of the archive; None where it is gone or shows nothing."""
    if media.evidence is None:
        return None
    try:
        evidence.note_comparing(media.evidence)
        return decoders.picture(evidence.read(media.evidence))
    except (EvidenceErased, EvidenceUnreadable, CannotFingerprint):
        return None
