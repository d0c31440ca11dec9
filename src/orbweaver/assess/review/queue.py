"""The queue as one person sees it: what they may take, soonest first, why each is here, and how to narrow it.

The order is by rank alone, whatever is filtered, so that nobody picks what is easy and nothing starves. What waits for
a further answer after its verdict looks like anything else: nobody can tell it from what waits for its first.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from orbweaver.assess.review.clusters import OPEN
from orbweaver.assess.review.messages import NO_QUEUE
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.novelty import Novelty, as_seen_in, matches_of_police, novelty_of
from orbweaver.assess.review.selectors import proved_adult, shown_state, why_here
from orbweaver.assess.review.services import open_to
from orbweaver.assess.review.theirs import items_of, sightings_for
from orbweaver.assess.review.wellbeing import pace_of, why_rest
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.crawl.selectors import kinds_of_hosts
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.selectors import asked_for
from orbweaver.errors import Message, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import why_not_assess, with_rights
from orbweaver.platform.counting import Counted, estimated, up_to
from orbweaver.platform.network.urls import defang
from orbweaver.platform.shared_clock import shared_now

ROWS = 25
"""Items on a page of the queue: two screens. Each row costs a page 2 ms, and the next item is asked for by a key."""
COUNTED = 500
"""Items that wait for somebody are counted up to here, which is more than anybody pages through."""


@dataclass(frozen=True)
class QueueFilter:
    """What to show of the queue. ``host`` is a part of a host's name; ``older_than_hours`` of domain time."""

    reason: str = ""
    state: str = ""
    host: str = ""
    list_name: str = ""
    older_than_hours: int | None = None
    known: str = ""
    """``new``: no list of police holds it; ``listed``: one does (R76)."""
    site_kind: str = ""
    page: int = 1


@dataclass(frozen=True)
class QueueRow:
    """One line of the queue. ``alike`` counts the other open items that look like it, for one look at all."""

    public_id: str
    mime: str
    why_here: list[Message]
    state: str
    waiting_since: dt.datetime
    sightings: int
    hosts: list[str]
    site_kinds: list[str]
    novelty: Novelty
    alike: int
    held_by_me: bool
    held_by_other: bool


@dataclass(frozen=True)
class QueueView:
    """Rows of one page; how many wait for this person (counted up to ``COUNTED``), and how many in all.

    ``decided`` is an estimate of the database's where there are many.
    """

    waiting_for_me: Counted
    waiting: int
    disagreed: int
    decided: int
    rows: list[QueueRow]
    page: int
    pages: int
    lists: list[str]
    why_not_assess: Message | None
    why_rest: Message | None


Narrow = Callable[[QuerySet[ReviewItem]], QuerySet[ReviewItem]]


