"""Whether police know the child (R29, R74): verdicts, own entries and notices follow what is recorded of it.

Three say so: police, of these very bytes; the liaison, of the victims of a series; and the suppliers of list entries. A
medium counts as identified when police or an entry that matches it say so, or when every victim of a series that it is
in is identified: which of several children it shows is not recorded. What is copied at a verdict follows in the
transaction that changes what is said.

A verdict that nothing is to be done follows only where it is certain that these are the child's pictures: a person put
them into the series, or an entry names these very bytes. What merely looks alike was looked at, and told apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.review.handovers import VerdictsIdentified, verdicts_identified
from orbweaver.assess.review.models import Verdict
from orbweaver.assess.review.own_list import own_entries
from orbweaver.assess.series.handovers import IdentificationChanged
from orbweaver.assess.series.models import PoliceWord, SeriesItem, Victim
from orbweaver.assess.series.police_words import (
    OF_THE_BASELINE,
    identified_by_police,
    in_the_baseline,
    standing_identifications,
)
from orbweaver.assess.series.selectors import Identification, identification_in_series
from orbweaver.detect.hashlists.handovers import EntriesRestated
from orbweaver.detect.hashlists.models import HashList, HashListEntry, Identified
from orbweaver.detect.hashlists.services import set_identified
from orbweaver.detect.matching.models import Match
from orbweaver.detect.matching.rules import Proof
from orbweaver.detect.media.models import Media
from orbweaver.people.audit.services import record


def hear_of_series(changed: IdentificationChanged) -> None:
    """Bring verdicts up to what police say of media, or the liaison of the victims of a series."""
    follow_identification(changed.media, changed.now, ends=True)
    _follow_baseline(changed.media, changed.now)


def hear_of_entries(restated: EntriesRestated) -> None:
    """Bring verdicts up to what suppliers say of the entries that match them."""
    for identified, ends in ((Identified.IDENTIFIED, False), (Identified.UNIDENTIFIED, True)):
        matched = _whole().filter(entry__in=restated.entries, entry__identified=identified)
        follow_identification(set(matched.values_list("sighting__media", flat=True)), restated.now, ends=ends)


def _whole() -> QuerySet[Match]:
    """Matches of whole pictures: an edited copy may show other children beside the one whom an entry is about."""
    return Match.objects.filter(proof=Proof.HASH)


def identification_of(media: Iterable[int], *, with_own: bool = True) -> dict[int, Identification]:
    """The media (by number) whose child police know, and who says so: a force's own word goes before the liaison's, and
    that before a list's.

    ``with_own``: also what our own list says, which has it from other verdicts.
    """
    numbers = list(media)
    matches = _whole().filter(sighting__media__in=numbers, entry__identified=Identified.IDENTIFIED)
    matches = matches.exclude(entry__state=HashListEntry.State.WITHDRAWN)
    if not with_own:
        matches = matches.exclude(entry__hash_list__kind=HashList.Kind.OWN)
    rows = matches.order_by("exact", "-distance", "-pk").values_list(
        "sighting__media", "entry__source", "entry__added_at"
    )
    found = {number: Identification(source, since.date()) for number, source, since in rows}
    return found | identification_in_series(numbers) | identified_by_police(numbers)


def is_said_identified(medium: str) -> Q:
    """Whether somebody says so of the medium that this column names (R29); verdicts on it may not follow it yet."""
    verdicts = Verdict.objects.filter(media=OuterRef(medium), identified=Identified.IDENTIFIED, superseded_by=None)
    matches = _whole().filter(sighting__media=OuterRef(medium), entry__identified=Identified.IDENTIFIED)
    children = Victim.objects.filter(series=OuterRef("series"))
    series = SeriesItem.objects.filter(Exists(children), media=OuterRef(medium), ended_at=None)
    return (
        Q(Exists(verdicts))
        | Q(Exists(matches.exclude(entry__state=HashListEntry.State.WITHDRAWN)))
        | Q(Exists(series.exclude(Exists(children.filter(identified=False)))))
        | Q(Exists(standing_identifications(medium)))
    )


@transaction.atomic
def follow_identification(media: Collection[int], now: dt.datetime, *, ends: bool = False) -> None:
    """Bring the verdicts on these media up to what is said of them now.

    ``ends``: also where nobody says any more that the child is identified.
    """
    if not media:
        return
    identifications = identification_of(media)
    kept = identification_of(media, with_own=False) if ends else identifications
    changed = []
    for verdict in _certain_verdicts(media).select_for_update(of=("self",)).order_by("pk"):
        known = identifications.get(verdict.media_id)
        is_known = verdict.identified == Identified.IDENTIFIED
        if known is not None and not is_known:
            verdict.identified, verdict.identified_source = Identified.IDENTIFIED, known.source
        elif ends and is_known and verdict.media_id not in kept:
            verdict.identified, verdict.identified_source = Identified.UNIDENTIFIED, ""
        else:
            continue
        verdict.save(update_fields=["identified", "identified_source"])
        record("verdict.identification", verdict.public_id, details={"identified": verdict.identified}, at=now)
        changed.append(verdict)
    _tell(changed, now)


def _certain_verdicts(media: Collection[int]) -> QuerySet[Verdict]:
    """Removals, and no action where it is certain whose pictures these are."""
    by_bytes = Match.objects.filter(sighting__media__in=media).filter(exact=True)
    by_bytes = by_bytes.exclude(entry__state=HashListEntry.State.WITHDRAWN)
    by_person = SeriesItem.objects.filter(media__in=media, ended_at=None).exclude(linked_by=None, further=[])
    by_police = PoliceWord.objects.filter(media__in=media)
    certain = Q(media__in=by_bytes.values("sighting__media")) | Q(media__in=by_person.values("media"))
    certain |= Q(media__in=by_police.values("media"))
    followed = Q(outcome=Verdict.Outcome.REMOVE) | certain
    return Verdict.objects.filter(followed, media__in=media, superseded_by=None)


def _follow_baseline(media: Collection[int], now: dt.datetime) -> None:
    """Removals say what police said of Interpol's baseline (R30), where they said anything of these very bytes."""
    told = PoliceWord.objects.filter(media__in=media, said__in=OF_THE_BASELINE).values_list("media", flat=True)
    numbers = set(told)
    within = in_the_baseline(numbers)
    removals = Verdict.objects.filter(media__in=numbers, outcome=Verdict.Outcome.REMOVE, superseded_by=None)
    for verdict in removals.select_for_update(of=("self",)).order_by("pk"):
        if verdict.baseline != (verdict.media_id in within):
            verdict.baseline = not verdict.baseline
            verdict.save(update_fields=["baseline"])
            record("verdict.baseline", verdict.public_id, details={"baseline": verdict.baseline}, at=now)


def _tell(changed: Sequence[Verdict], now: dt.datetime) -> None:
    if not changed:
        return
    verdicts_identified.announce(VerdictsIdentified(changed, now))
    removals = [verdict for verdict in changed if verdict.outcome == Verdict.Outcome.REMOVE]
    states = {verdict.media_id: verdict.identified for verdict in removals}
    for medium in Media.objects.filter(pk__in=states).order_by("pk"):
        set_identified(own_entries(medium), Identified(states[medium.pk]), now)
