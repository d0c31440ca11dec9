"""Recording what matched or was reported: evidence, medium, sighting, matches; once each, however often repeated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.matching.asked import hold, note
from orbweaver.detect.matching.missed import keep
from orbweaver.detect.matching.models import Front, Match, Sighting
from orbweaver.detect.matching.rules import (
    Decision,
    EntryHit,
    Hit,
    Proof,
    SeenCopy,
    counting_hits,
    is_known_good,
    sides_of,
)
from orbweaver.detect.matching.selectors import by_entry, hashes_of, terms_of
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.frames import keep_frames
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints import Fingerprints
from orbweaver.people.audit.services import record_found
from orbweaver.platform.network.cdns import CDNS
from orbweaver.platform.network.signed import file_key, path_key
from orbweaver.platform.network.urls import ParsedUrl, parse

PIXELS = "pixels"
"""What stands in place of a kind of hash where pixels were compared."""
CONTEXT_LIMIT = 4_000
"""Characters kept of each text around a picture."""


@dataclass(frozen=True)
class PageContext:
    """Where on a page a medium stood; ``position`` counts its media from 0.

    ``signed`` are the keys of the media to which the page led at its last visit by addresses that nothing but their
    signature tells apart.
    """

    url: str
    title: str = ""
    headings: tuple[str, ...] = ()
    alt: str = ""
    link_text: str = ""
    before: str = ""
    after: str = ""
    position: int = 0
    signed: frozenset[bytes] = frozenset()

    def as_json(self) -> dict[str, object]:
        """The texts, bounded, without NUL characters (PostgreSQL takes none)."""
        return {
            "title": _bounded(self.title),
            "headings": [_bounded(heading) for heading in self.headings[:20]],
            "alt": _bounded(self.alt),
            "link_text": _bounded(self.link_text),
            "before": _bounded(self.before),
            "after": _bounded(self.after),
            "position": self.position,
        }


@dataclass(frozen=True)
class Finding:
    """One fetched medium that hit something or was reported. ``body`` is the exact bytes; ``address`` who answered."""

    url: str
    address: str | None
    body: bytes
    fingerprints: Fingerprints
    hits: Sequence[Hit]
    page: PageContext | None
    origin: Sighting.Origin
    report_id: int | None = None
    lead_id: int | None = None
    asked: Sequence[int] = ()
    """The numbers of the hashes that survivors ask for and that it hits."""
    copies: Sequence[SeenCopy] = ()
    """Held pictures that it shows."""
    fronts: Mapping[str, Sequence[str]] | None = None
    """CDN → headers of the answer that tell of it; None where no answer was looked at."""


def _bounded(text: str) -> str:
    return text.replace("\x00", " ").strip()[:CONTEXT_LIMIT]


def record_findings(findings: Sequence[Finding], now: dt.datetime) -> list[Sighting]:
    """Record findings in the caller's transaction; returns the sightings of those that count."""
    return [sighting for sighting in record_each(findings, now) if sighting is not None]


@transaction.atomic
def record_each(findings: Sequence[Finding], now: dt.datetime) -> list[Sighting | None]:
    """Record findings in the caller's transaction; returns the sighting of each, None where it does not count.

    A finding counts when an entry of known material matches, when it shows a held picture, when it was reported, or
    when a survivor asks for it. Known good bytes are dropped, and the log says so, unless somebody reported them or a
    survivor asks for them.
    """
    hold(number for finding in findings for number in finding.asked)
    hashes = hashes_of(hit for finding in findings for hit in finding.hits)
    terms = terms_of(hashes, HashList.Door.CRAWLER)
    default_radius = MatchingSettings.current().match_radius
    sightings: list[Sighting | None] = []
    for finding in findings:
        sightings.append(None)
        hits = counting_hits(finding.hits, terms, default_radius)
        reported = finding.report_id is not None
        if not hits and not finding.asked and not finding.copies and not reported:
            continue
        if is_known_good(finding.hits, terms) and not reported and not finding.asked:
            record_found(
                "match.suppressed", "", details={"why": "known good, same SHA-256", "entries": len(hits)}, at=now
            )
            continue
        sighting = _sighting(finding, now)
        if finding.fronts is not None:
            note_fronts(sighting.host, finding.fronts, now)
        _matches(sighting, by_entry(hits, hashes), now)
        note(sighting, finding.asked, now)
        record_copies(sighting, finding.copies, now)
        sightings[-1] = sighting
    return sightings


def _sighting(finding: Finding, now: dt.datetime) -> Sighting:
    url = parse(finding.url)
    page, media = finding.page, _media(finding, now)
    before = _signed_otherwise(media, url, page)
    sighting, created = Sighting.objects.get_or_create(
        media=media,
        url_key=file_key(url) if before is None else bytes(before.url_key),
        page_url_key=parse(page.url).key if page else b"",
        defaults={
            "url": finding.url,
            "page_url": page.url if page else "",
            "host": url.host,
            "address": finding.address,
            "context": page.as_json() if page else {},
            "origin": finding.origin,
            "report_id": finding.report_id,
            "lead_id": finding.lead_id,
            "first_seen_at": now,
            "last_seen_at": now,
        },
    )
    if not created:
        left = before is not None and page is not None and url.key not in page.signed
        newest = now >= sighting.last_seen_at and not left
        if newest and parse(sighting.url).key != url.key:  # signed anew: the old one ends
            sighting.url, sighting.address = finding.url, finding.address
        sighting.last_seen_at = max(sighting.last_seen_at, now)
        if sighting.report_id is None:
            sighting.report_id = finding.report_id
        elif finding.report_id not in (None, sighting.report_id):
            sighting.later_reports.add(finding.report_id)
        sighting.save(update_fields=["url", "address", "last_seen_at", "report"])
    return sighting


