"""What the workplace may show. Blind by construction: classification and others' answers come after one's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch, QuerySet

from orbweaver.assess.criteria import AgeClass
from orbweaver.assess.governance.selectors import version
from orbweaver.assess.review.asked_pictures import AskedPicture, asked_pictures
from orbweaver.assess.review.copies import CopyView, copies_in
from orbweaver.assess.review.identification import identification_of
from orbweaver.assess.review.messages import (
    ASKED_FOR,
    COPY_OF_HELD,
    DISAGREED,
    MAY_NOT_READ,
    NEAR_LIST,
    NO_SUCH_ITEM,
    ON_LIST,
    OTHER_REASON,
    PART_OF_LIST,
    PROVED_ADULT,
    REPORTED,
)
from orbweaver.assess.review.models import Assessment, ReviewItem, Verdict
from orbweaver.assess.review.novelty import Novelty, as_seen_in, novelty_of
from orbweaver.assess.review.reports import reports_that_led_to
from orbweaver.assess.review.services import open_to
from orbweaver.assess.review.theirs import items_of, reports_for, sightings_for
from orbweaver.assess.review.verdicts import answers_of
from orbweaver.detect.crawl.selectors import kinds_of_hosts
from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.hashlists.models import HashList, HashListEntry, Identified
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.missed import missed_state
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.rules import Proof
from orbweaver.detect.matching.selectors import asked_for
from orbweaver.errors import InvalidInput, Message, NotAllowed
from orbweaver.fingerprints.result import StillPosition
from orbweaver.fingerprints.turning import Quad
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import why_not_assess
from orbweaver.platform.network.urls import defang
from orbweaver.platform.shared_clock import shared_now

MOST_REPORTERS = 20
"""Whose words an item shows."""


@dataclass(frozen=True)
class MatchView:
    """An entry that matched. ``classification``, ``baseline`` and ``series`` are None until one's own answer is in."""

    list_name: str
    supplier: str
    source: str
    kind: str
    """The kinds of hash that matched, as people write them."""
    exact: bool
    """Whether the bytes are the same; else it looks alike, and differs by ``distance`` bits."""
    distance: int
    transform: int
    added_at: dt.datetime
    disputed: bool
    quarantined: bool
    """It suddenly matches far more than usual."""
    entry_id: int
    position: StillPosition | None = None
    """Which picture of the file matched; None where its bytes as a whole did."""
    proof: Proof = Proof.HASH
    mirrored: bool = False
    query_quad: Quad | None = None
    """Where in this picture the known one lies; None where it is all of it."""
    reference_quad: Quad | None = None
    """Which part of the known picture is seen; None where it is all of it."""
    classification: str | None = None
    baseline: bool | None = None
    series: str | None = None


@dataclass(frozen=True)
class SightingView:
    """Where the medium was seen, defanged, with the text around it."""

    public_id: str
    url: str
    page_url: str
    host: str
    site_kind: str
    origin: str
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime
    context: dict[str, object]
    matches: list[MatchView]


@dataclass(frozen=True)
class AnswerView:
    """An assessment, shown once one's own is in."""

    analyst: str
    is_mine: bool
    adjudicates: bool
    made_at: dt.datetime
    answers: dict[str, object]
    notice_type: str
    sub_type: str
    age_class: str
    markers: list[tuple[str, str]]
    """What was ticked to be recorded: its name, and its title where its version of the criteria has one."""
    others: list[tuple[str, int]]
    """Children beside the youngest, by age class."""


@dataclass(frozen=True)
class ItemView:
    """All that the item page shows to one person."""

    item: ReviewItem
    why_here: list[Message]
    sightings: list[SightingView]
    identified: str
    identified_source: str
    identified_since: dt.date | None
    held_by_me: bool
    held_by_other: bool
    lease_until: dt.datetime | None
    lease_left_s: float | None
    """Seconds for which whoever holds it still does."""
    may_assess: bool
    why_not_assess: Message | None
    picture_available: bool
    missed: str
    """What became of a picture that was not archived while a setting was missing (``MissedEvidence.State``), or ""."""
    copies: list[CopyView]
    """Held pictures that it shows, edited."""
    asked_pictures: list[AskedPicture]
    """Which of its pictures a survivor asks for, and when they are shown."""
    looks_by_me: int
    reporters: list[Report]
    """Who reported it and said more than where: what they wrote, and how they may be asked."""
    novelty: Novelty
    answered: bool
    adjudicating: bool
    state: str
    answers: list[AnswerView] = field(default_factory=list)
    verdict: Verdict | None = None


