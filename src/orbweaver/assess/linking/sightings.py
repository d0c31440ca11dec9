"""What follows from each sighting: its named series, text flags, watch terms, traces and suggestions.

Sightings are noted as they are recorded and linked by the worker, in small transactions that may be
repeated: every step says the same however often it is done.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.db import connection, transaction

from orbweaver.assess.linking.models import TextFlag, ToLink
from orbweaver.assess.linking.suggesting import keep_picture_traces, keep_traces, suggest_for
from orbweaver.assess.linking.traces import traces_of
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.series.rules import LinkReason
from orbweaver.assess.series.selectors import is_of_police
from orbweaver.assess.series.services import link_item, series_named
from orbweaver.assess.terms.errors import WatchKeyMissing
from orbweaver.assess.terms.flagging import ListMatcher
from orbweaver.assess.terms.handovers import TermsChanged
from orbweaver.assess.terms.models import Term
from orbweaver.assess.terms.pages import texts_of_context
from orbweaver.assess.terms.selectors import list_matchers, lists_stamp, watch_matcher, watch_stamp
from orbweaver.assess.terms.services import PageHit, note_hits
from orbweaver.assess.terms.watching import WatchMatcher
from orbweaver.detect.matching.handovers import SightingsRecorded
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.rules import Proof
from orbweaver.platform.network.urls import parse

_NOTE_WAITING = """
INSERT INTO linking_tolink (sighting_id)
SELECT DISTINCT shown.sighting_id FROM review_reviewitem_sightings shown
JOIN review_reviewitem item ON item.id = shown.reviewitem_id WHERE item.state <> %s
ON CONFLICT DO NOTHING
"""


def note(recorded: SightingsRecorded) -> None:
    """Note what was recorded or seen again, for ``link``."""
    ToLink.objects.bulk_create([ToLink(sighting=each) for each in recorded.sightings], ignore_conflicts=True)


def note_waiting(_changed: TermsChanged) -> None:
    """Note the sightings of all items that wait: their texts are read anew. What is decided stays as it was."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_WAITING, [ReviewItem.State.DECIDED])


def link(now: dt.datetime, limit: int = 50) -> int:
    """Link sightings that wait; how many. Each is a transaction; several workers take different ones."""
    done = 0
    while done < limit and _link_one(now):
        done += 1
    return done


@transaction.atomic
def _link_one(now: dt.datetime) -> bool:
    waiting = ToLink.objects.select_for_update(skip_locked=True).order_by("pk").first()
    if waiting is None:
        return False
    sighting = Sighting.objects.select_related("media").get(pk=waiting.pk)
    link_named(sighting, now)
    flag_texts(sighting, now)
    keep_traces(sighting.media, traces_of(sighting.url, sighting.page_url, sighting.context))
    keep_picture_traces(sighting.media)
    suggest_for(sighting.media, now)
    waiting.delete()
    return True


def link_named(sighting: Sighting, now: dt.datetime) -> None:
    """Entries that matched and name a series put the medium into it (R14); none that is withdrawn or disputed.

    A perceptual match within the radius suffices: the link says so, and a person can end it. That of a piece does not:
    an edited copy may show others beside.
    """
    matches = sighting.matches.filter(entry__state="active", proof=Proof.HASH).exclude(entry__series_name="")
    for match in matches.select_related("entry__hash_list").order_by("-exact", "distance", "pk"):
        entry = match.entry
        supplier, known = entry.hash_list.supplier, is_of_police(entry)
        series = series_named(entry.series_name, supplier, known_to_police=known, now=now)
        if not sighting.media.series_items.filter(series=series).exists():
            link_item(series, sighting.media, reason=LinkReason.LIST_ENTRY, by=None, now=now)


def flag_texts(sighting: Sighting, now: dt.datetime) -> None:
    """Terms of lists and watch terms in the texts around the picture (R18, R19)."""
    texts = texts_of_context(sighting.context)
    found = [pair for matcher in _lists(lists_stamp()) for pair in matcher.find(texts).items()] if texts else []
    terms = Term.objects.in_bulk([number for number, _ in found])
    by_list: dict[int, dict[str, int]] = {}
    for number, times in found:
        if number in terms:
            by_list.setdefault(terms[number].term_list_id, {})[terms[number].text] = times
    TextFlag.objects.filter(sighting=sighting).exclude(term_list__in=by_list).delete()
    for list_id, times_by_term in by_list.items():
        TextFlag.objects.update_or_create(
            sighting=sighting,
            term_list_id=list_id,
            defaults={"terms": sorted(times_by_term), "times": sum(times_by_term.values()), "found_at": now},
        )
    if sighting.page_url and texts:
        _watch(sighting, texts, now)


def _watch(sighting: Sighting, texts: list[str], now: dt.datetime) -> None:
    page = parse(sighting.page_url)
    hits = _watched(watch_stamp()).find(texts)
    note_hits([PageHit(term, sighting.page_url, page.key, page.host, 1, times) for term, times in hits.items()], now)


@lru_cache(maxsize=1)
def _lists(_stamp: tuple[object, ...]) -> list[ListMatcher]:
    return list_matchers()


@lru_cache(maxsize=1)
def _watched(_stamp: object) -> WatchMatcher:
    """None at all where the key is not: the crawler, ``doctor`` and the page of the terms say so."""
    try:
        return watch_matcher()
    except WatchKeyMissing:
        return WatchMatcher({}, b"")
