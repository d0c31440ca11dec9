"""Old and new material (R76): whether a list of police holds it, when it was first known, for how long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from orbweaver.assess.series.selectors import is_of_police, said_by_police
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.rules import Proof
from orbweaver.detect.media.models import Media

YEAR = dt.timedelta(days=365.25)


@dataclass(frozen=True)
class Novelty:
    """``first_known_at``: what came first, an entry that matches or the first sighting; ``years`` since, whole ones."""

    of_police: bool
    first_known_at: dt.datetime
    years: int


def of_police(matches: Iterable[Match]) -> list[Match]:
    """Those of these matches whose entries police supplied and nobody withdrew; of an edited copy there are none."""
    return [each for each in matches if _stands(each) and is_of_police(each.entry)]


def matches_of_police() -> QuerySet[Match]:
    """All matches with such entries."""
    matches = Match.objects.filter(proof=Proof.HASH).exclude(entry__state=HashListEntry.State.WITHDRAWN)
    named = said_by_police("entry__source") | said_by_police("entry__hash_list__supplier")
    return matches.exclude(entry__hash_list__kind=HashList.Kind.OWN).filter(named)


def _stands(match: Match) -> bool:
    entry = match.entry
    if match.is_derived:
        return False
    return entry.state != HashListEntry.State.WITHDRAWN and entry.hash_list.kind != HashList.Kind.OWN


def as_seen_in(sightings: Sequence[Sighting], media: Media, now: dt.datetime) -> Novelty:
    """How old it is by these sightings alone, for whoever finds nothing else of it."""
    first = min((each.first_seen_at for each in sightings), default=media.first_seen_at)
    return Novelty(of_police=False, first_known_at=first, years=max(0, (now - first) // YEAR))


def novelty_of(media: Media, matches: Sequence[Match], now: dt.datetime) -> Novelty:
    """How old the material is, as far as is known here. Our own list is left out: it tells of our earlier verdicts."""
    added = [each.entry.added_at for each in matches if _stands(each)]
    first = min([media.first_seen_at, *added])
    known = bool(of_police(matches)) or media.police_words.exists()
    return Novelty(known, first, max(0, (now - first) // YEAR))
