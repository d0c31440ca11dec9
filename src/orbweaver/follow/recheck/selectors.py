"""Reads of rechecks: how long removals took, what checks saw."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Coalesce

from orbweaver.detect.matching.selectors import is_known_material
from orbweaver.follow.recheck.models import InsteadPicture, Observation, RecheckTarget, Saying, not_plain
from orbweaver.follow.recheck.rules import ONE_NETWORK
from orbweaver.follow.recheck.situations import Situation, codes_of
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.rules import DONE_WITH, UrlState

INSTEAD_LOOKED_AT = 20_000
"""Rows about pictures that stood in others' place which are read for a batch; more would say nothing new."""


@dataclass(frozen=True)
class RemovalTime:
    """Domain seconds that one URL stayed online: since the first notice left (R50) and since the verdict."""

    since_notice_s: float
    since_verdict_s: float


def removal_times() -> Iterator[RemovalTime]:
    """Of every URL that is removed and was notified before; open ones are not here (they are censored, not zero)."""
    removed = NoticeUrl.objects.filter(state=UrlState.REMOVED, removed_at__gte=F("notice__told_at"))
    spans = removed.values_list(
        ExpressionWrapper(F("removed_at") - F("notice__told_at"), DurationField()),
        ExpressionWrapper(F("removed_at") - F("verdict__decided_at"), DurationField()),
    )
    for since_notice, since_verdict in spans.iterator():
        yield RemovalTime(since_notice.total_seconds(), since_verdict.total_seconds())


def observations_of(notice: Notice) -> QuerySet[Observation]:
    """What checks saw of a notice's URLs, newest first."""
    seen = Observation.objects.filter(target__notice_url__notice=notice)
    return seen.select_related("target__notice_url").order_by("-pk")


def sayings_of(notice: Notice) -> QuerySet[Saying]:
    """What people said of the places of a notice, also where they were told of in an earlier one; oldest first."""
    rows = notice.urls.annotate(place=Coalesce("follows_id", "pk")).values("place")
    return Saying.objects.filter(target__notice_url__in=rows).select_related("by").order_by("pk")


def in_situation(situation: Situation) -> QuerySet[RecheckTarget]:
    """Followed addresses whose last check found this, of those that are still asked about."""
    return _asked_about().filter(_is(situation))


def notices_by_situation() -> dict[Situation, int]:
    """How many notices have an address in each situation; all in one reading of what is followed."""
    counts = {each.value: Count("notice_url__notice", filter=_is(each), distinct=True) for each in Situation}
    found = _asked_about().filter(not_plain).aggregate(**counts)
    return {each: found[each.value] for each in Situation}


def _asked_about() -> QuerySet[RecheckTarget]:
    return RecheckTarget.objects.exclude(notice_url__state__in=DONE_WITH)


def _is(situation: Situation) -> Q:
    outcomes, reasons, others = codes_of(situation)
    if reasons:
        return Q(outcome__in=outcomes, reason__in=reasons)
    named = Q(outcome__in=outcomes) & ~Q(reason__in=others)
    if situation is Situation.BLOCKED_HERE:  # a few of its reasons come with other outcomes
        named |= Q(reason__in=("by_country", "wall", ONE_NETWORK))
    return named


def overdue(now: dt.datetime) -> int:
    """How many URLs are due for a check and have not had it yet."""
    return RecheckTarget.objects.filter(due_at__lte=now).count()


@dataclass(frozen=True)
class Instead:
    """A picture in the place of a known one: at how many other addresses of its host, and at how many other hosts, it
    stands in the place of others."""

    sha256: str
    others: int
    hosts: int


def shown_instead(urls: Iterable[NoticeUrl]) -> dict[int, Instead]:
    """What stands at those of these URLs where something else does that is known from elsewhere, by their numbers.

    What took the place of different pictures is a placeholder: "removed", or "sign in to view". A person says which.
    It may be that of a host, or of a CDN or a program that many hosts use. Known material is none, wherever it stands.
    """
    places = {url.follows_id or url.pk: url.pk for url in urls}
    rows = InsteadPicture.objects.filter(
        target__in=in_situation(Situation.SOMETHING_ELSE), target__notice_url__in=places
    )
    found = {}
    for row in rows.select_related("target__notice_url").order_by("pk"):
        if is_known_material(sha256 := bytes(row.sha256)):
            continue
        alike = InsteadPicture.objects.filter(sha256=sha256).exclude(
            target__notice_url__media=row.target.notice_url.media_id
        )
        sites = Counter(alike.values_list("site", flat=True)[:INSTEAD_LOOKED_AT])
        others = sites.pop(row.site, 0)
        if others or sites:
            found[places[row.target.notice_url_id]] = Instead(sha256.hex(), others, len(sites))
    return found


def pictures_instead(sites: Iterable[str]) -> Mapping[str, Mapping[bytes, frozenset[int]]]:
    """Of each site, the pictures that stood in the place of known ones, with the targets where they did."""
    found: dict[str, dict[bytes, set[int]]] = defaultdict(lambda: defaultdict(set))
    rows = InsteadPicture.objects.filter(site__in=set(sites)).values_list("site", "sha256", "target_id")
    for site, sha256, target in rows[:INSTEAD_LOOKED_AT]:
        found[site][bytes(sha256)].add(target)
    return {site: {sha256: frozenset(each) for sha256, each in of_site.items()} for site, of_site in found.items()}