def queue_for(
    user: User, now: dt.datetime, wanted: QueueFilter | None = None, narrow: Narrow | None = None
) -> QueueView:
    """The queue of this person; ``narrow`` narrows it by what rooms above know. Raises NotAllowed without the right."""
    if not user.may(Permission.ITEM_READ):
        raise NotAllowed(NO_QUEUE)
    wanted = wanted or QueueFilter()
    if user.bounds:  # what filters ask for may be known by what others saw
        wanted = QueueFilter(page=wanted.page)
    mine = open_to(user)
    found = _filtered(mine, wanted, now)
    found = narrow(found) if narrow and not user.bounds else found
    waiting_for_me = up_to(mine, COUNTED)
    shown = waiting_for_me if found is mine else up_to(found, COUNTED)
    pages = max(1, -(-shown.n // ROWS))
    page = min(max(1, wanted.page), pages)
    matches = Match.objects.select_related("entry__hash_list").order_by("-exact", "distance", "pk")
    if user.bounds:
        matches = matches.none()
    sightings = sightings_for(user, Sighting.objects.order_by("first_seen_at", "pk"))
    sightings = sightings.prefetch_related(Prefetch("matches", queryset=matches))
    first = (page - 1) * ROWS
    items = list(
        found.order_by("rank_at", "pk")
        .select_related("media")
        .prefetch_related(Prefetch("sightings", queryset=sightings))[first : first + ROWS]
    )
    states = _states_of(user) if user.bounds else _states()
    lists = HashList.objects.exclude(kind=HashList.Kind.OWN)
    rest = why_rest(pace_of(user))
    return QueueView(
        waiting_for_me=waiting_for_me,
        waiting=states.get(ReviewItem.State.WAITING, 0),
        disagreed=states.get(ReviewItem.State.DISAGREED, 0),
        decided=states.get(ReviewItem.State.DECIDED, 0),
        rows=_rows(items, user, now),
        page=page,
        pages=pages,
        lists=[] if user.bounds else sorted(lists.values_list("name", flat=True)),
        why_not_assess=why_not_assess(with_rights(user), now),
        why_rest=rest[1] if rest else None,
    )


def waiting_for(user: User) -> Counted:
    """How many items wait for this person, counted up to ``COUNTED``."""
    return up_to(open_to(user), COUNTED)


def _states_of(person: User) -> dict[str, int]:
    """Of what whoever is bound may find."""
    return dict(items_of(person).order_by().values_list("state").annotate(n=Count("pk", distinct=True)))


def _states() -> dict[str, int]:
    """Items by state. Those that are decided, of which there may be millions, are estimated once they are many."""
    real = ReviewItem.objects.filter(known_answer=None).order_by()
    undecided = real.exclude(state=ReviewItem.State.DECIDED)
    states = dict(undecided.values_list("state").annotate(n=Count("*")))
    many = estimated(ReviewItem)
    decided = real.filter(state=ReviewItem.State.DECIDED).count() if many is None else many - sum(states.values())
    return states | {ReviewItem.State.DECIDED.value: decided}


def _filtered(items: QuerySet[ReviewItem], wanted: QueueFilter, now: dt.datetime) -> QuerySet[ReviewItem]:
    seen = Sighting.objects.filter(review_items=OuterRef("pk"))
    if wanted.reason:
        items = items.filter(reason=wanted.reason)
    if wanted.state == ReviewItem.State.DISAGREED:
        items = items.filter(state=ReviewItem.State.DISAGREED)
    elif wanted.state:
        items = items.exclude(state=ReviewItem.State.DISAGREED)
    if wanted.host:
        items = items.filter(Exists(seen.filter(host__icontains=wanted.host)))
    if wanted.list_name:
        own = Q(matches__entry__hash_list__kind=HashList.Kind.OWN)
        items = items.filter(Exists(seen.exclude(own).filter(matches__entry__hash_list__name=wanted.list_name)))
    if wanted.known:
        listed = Exists(matches_of_police().filter(sighting__review_items=OuterRef("pk")))
        items = items.filter(listed if wanted.known == "listed" else ~listed)
    if wanted.site_kind:
        sites = Site.objects.filter(host=OuterRef("host"), kind=wanted.site_kind)
        items = items.filter(Exists(seen.filter(Exists(sites))))
    if wanted.older_than_hours is not None:
        items = items.filter(created_at__lte=now - dt.timedelta(hours=wanted.older_than_hours))
    return items


def _rows(items: Sequence[ReviewItem], user: User, now: dt.datetime) -> list[QueueRow]:
    clusters = set() if user.bounds else {item.cluster for item in items} - {""}
    counted = ReviewItem.objects.filter(OPEN, cluster__in=clusters).order_by().values_list("cluster")
    sizes = Counter(dict(counted.annotate(Count("pk"))))
    kinds = kinds_of_hosts({sighting.host for item in items for sighting in item.sightings.all()})
    seen = [] if user.bounds else [sighting for item in items for sighting in item.sightings.all()]
    asked = asked_for(seen)
    proved = proved_adult([] if user.bounds else [item.media_id for item in items])
    return [_row(item, user, now, sizes[item.cluster], kinds, asked, proved) for item in items]


def _row(
    item: ReviewItem,
    user: User,
    now: dt.datetime,
    cluster_size: int,
    kinds: Mapping[str, str],
    asked: Collection[int],
    proved: Collection[int],
) -> QueueRow:
    held = item.leased_until is not None and item.leased_until > shared_now()
    sightings = list(item.sightings.all())
    matches = [match for sighting in sightings for match in sighting.matches.all()]
    return QueueRow(
        public_id=item.public_id,
        mime=item.media.mime,
        why_here=why_here(item, sightings, matches, asked, proved, revealed=False),
        state=shown_state(item, revealed=False),
        waiting_since=item.created_at,
        sightings=len(sightings),
        hosts=sorted({defang(sighting.host) for sighting in sightings})[:3],
        site_kinds=sorted({kinds[sighting.host] for sighting in sightings if sighting.host in kinds}),
        novelty=as_seen_in(sightings, item.media, now) if user.bounds else novelty_of(item.media, matches, now),
        alike=max(0, cluster_size - 1),
        held_by_me=held and item.leased_to_id == user.pk,
        held_by_other=held and item.leased_to_id != user.pk,
    )
