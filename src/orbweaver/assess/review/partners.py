"""What partner hotlines decided of an item's very bytes, beside what was decided here; neither changes the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from orbweaver.assess.criteria import Outcome
from orbweaver.assess.review.models import Verdict
from orbweaver.detect.exchanges.models import Opinion, StatedTerms, StatedVerdict
from orbweaver.detect.exchanges.protocols.protocol import Terms
from orbweaver.detect.exchanges.verdicts import Read, read
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.intake.models import ExchangedReport
from orbweaver.detect.media.models import Media


@dataclass(frozen=True, slots=True)
class PartnerWord:
    """What one hotline says. ``said`` is empty where it names no verdict; then ``confirms`` and ``reason`` say it."""

    who: str
    said: Read
    series: tuple[str, ...]
    terms: tuple[Terms, ...]
    at: dt.datetime
    differs: bool
    """It is not what stands here."""
    withdrawn: bool = False
    """It no longer gives the entry."""
    confirms: bool | None = None
    reason: str = ""


def partner_words(media: Media, ours: Verdict | None) -> list[PartnerWord]:
    """All that is kept, the latest first: of entries that name these bytes, of our own entry of them, and of addresses
    that were handed over at which they were found."""
    found = [*_of_entries(media, ours), *_of_our_entry(media, ours), *_of_reports(media, ours)]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _of_entries(media: Media, ours: Verdict | None) -> Iterator[PartnerWord]:
    bytes_of = (("sha256", media.sha256), ("sha1", media.sha1), ("md5", media.md5))
    same = reduce(or_, (Q(hashes__kind=kind, hashes__value=bytes(value)) for kind, value in bytes_of))
    entries = HashListEntry.objects.filter(same, hashes__withdrawn=False).values("pk")
    stated = StatedVerdict.objects.filter(entry__in=entries).select_related("entry__hash_list")
    rows = [each for each in stated if each.verdict or each.series]
    terms = _terms(digest for each in rows for digest in each.terms)
    for each in rows:
        said, entry = read(each.verdict), each.entry
        yield PartnerWord(
            who=said.by or entry.hash_list.supplier,
            said=said,
            series=tuple(each.series),
            terms=tuple(terms[digest] for digest in each.terms if digest in terms),
            at=said.decided_at or entry.stated_at or entry.added_at,
            differs=_differs(said, ours),
            withdrawn=entry.state == HashListEntry.State.WITHDRAWN,
        )


def _of_our_entry(media: Media, ours: Verdict | None) -> Iterator[PartnerWord]:
    """One word for each hotline: it says the same of each hash of ours."""
    opinions = Opinion.objects.filter(entry__media=media).order_by("at", "pk")
    for each in {opinion.who: opinion for opinion in opinions}.values():
        said = read(each.verdict)
        yield PartnerWord(
            who=each.who,
            said=said,
            series=(),
            terms=(),
            at=said.decided_at or each.at,
            differs=_differs(said, ours) if said.outcome else not each.confirms,
            confirms=each.confirms,
            reason=each.reason,
        )


def _of_reports(media: Media, ours: Verdict | None) -> Iterator[PartnerWord]:
    """What was said of an address, where this was found by the report of it: of a page with more on it as well."""
    led = Q(report__sightings__media=media) | Q(report__seen_again__media=media)
    for each in ExchangedReport.objects.filter(led).exclude(verdict={}).select_related("exchange").distinct():
        said = read(each.verdict)
        denied = not said.outcome and ours is not None and ours.outcome == Outcome.REMOVE
        yield PartnerWord(
            who=said.by or each.exchange.name,
            said=said,
            series=(),
            terms=(),
            at=said.decided_at or each.at,
            differs=denied or _differs(said, ours),
        )


def _differs(said: Read, ours: Verdict | None) -> bool:
    if ours is None or not said.outcome:
        return False
    if said.outcome != ours.outcome:
        return True
    return said.outcome == Outcome.REMOVE and said.category not in ("", ours.category)


def _terms(digests: Iterable[str]) -> dict[str, Terms]:
    rows = StatedTerms.objects.filter(digest__in=set(digests))
    return {each.digest: Terms(each.by, each.text, each.until) for each in rows}
