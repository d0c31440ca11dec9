"""What was told to whom of a series: referrals and urgent markers to police, notices to companies and hotlines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q, QuerySet

from orbweaver.assess.linking.models import UrgentReferral
from orbweaver.assess.series.models import SeriesItem, VictimSeries
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.rules import ENDED
from orbweaver.notify.police import within
from orbweaver.notify.police.models import Referral
from orbweaver.people.accounts.models import User

MOST: Final = 200
"""Of each kind, the latest."""


@dataclass(frozen=True)
class Told:
    """``kind``: ``referral``, ``urgent`` or ``notice``. ``addresses`` of this series in a notice, and how many of them
    are not gone; ``at`` None: it has not left yet."""

    kind: str
    number: str
    to: str
    at: dt.datetime | None
    state: str
    answer: str = ""
    addresses: int = 0
    still_there: int = 0


def told_of(series: VictimSeries) -> list[Told]:
    """All that was told of this series' media, what waits to leave on top, then the latest."""
    return sorted([*_referrals(series, Referral.objects.all()), *_urgent(series), *_notices(series)], key=_order)


def told_to(series: VictimSeries, person: User) -> list[Told]:
    """What a person's own forces were told of it: all that a bound role sees of the rest."""
    return sorted(_referrals(series, within.referrals(person)), key=_order)


def _order(told: Told) -> tuple[bool, float, str]:
    return told.at is not None, -told.at.timestamp() if told.at else 0.0, told.number


def _referrals(series: VictimSeries, among: QuerySet[Referral]) -> Iterator[Told]:
    rows = among.filter(item__media__in=_media_of(series)).select_related("force").order_by("-pk")[:MOST]
    for each in rows:
        answer = " · ".join(dict.fromkeys(filter(None, (each.their_number, each.answer))))
        yield Told("referral", each.public_id, each.force.name, each.sent_at, each.state, answer)


def _urgent(series: VictimSeries) -> Iterator[Told]:
    rows = UrgentReferral.objects.filter(marker__media__in=_media_of(series), handed_over_at__isnull=False)
    for each in rows.order_by("-pk")[:MOST]:
        yield Told("urgent", each.public_id, each.handed_over_to, each.handed_over_at, each.state)


def _notices(series: VictimSeries) -> Iterator[Told]:
    of_series = Q(urls__media__in=_media_of(series))
    rows = Notice.objects.filter(of_series, first_sent_at__isnull=False).select_related("provider", "contact")
    counted = rows.annotate(
        n=Count("urls", filter=of_series, distinct=True),
        there=Count("urls", filter=of_series & ~Q(urls__state__in=ENDED), distinct=True),
    )
    for each in counted.order_by("-first_sent_at", "-pk")[:MOST]:
        to = each.provider.name if each.provider is not None else each.host
        yield Told("notice", each.public_id, to, each.first_sent_at, each.state, "", each.n, each.there)


def _media_of(series: VictimSeries) -> list[int]:
    return list(SeriesItem.objects.filter(series=series, ended_at=None).values_list("media", flat=True))
