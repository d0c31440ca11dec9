"""From hits of the index to entries of the lists, in the state that the database holds them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal

from django.db.models import Q

from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry
from orbweaver.detect.hashlists.rules import gravity
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import AskedSighting, Match, Sighting
from orbweaver.detect.matching.rules import EntryHit, Hit, ListTerms, counting_hits, is_known_good
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.models import Media
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import InvalidUrl, parse

Hashes = Mapping[int, EntryHash]
"""By their numbers, with their entries and lists."""


def hashes_of(hits: Iterable[Hit]) -> dict[int, EntryHash]:
    """The hashes that hits name, with their entries and lists, in the state that the database holds them now."""
    wanted = {hit.hash_id for hit in hits}
    return EntryHash.objects.filter(pk__in=wanted).select_related("entry__hash_list").in_bulk() if wanted else {}


def terms_of(hashes: Hashes, door: HashList.Door) -> dict[int, ListTerms]:
    """What the rules need to know of each hash's list, for what comes through this door."""
    withdrawn = HashListEntry.State.WITHDRAWN
    return {
        pk: ListTerms(
            known_good=found.entry.hash_list.kind == HashList.Kind.KNOWN_GOOD,
            radius=found.entry.hash_list.radius,
            searchable=found.entry.state != withdrawn
            and not found.withdrawn
            and door in found.entry.hash_list.doors
            and not found.entry.hash_list.is_expired(now().date()),
        )
        for pk, found in hashes.items()
    }


def known_matches(
    hits: Sequence[Hit], hashes: Hashes | None = None, door: HashList.Door = HashList.Door.SCANS
) -> list[tuple[EntryHit, HashListEntry]]:
    """What a file that is scanned has in common with each entry that counts; nothing for bytes that are known good.

    In the order in which it says what a file is (``order_of``). ``hashes`` are those of ``hashes_of`` where many files
    were asked for together; ``door`` is whom the lists have to serve.
    """
    known = hashes_of(hits) if hashes is None else hashes
    found = {hit.hash_id: known[hit.hash_id] for hit in hits if hit.hash_id in known}
    terms = terms_of(found, door)
    if is_known_good(hits, terms):
        return []
    matches = by_entry(counting_hits(hits, terms, MatchingSettings.current().match_radius), found)
    return sorted(matches, key=lambda each: order_of(*each))


def is_known_material(sha256: bytes) -> bool:
    """Whether these bytes are on a list of known material, or were seen and matched one by how they look."""
    states = HashListEntry.State
    listed = EntryHash.objects.filter(kind="sha256", value=sha256, withdrawn=False).exclude(
        Q(entry__state=states.WITHDRAWN) | Q(entry__hash_list__kind=HashList.Kind.KNOWN_GOOD)
    )
    matched = Match.objects.filter(sighting__media__sha256=sha256).exclude(entry__state=states.WITHDRAWN)
    return listed.exists() or matched.exists()


def by_entry(hits: Iterable[Hit], hashes: Hashes) -> list[tuple[EntryHit, HashListEntry]]:
    """Hits put together by the entries that they are of."""
    together: dict[int, list[Hit]] = {}
    for hit in hits:
        together.setdefault(hashes[hit.hash_id].entry_id, []).append(hit)
    return [(_one(own, hashes), hashes[own[0].hash_id].entry) for own in together.values()]


def _one(hits: list[Hit], hashes: Hashes) -> EntryHit:
    return EntryHit(tuple(sorted(hits, key=lambda hit: hit.order)), all(hashes[hit.hash_id].is_frame for hit in hits))


def order_of(hit: EntryHit, entry: HashListEntry) -> tuple[bool, int, bool, int, int]:
    """What may act before what a person should look at first; then the gravest, then the same bytes before what looks
    alike, then the nearest."""
    return (marks_of(hit, entry) != "", gravity(entry.classification), not hit.is_exact, hit.distance, entry.pk)


Mark = Literal["", "disputed", "quarantined", "needs_a_look", "review_only", "derived_copy"]


def marks_of(hit: EntryHit, entry: HashListEntry) -> Mark:
    """Why no filter should act on an entry without a person's look; "" where it may.

    ``quarantined``: it suddenly matches far more than usual (``flood``).
    ``review_only``: the terms of its list allow no more. ``needs_a_look``: too few analysts agreed for it to act
    alone (R12), or it is known by single frames of a film. ``derived_copy``: a piece of the file alone looks like it.
    """
    if hit.is_derived:
        return "derived_copy"
    if entry.state == HashListEntry.State.DISPUTED:
        return "disputed"
    if entry.state == HashListEntry.State.QUARANTINED:
        return "quarantined"
    if entry.hash_list.allowed == HashList.Allowed.REVIEW:
        return "review_only"
    if entry.hash_list.kind == HashList.Kind.OWN and (not entry.acts_alone or hit.is_frame):
        return "needs_a_look"
    return ""


def asked_for(sightings: Sequence[Sighting]) -> set[int]:
    """The numbers of those that a survivor asks about: by their address, by the page they stand on, or by a hash.

    What the person withdrew counts no longer.
    """
    places = {each.pk: {parse(each.url).key, bytes(each.page_url_key)} - {b""} for each in sightings}
    by_survivors = Report.objects.filter(source=Report.Source.SURVIVOR, withdrawn_at=None)
    named = by_survivors.filter(url_key__in=set().union(*places.values())).values_list("url_key", flat=True)
    reports = {each.report_id for each in sightings if each.report_id is not None}
    led = set(by_survivors.filter(pk__in=reports).values_list("pk", flat=True))
    later = Sighting.later_reports.through.objects.filter(sighting__in=places, report__in=by_survivors)
    keys = {bytes(key) for key in named}
    found = set(AskedSighting.objects.filter(sighting__in=places).values_list("sighting", flat=True))
    found |= {pk for pk, own in places.items() if own & keys} | set(later.values_list("sighting", flat=True))
    return found | {each.pk for each in sightings if each.report_id in led}


def is_asked_for(media: Media) -> bool:
    """Whether a survivor asks for any place where this medium was seen, or for a hash of it; as ``asked_for``."""
    seen = Sighting.objects.filter(media=media)
    if AskedSighting.objects.filter(sighting__in=seen).exists():
        return True
    by_survivors = Report.objects.filter(source=Report.Source.SURVIVOR, withdrawn_at=None)
    named = Q(url_key__in=seen.values("url_key")) | Q(url_key__in=seen.exclude(page_url_key=b"").values("page_url_key"))
    return by_survivors.filter(named | Q(sightings__in=seen) | Q(seen_again__in=seen)).exists()


MOST_LEADS: Final = 100
"""Named of one row of the work."""


def leads_of(sightings: Iterable[Sighting]) -> tuple[str, ...]:
    """Public identifiers of the leads by which these were seen first, and the crawler came last to where they lie; the
    earliest first."""
    sightings, keys = list(sightings), set[bytes]()
    for url in {url for each in sightings for url in (each.url, each.page_url) if url}:
        with suppress(InvalidUrl):  # an uploaded file has no address
            keys.add(parse(url).key)
    last = Q(pk__in=FrontierUrl.objects.filter(url_key__in=keys).values("lead"))
    found = Lead.objects.filter(last | Q(pk__in={each.lead_id for each in sightings if each.lead_id}))
    return tuple(found.order_by("pk").values_list("public_id", flat=True)[:MOST_LEADS])