def item_for(public_id: str, user: User, now: dt.datetime) -> ItemView:
    """The item as this person may see it. Raises InvalidInput when there is none, NotAllowed without the right."""
    if not user.may(Permission.ITEM_READ):
        raise NotAllowed(MAY_NOT_READ)
    item = items_of(user).select_related("media__evidence", "verdict").filter(public_id=public_id).first()
    if item is None:
        raise InvalidInput(NO_SUCH_ITEM)
    bound = bool(user.bounds)
    answered = item.assessments.filter(analyst=user).exists()
    sightings = list(sightings_of(item, user))
    matches = [match for sighting in sightings for match in sighting.matches.all()]
    lease_left_s = (item.leased_until - shared_now()).total_seconds() if item.leased_until is not None else 0.0
    held = lease_left_s > 0
    reason = why_not_assess(user, now)
    stored = item.media.evidence
    known = None if bound else identification_of([item.media_id]).get(item.media_id)
    copies = [] if bound else copies_in(item.media)
    proved = sum(each.proved for each in copies)
    because = [COPY_OF_HELD.of(n=proved)] if proved else []
    adults = set() if bound else proved_adult([item.media_id])
    asked = asked_for([] if bound else sightings)
    return ItemView(
        item=item,
        why_here=because + why_here(item, sightings, matches, asked, adults, revealed=answered),
        sightings=_sighting_views(sightings, revealed=answered),
        identified=Identified.IDENTIFIED if known else Identified.UNIDENTIFIED,
        identified_source=known.source if known else "",
        identified_since=known.on if known else None,
        held_by_me=held and item.leased_to_id == user.pk,
        held_by_other=held and item.leased_to_id != user.pk,
        lease_until=item.leased_until if held else None,
        lease_left_s=lease_left_s if held else None,
        may_assess=reason is None and open_to(user).filter(pk=item.pk).exists(),
        why_not_assess=reason,
        picture_available=archive_is_on() and stored is not None and stored.erased_at is None,
        missed=missed_state(item.media),
        novelty=as_seen_in(sightings, item.media, now) if bound else novelty_of(item.media, matches, now),
        copies=copies,
        asked_pictures=asked_pictures(item.media, sightings) if asked else [],
        looks_by_me=item.looks.filter(person=user).count(),
        reporters=_reporters(sightings, user),
        answered=answered,
        adjudicating=item.state == ReviewItem.State.DISAGREED,
        state=shown_state(item, revealed=answered),
        answers=[each for each in _answers(item, user) if each.is_mine or not bound] if answered else [],
        verdict=getattr(item, "verdict", None) if answered else None,
    )


def _reporters(sightings: Sequence[Sighting], reader: User) -> list[Report]:
    led = reports_for(reader).filter(pk__in=reports_that_led_to(sightings))
    found = led.exclude(comment="", contact="").exclude(source=Report.Source.SURVIVOR)
    return list(found.order_by("pk")[:MOST_REPORTERS])


def shown_state(item: ReviewItem, *, revealed: bool) -> str:
    """The state as one may know it: an item that waits for further answers looks like any other until one's own."""
    asked = item.state == ReviewItem.State.DECIDED and item.confirmation == ReviewItem.Confirmation.OPEN
    return ReviewItem.State.WAITING if asked and not revealed else item.state


def sightings_of(item: ReviewItem, reader: User | None = None) -> QuerySet[Sighting]:
    """Where the item was seen, as far as the reader finds it, in the order of time, with the entries that matched,
    nearest first."""
    matches = Match.objects.select_related("entry__hash_list").order_by("-exact", "distance", "pk")
    seen = item.sightings.order_by("first_seen_at", "pk")
    if reader is not None and reader.bounds:
        matches, seen = matches.none(), sightings_for(reader, seen)
    return seen.prefetch_related(Prefetch("matches", queryset=matches))


def _hides(match: Match, *, revealed: bool) -> bool:
    """Whether the list's name would tell of an earlier verdict of this hotline before the person's own answer is in."""
    return not revealed and match.entry.hash_list.kind == HashList.Kind.OWN


