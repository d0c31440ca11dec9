"""What stands beside a match on its page (R13): held encrypted until review links it to a series or it is erased.

A clothed picture of the same child from before the abuse is on no list; it stands beside what is. Only where the
archive is on. What is held is nobody's item: it is looked at beside one, linked, or erased with its key.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.linking.messages import NEIGHBOUR_GONE
from orbweaver.assess.linking.models import Neighbour
from orbweaver.assess.linking.suggesting import close_moot, keep_picture_traces, keep_traces
from orbweaver.assess.linking.traces import traces_of
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.assess.series.models import SeriesItem, VictimSeries
from orbweaver.assess.series.rules import LinkReason
from orbweaver.assess.series.services import link_item
from orbweaver.detect.evidence import services as evidence
from orbweaver.detect.evidence.erasing import InUse, Permit, erase
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints import Fingerprints
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.policy.periods import days_kept
from orbweaver.platform.network.signed import file_key, path_key
from orbweaver.platform.network.urls import parse
from orbweaver.platform.shared_clock import shared_now

AFTER_VERDICT: Final = dt.timedelta(days=1)
"""What nobody linked by then is erased: the day lets whoever decided still link it."""
PATIENCE: Final = dt.timedelta(minutes=1)
"""Real time after which the crawler is asked again for what is wanted."""
State = Neighbour.State
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PictureOnPage:
    """A medium on the page of a sighting: where it is, and its place among the page's media, from 0.

    ``url_key`` is the same under each signature of the address. What is within one body, as the members of an archive
    are, has that one's address and a key of its own.
    """

    url: str
    url_key: bytes
    position: int
    alt: str


def want(sighting: Sighting, pictures: Sequence[PictureOnPage], now: dt.datetime) -> int:
    """Note what is to be held beside a sighting, once each; how many are new. In the caller's transaction.

    What is wanted already and has a newly signed address is asked for there from now on.
    """
    rows = list(sighting.neighbours.values_list("pk", "url_key", "url", "position"))
    known = {_spot(url, bytes(key), position): (number, url) for number, key, url, position in rows}
    fresh = {}
    for each in pictures:
        number, url = known.get(_spot(each.url, each.url_key, each.position), (None, ""))
        if number is None:
            fresh[each.url_key] = each
        elif url != each.url:
            wanted = sighting.neighbours.filter(pk=number, state=State.WANTED)
            wanted.update(url=each.url, url_key=each.url_key)
    Neighbour.objects.bulk_create(
        [
            Neighbour(
                sighting=sighting,
                url=each.url,
                url_key=each.url_key,
                position=each.position,
                alt=each.alt[:300],
                wanted_at=now,
                retry_at=shared_now() + PATIENCE,
            )
            for each in fresh.values()
        ],
        ignore_conflicts=True,
    )
    return len(fresh)


def _spot(url: str, key: bytes, position: int) -> tuple[bytes, int]:
    """What stays of a neighbour when its address is signed anew; where nothing else tells, its position does."""
    path = path_key(parse(url))
    return (key, -1) if path is None else (path, position)


def anything_wanted() -> bool:
    """Whether any neighbour is still to be fetched."""
    return Neighbour.objects.filter(state=State.WANTED).exists()


def hold(fetched: Mapping[bytes, tuple[bytes, Fingerprints]], now: dt.datetime) -> int:
    """Hold what is wanted of these media (by URL key: bytes and fingerprints); how many. In the caller's transaction.

    One that matches by itself has an item of its own and is not held twice.
    """
    held = 0
    for neighbour in Neighbour.objects.select_for_update().filter(state=State.WANTED, url_key__in=list(fetched)):
        body, prints = fetched[bytes(neighbour.url_key)]
        media = Media.objects.filter(sha256=prints.sha256).first()
        if media is not None:
            neighbour.state, neighbour.media = State.KNOWN, media
        else:
            try:
                neighbour.held = evidence.store(
                    body,
                    kind=EvidenceObject.Kind.NEIGHBOUR,
                    mime=prints.mime or "application/octet-stream",
                    now=now,
                )
            except OSError as error:  # it stays wanted, and the finds of the same batch are on their way
                logger.error("A neighbour could not be written: %s", error.strerror)
                return held
            neighbour.state, neighbour.prints = State.HELD, _as_json(prints)
            neighbour.erase_after = now + dt.timedelta(days=days_kept("neighbour_days"))
            held += 1
        neighbour.held_at = now
        neighbour.save()
    return held


def _as_json(prints: Fingerprints) -> dict[str, object]:
    return {
        "sha256": prints.sha256.hex(),
        "sha1": prints.sha1.hex(),
        "md5": prints.md5.hex(),
        "size": prints.size,
        "mime": prints.mime or "application/octet-stream",
        "width": prints.width,
        "height": prints.height,
        "pdq": prints.pdq.hex() if prints.pdq else None,
        "pdq_quality": prints.pdq_quality,
        "turned": b"".join(prints.dihedral[1:]).hex() or None,
    }


@transaction.atomic
def link_neighbour(
    item: ReviewItem, neighbour_id: str, series: VictimSeries, words: str = "", *, by: User, now: dt.datetime
) -> SeriesItem:
    """A neighbour of the item belongs to a series: it becomes a medium that is kept, and an item of its own.

    No list has it, so nobody else would ask whether it is to be removed. Raises InvalidInput.
    """
    neighbour = (
        Neighbour.objects.select_for_update(of=("self",))
        .select_related("held", "sighting", "media")
        .filter(public_id=neighbour_id, sighting__in=item.sightings.all(), state__in=(State.HELD, State.KNOWN))
        .first()
    )
    if neighbour is None:
        raise InvalidInput(NEIGHBOUR_GONE)
    media = neighbour.media or _as_medium(neighbour, now)
    link = link_item(series, media, reason=LinkReason.PAGE, words=words, by=by, now=now)
    neighbour.media, neighbour.state = media, State.LINKED
    neighbour.decided_at, neighbour.decided_by, neighbour.prints = now, by, None
    neighbour.save()
    sightings_recorded.announce(SightingsRecorded([_seen(neighbour, media)], now))
    close_moot(series, now)
    record("neighbour.linked", neighbour.public_id, actor=by, details={"series": series.public_id}, at=now)
    return link


def _seen(neighbour: Neighbour, media: Media) -> Sighting:
    """Where it stands: beside the match on the same page, with a place of its own there."""
    matched = neighbour.sighting
    where = {"alt": neighbour.alt, "position": neighbour.position}
    seen_at = neighbour.held_at or neighbour.wanted_at
    sighting, _ = Sighting.objects.get_or_create(
        media=media,
        url_key=file_key(parse(neighbour.url)),
        page_url_key=bytes(matched.page_url_key),
        defaults={
            "url": neighbour.url,
            "page_url": matched.page_url,
            "host": parse(neighbour.url).host,
            "context": {key: matched.context[key] for key in ("title", "headings") if key in matched.context} | where,
            "origin": Sighting.Origin.CRAWL,
            "first_seen_at": seen_at,
            "last_seen_at": seen_at,
        },
    )
    return sighting


def _as_medium(neighbour: Neighbour, now: dt.datetime) -> Media:
    prints = neighbour.prints or {}
    media, created = Media.objects.get_or_create(
        sha256=bytes.fromhex(prints["sha256"]),
        defaults={
            "sha1": bytes.fromhex(prints["sha1"]),
            "md5": bytes.fromhex(prints["md5"]),
            "size": prints["size"],
            "mime": prints["mime"],
            "width": prints["width"],
            "height": prints["height"],
            "pdq": bytes.fromhex(prints["pdq"]) if prints["pdq"] else None,
            "pdq_quality": prints["pdq_quality"],
            "pdq_turned": bytes.fromhex(prints["turned"]) if prints["turned"] else None,
            "first_seen_at": neighbour.held_at or now,
            "evidence": neighbour.held,
        },
    )
    if created and neighbour.held_id is not None:
        EvidenceObject.objects.filter(pk=neighbour.held_id).update(kind=EvidenceObject.Kind.MEDIA)
        page = neighbour.sighting
        keep_traces(media, traces_of(neighbour.url, page.page_url, {"position": neighbour.position}))
        keep_picture_traces(media)
    return media


def neighbours_due(now: dt.datetime, in_use: InUse) -> QuerySet[Neighbour]:
    """What nobody linked: past its time, or a day after the verdict on its sighting. Not what is on hold or in use."""
    decided = Verdict.objects.filter(
        item__sightings=OuterRef("sighting"), decided_at__lte=now - AFTER_VERDICT, item__state="decided"
    )
    free = Q(held__isnull=True) | (Q(held__held_at__isnull=True) & ~Q(held__in=in_use))
    due = Q(erase_after__lte=now) | Exists(decided)
    return Neighbour.objects.filter(free, due, state__in=(State.HELD, State.WANTED))


def erase_neighbours(permit: Permit, limit: int = 200) -> int:
    """Erase what nobody linked; how many."""
    numbers = list(neighbours_due(permit.at, permit.in_use).values_list("pk", flat=True)[:limit])
    return sum(_erase(number, permit) for number in numbers)


@transaction.atomic
def _erase(number: int, permit: Permit) -> bool:
    neighbour = (
        Neighbour.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("held")
        .filter(pk=number, state__in=(State.HELD, State.WANTED))
        .first()
    )
    if neighbour is None:
        return False
    if neighbour.held is not None and not erase(neighbour.held, permit, EvidenceObject.Because.NEIGHBOUR):
        kept = EvidenceObject.objects.filter(pk=neighbour.held.pk, erased_at__isnull=True)
        if kept.exists():  # put on hold this moment
            return False
    Neighbour.objects.filter(pk=number).update(state=State.ERASED, prints=None, alt="", decided_at=permit.at)
    record("neighbour.erased", neighbour.public_id, at=permit.at)
    return True
