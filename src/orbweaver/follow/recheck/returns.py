"""Recidivism (R55): the same or a near medium at a provider that had removed it before.

At the same URL the recheck itself sees it (``services``). At another URL of the same provider a new notice says so:
each new notified URL is compared once with what the provider, or while nobody knows it the host, had removed by then.
The notice does not wait for that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import QuerySet

from orbweaver.follow.recheck.models import Return, ToCompare
from orbweaver.follow.recheck.rules import NEAR_BITS
from orbweaver.notify.notices.models import NoticeUrl

BATCH = 100
"""New URLs that are compared in one transaction."""
PIECE = 50_000
"""Removed media of one provider that are compared at once: 1.6 MB of hashes."""


@transaction.atomic
def count_returns(now: dt.datetime, limit: int = BATCH) -> int:
    """Compare up to ``limit`` new URLs; how many were compared. What came back is kept as a ``Return``."""
    waiting = ToCompare.objects.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
    new = list(waiting.select_related("target__notice_url__notice", "target__notice_url__media")[:limit])
    found = [back for each in new if (back := _return_of(each.target.notice_url, now)) is not None]
    Return.objects.bulk_create(found, ignore_conflicts=True)
    ToCompare.objects.filter(pk__in=[each.pk for each in new]).delete()
    return len(new)


def _return_of(url: NoticeUrl, now: dt.datetime) -> Return | None:
    """The return that a new URL is, or None. The same bytes go before a near copy, the latest removal before others."""
    removed = _removed_before(url)
    same = removed.filter(media_id=url.media_id).order_by("-removed_at", "-pk").first()
    if same is not None:
        return _row(url, same, Return.Kind.SAME_MEDIUM, 0, now)
    pdq = url.media.pdq
    if pdq is None:
        return None
    near = _nearest(bytes(pdq), removed.exclude(media__pdq=None))
    if near is None:
        return None
    return _row(url, NoticeUrl.objects.get(pk=near[0]), Return.Kind.NEAR_MEDIUM, near[1], now)


def _removed_before(url: NoticeUrl) -> QuerySet[NoticeUrl]:
    """What the same provider (or host) had removed when this was seen, at other addresses."""
    earlier = NoticeUrl.objects.filter(removed_at__lt=url.seen_at, follows__isnull=True).exclude(url_key=url.url_key)
    if url.notice.provider_id is not None:
        return earlier.filter(notice__provider_id=url.notice.provider_id)
    return earlier.filter(host=url.host)


def _nearest(pdq: bytes, removed: QuerySet[NoticeUrl]) -> tuple[int, int] | None:
    """The removed URL with the nearest hash and the bits between, if within ``NEAR_BITS``."""
    wanted = np.frombuffer(pdq, np.uint64)
    best: tuple[int, int] | None = None
    rows = removed.order_by("pk").values_list("pk", "media__pdq").iterator(chunk_size=PIECE)
    piece: list[tuple[int, bytes]] = []
    for pk, other in rows:
        piece.append((pk, bytes(other or b"")))
        if len(piece) == PIECE:
            best = _better(best, _nearest_of(wanted, piece))
            piece = []
    return _better(best, _nearest_of(wanted, piece)) if piece else best


def _nearest_of(wanted: npt.NDArray[np.uint64], piece: Sequence[tuple[int, bytes]]) -> tuple[int, int] | None:
    hashes = np.frombuffer(b"".join(pdq for _, pdq in piece), np.uint64).reshape(len(piece), 4)
    bits = np.bitwise_count(hashes ^ wanted).sum(axis=1)
    nearest = int(bits.argmin())
    return (piece[nearest][0], int(bits[nearest])) if bits[nearest] <= NEAR_BITS else None


def _better(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda each: each[1])


def _row(url: NoticeUrl, removed: NoticeUrl, kind: Return.Kind, distance: int, now: dt.datetime) -> Return:
    return Return(
        url=url, removed=removed, provider_id=url.notice.provider_id, kind=kind, distance=distance, times=0, at=now
    )
