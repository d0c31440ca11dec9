"""Pictures that were looked at before what they show was held: found once it is.

Of each picture that was compared, points, hashes and a small picture stay for a while, sealed as those of held ones.
What is held from then on is looked for among them. What may show it is no finding yet: its place is fetched again, or
its medium compared again, and only its own pixels prove anything. Loads OpenCV: for the ``copies`` worker alone.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import Final

import pyrage
from django.db.models import Exists, OuterRef, Q

from orbweaver.detect.copies.decoding import Decoders
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.picture import Picture
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver.detect.held import finding, keys, packing, references
from orbweaver.detect.held.models import EarlierPicture, HeldPicture, LookedAt
from orbweaver.detect.held.settings import CopiesSettings
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media

logger = logging.getLogger(__name__)
AT_ONCE: Final = 1_000
"""Earlier pictures that are searched together."""
HELD_AT_ONCE: Final = 20
"""Newly held pictures that are looked for among them in one round."""

Rest = Callable[[float], bool]
"""Waits after so many seconds of work, or says at once that it is time to stop."""


def keep(sha256: bytes, place_id: int | None, picture: Picture, met: int, now: dt.datetime) -> None:
    """Keep a picture that was compared with what is held up to the number ``met``; ``place_id`` of None: its medium is
    in the archive."""
    data = keys.sealed(packing.as_bytes(reference_of("", picture)))
    EarlierPicture.objects.update_or_create(
        sha256=sha256, defaults={"place_id": place_id, "data": data, "met": met, "wanted": False, "seen_at": now}
    )


def forget() -> int:
    """Forget the oldest beyond what the settings keep, and those whose evidence is erased or that a survivor asks for:
    nothing more is made of their pictures. How many."""
    same = Media.objects.filter(sha256=OuterRef("sha256"))
    asked = Exists(Sighting.objects.filter(media__sha256=OuterRef("sha256"), asked__isnull=False))
    gone = EarlierPicture.objects.filter(Exists(same.filter(evidence__erased_at__isnull=False)) | Q(asked))
    count, _ = gone.delete()
    kept = CopiesSettings.current().copies_kept
    beyond = EarlierPicture.objects.order_by("-pk").values("pk")[kept:]
    more, _ = EarlierPicture.objects.filter(pk__in=beyond).delete()
    return count + more


def meet_held(decoders: Decoders, now: dt.datetime, rest: Rest) -> int:
    """Look for some newly held pictures among some earlier ones; how many pairs of the two were looked at."""
    newest = HeldPicture.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    first = EarlierPicture.objects.filter(met__lt=newest).order_by("met", "pk").values_list("met", flat=True).first()
    if first is None:
        return 0
    rows = {row.pk: row for row in EarlierPicture.objects.filter(met=first).order_by("pk")[:AT_ONCE]}
    matcher = Matcher(_read(rows))
    held = HeldPicture.objects.filter(pk__gt=first).select_related("media__evidence").order_by("pk")[:HELD_AT_ONCE]
    met = first
    for each in held:
        began = time.process_time()
        picture = references.archived(decoders, each.media)
        if picture is not None:
            for match in matcher.every(picture):
                _compare_again(rows[int(match.reference)], bytes(each.media.sha256), now)
        met = each.pk
        if rest(time.process_time() - began):
            break
    EarlierPicture.objects.filter(pk__in=rows, met__lt=met).update(met=met)
    return len(rows) * sum(each.pk <= met for each in held)


def _read(rows: dict[int, EarlierPicture]) -> list[Reference]:
    """What is kept of these, in the clear; what another key sealed is forgotten."""
    found, unreadable = [], []
    for row in rows.values():
        try:
            found.append(packing.from_bytes(str(row.pk), keys.opened(bytes(row.data))))
        except (pyrage.DecryptError, ValueError, KeyError):
            unreadable.append(row.pk)
    if unreadable:
        logger.warning("%d earlier pictures cannot be read with this key: they are forgotten.", len(unreadable))
        EarlierPicture.objects.filter(pk__in=unreadable).delete()
    return found


def _compare_again(row: EarlierPicture, held_sha256: bytes, now: dt.datetime) -> None:
    """Let it be compared as it is. The held picture itself is no copy of itself."""
    sha256 = bytes(row.sha256)
    if sha256 == held_sha256:
        return
    LookedAt.objects.filter(media__sha256=sha256).delete()
    if row.place_id is not None:
        EarlierPicture.objects.filter(pk=row.pk).update(wanted=True)
        finding.fetch_again(row.place_id, sha256, now)