def why_here(
    item: ReviewItem,
    sightings: Sequence[Sighting],
    all_matches: Sequence[Match],
    asked: Collection[int],
    proved: Collection[int],
    *,
    revealed: bool,
) -> list[Message]:
    """The reasons, gravest first. Our own earlier verdicts are a reason only once one's own answer is in.

    ``asked``: the numbers of sightings that survivors ask about, these among others; ``proved`` as
    ``proved_adult`` gives it.
    """
    reasons = _by_rule(item, proved)
    matches = [match for match in all_matches if not _hides(match, revealed=revealed)]
    exact = [match for match in matches if match.exact]
    if exact:
        lists = _lists(exact)
        reasons.append(ON_LIST.of(lists=", ".join(lists), n=len(lists)))
    near = [match for match in matches if not match.exact and not match.is_derived]
    if near:
        closest = min(match.distance for match in near)
        lists = _lists(near)
        reasons.append(NEAR_LIST.of(lists=", ".join(lists), bits=closest, n=len(lists)))
    derived = [match for match in matches if match.is_derived]
    if derived:
        lists = _lists(derived)
        reasons.append(PART_OF_LIST.of(lists=", ".join(lists), n=len(lists)))
    if any(sighting.pk in asked for sighting in sightings):
        reasons.insert(0, ASKED_FOR)
    elif any(sighting.report_id for sighting in sightings):
        reasons.append(REPORTED)
    if item.state == ReviewItem.State.DISAGREED:
        reasons.append(DISAGREED)
    return reasons or [OTHER_REASON.of(reason=item.get_reason_display())]


def proved_adult(media: Iterable[int]) -> set[int]:
    """Which of these media show somebody who is proved to have been 18 or older, by their numbers."""
    proofs = Verdict.objects.filter(media__in=list(media), decided_by=Verdict.By.PROOF, superseded_by=None)
    return set(proofs.values_list("media", flat=True))


def _by_rule(item: ReviewItem, proved: Collection[int]) -> list[Message]:
    """Why a rule has it reviewed; a person's reason for a review is told to nobody who answers."""
    appeal = getattr(item, "appeal", None) if item.reason == ReviewItem.Reason.APPEAL else None
    because = [appeal.because] if appeal is not None and appeal.because is not None else []
    return [PROVED_ADULT, *because] if item.media_id in proved else because


def _lists(matches: Sequence[Match]) -> list[str]:
    return sorted({match.entry.hash_list.name for match in matches})


def _sighting_views(sightings: Sequence[Sighting], *, revealed: bool) -> list[SightingView]:
    kinds = kinds_of_hosts({each.host for each in sightings})
    return [_sighting_view(each, kinds.get(each.host, ""), revealed=revealed) for each in sightings]


def _sighting_view(sighting: Sighting, site_kind: str, *, revealed: bool) -> SightingView:
    return SightingView(
        public_id=sighting.public_id,
        url=defang(sighting.url),
        page_url=defang(sighting.page_url) if sighting.page_url else "",
        host=defang(sighting.host),
        site_kind=site_kind,
        origin=sighting.origin,
        first_seen_at=sighting.first_seen_at,
        last_seen_at=sighting.last_seen_at,
        context=sighting.context,
        matches=[
            _match_view(match, revealed=revealed)
            for match in sighting.matches.all()
            if not _hides(match, revealed=revealed)
        ],
    )


def _match_view(match: Match, *, revealed: bool) -> MatchView:
    entry = match.entry
    return MatchView(
        list_name=entry.hash_list.name,
        supplier=entry.hash_list.supplier,
        source=entry.source,
        kind=match.kind_labels,
        exact=match.exact,
        distance=match.distance,
        transform=match.transform,
        added_at=entry.added_at,
        disputed=revealed and entry.state == HashListEntry.State.DISPUTED,
        quarantined=entry.state == HashListEntry.State.QUARANTINED,
        entry_id=entry.pk,
        position=None if match.number is None else StillPosition(match.number, match.time_s or 0.0),
        proof=Proof(match.proof),
        mirrored=match.mirrored,
        query_quad=match.seen_in,
        reference_quad=match.seen_of,
        classification=entry.classification if revealed else None,
        baseline=(entry.baseline and match.exact) if revealed else None,
        series=entry.series_name if revealed else None,
    )


def _markers(assessment: Assessment) -> list[tuple[str, str]]:
    ticked = answers_of(assessment).markers
    worded = version(assessment.criteria_version).markers
    return [(each.name, each.title or "") for each in worded if each.name in ticked]


def _answers(item: ReviewItem, user: User) -> list[AnswerView]:
    return [
        AnswerView(
            analyst=assessment.analyst.display_name,
            is_mine=assessment.analyst_id == user.pk,
            adjudicates=assessment.adjudicates,
            made_at=assessment.made_at,
            answers=assessment.answers,
            notice_type=assessment.notice_type,
            sub_type=assessment.sub_type,
            age_class=assessment.age_class,
            markers=_markers(assessment),
            others=[(name.value, n) for name, n in zip(AgeClass, answers_of(assessment).others, strict=True) if n],
        )
        for assessment in item.assessments.select_related("analyst").order_by("pk")
    ]