def _signed_otherwise(media: Media, url: ParsedUrl, page: PageContext | None) -> Sighting | None:
    """The place on the same page of which this is another address, where nothing but the signature tells them apart.

    The same bytes at the same path: they are one place if the page leads to one of the two alone. Where it leads to
    both, they are two, each with a notice; so they are where no page tells.
    """
    path = path_key(url)
    if path is None or page is None:
        return None
    rows = Sighting.objects.filter(media=media, host=url.host, page_url_key=parse(page.url).key).order_by("pk")
    there = {key: row for row in rows if path_key(at := parse(row.url)) == path for key in [at.key]}
    if url.key in there:
        return there[url.key]
    if url.key in page.signed:
        return next((row for key, row in there.items() if key not in page.signed), None)
    return next(iter(there.values())) if len(there) == 1 else None


def note_fronts(host: str, fronts: Mapping[str, Sequence[str]], now: dt.datetime) -> None:
    """Keep which CDNs an answer tells of; those that it no longer does are kept with the day."""
    version = CDNS.version()
    for cdn, signs in fronts.items():
        row, created = Front.objects.get_or_create(
            host=host,
            cdn=cdn,
            defaults={"signs": list(signs), "cdns_version": version, "first_seen_at": now, "last_seen_at": now},
        )
        if not created:
            row.signs, row.last_seen_at, row.ended_at = list(signs), max(row.last_seen_at, now), None
            row.cdns_version = version
            row.save(update_fields=["signs", "cdns_version", "last_seen_at", "ended_at"])
    Front.objects.filter(host=host, ended_at=None).exclude(cdn__in=fronts).update(ended_at=now)


def _media(finding: Finding, now: dt.datetime) -> Media:
    """The medium of these bytes, with its evidence where the archive is on."""
    prints = finding.fingerprints
    media = Media.objects.filter(sha256=prints.sha256).select_related("evidence").first()
    if media is None:
        try:
            with transaction.atomic():
                media = _create_media(prints, now)
        except IntegrityError:
            media = Media.objects.get(sha256=prints.sha256)
    keep_frames(media, prints, MatchingSettings.current().match_quality_floor)
    kept = media.evidence is not None and media.evidence.erased_at is None
    if not kept:
        keep(media, finding.body, now)
    return media


def _create_media(prints: Fingerprints, now: dt.datetime) -> Media:
    return Media.objects.create(
        sha256=prints.sha256,
        sha1=prints.sha1,
        md5=prints.md5,
        size=prints.size,
        mime=prints.mime or "application/octet-stream",
        width=prints.width,
        height=prints.height,
        pdq=prints.pdq,
        pdq_quality=prints.pdq_quality,
        pdq_turned=b"".join(prints.dihedral[1:]) or None,
        first_seen_at=now,
    )


def _matches(sighting: Sighting, found: Sequence[tuple[EntryHit, HashListEntry]], now: dt.datetime) -> None:
    """One match with each entry. Found again, it says what is known of it now, since when it was."""
    Match.objects.bulk_create(
        (
            Match(
                sighting=sighting,
                entry=entry,
                kinds=list(hit.distances),
                exact=hit.is_exact,
                distance=near.distance if near else 0,
                transform=near.transform if near else 0,
                number=near.position.number if near and near.position else None,
                time_s=near.position.time_s if near and near.position else None,
                proof=hit.proof,
                query_quad=sides_of(hit.quad),
                mirrored=hit.mirrored,
                found_at=now,
            )
            for hit, entry in found
            for near in [hit.near]
        ),
        update_conflicts=True,
        unique_fields=["sighting", "entry"],
        update_fields=[
            *("kinds", "exact", "distance", "transform", "number", "time_s"),
            *("proof", "query_quad", "reference_quad", "mirrored", "edits", "agreement"),
        ],
    )


def record_copies(sighting: Sighting, copies: Sequence[SeenCopy], now: dt.datetime) -> None:
    """A match with the own entry of each held picture that is proved to be shown; what is suspected is none.

    Where hashes tell of the same entry already, that stands.
    """
    proved = {each.media_id: each for each in copies if each.decision is Decision.PROVED}
    own = HashListEntry.objects.filter(hash_list__kind=HashList.Kind.OWN, media__in=proved)
    Match.objects.bulk_create(
        (
            Match(
                sighting=sighting,
                entry=entry,
                kinds=[PIXELS],
                exact=False,
                proof=Proof.GEOMETRY,
                query_quad=sides_of(copy.query_quad),
                reference_quad=sides_of(copy.reference_quad),
                mirrored=copy.mirrored,
                edits=list(copy.edits),
                agreement=copy.agreement,
                found_at=now,
            )
            for entry in own.exclude(state=HashListEntry.State.WITHDRAWN).order_by("pk")
            for copy in [proved[entry.media_id or 0]]
        ),
        ignore_conflicts=True,
    )
