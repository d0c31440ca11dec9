"""Notices that providers ignore, for a regulator (R71): exact facts and addresses, no imagery. Not public."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, FilteredRelation, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from orbweaver.follow.conduct.rules import thresholds
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, PushBack
from orbweaver.notify.notices.rules import DONE_WITH, NOT_ARRIVED, NoticeState, UrlState
from orbweaver.notify.notices.selectors import with_unread_answers

CHUNK = 500
"""Notices read at once."""
_IN_VAIN: Final[Mapping[str, Any]] = {"push_back": None, "state__in": NOT_ARRIVED}
"""A message that did not arrive."""


@dataclass(frozen=True)
class Looked:
    """One address of a notice: its state, what the last check found, and what people said after a look at it."""

    url: str
    state: str
    check: str
    reason: str
    checked_at: str
    said: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Ignored:
    """One notice with what is still there. Instants in ISO 8601; ``objections`` as reason and outcome; ``messages`` are
    those that arrived, ``days_open`` counts from the first of them; ``addresses`` is empty where no looks were asked
    for."""

    notice: str
    provider: str
    country: str
    recipient: str
    notice_type: str
    sub_type: str
    first_sent_at: str
    last_sent_at: str
    messages: int
    days_open: int
    addresses_open: int
    addresses_removed: int
    addresses_offline: int
    objections: tuple[str, ...]
    answers: int
    urls: tuple[str, ...]
    addresses: tuple[Looked, ...]

    def as_json(self) -> dict[str, object]:
        """As JSON values."""
        return {**vars(self), "addresses": [vars(each) for each in self.addresses]}


def ignored_notices(now: dt.datetime) -> QuerySet[Notice]:
    """Open notices that first arrived before the days, and arrived as often, as the spectrum's rule for non-compliance
    says.

    None with an answer that nobody has read yet: who wrote is not taken for silent.
    """
    rule = thresholds().of["non_compliant"]
    before, least = now - dt.timedelta(days=rule["open_days"]), rule["least_messages"]
    rows = Notice.objects.filter(state=NoticeState.OPEN, told_at__lte=before, occasions__gte=least)
    rows = rows.filter(_arrived_as_often_as(least)).exclude(with_unread_answers())
    return rows.select_related("provider").order_by("first_sent_at", "pk")


def _arrived_as_often_as(least: int) -> Q:
    """Of notices with as many occasions: by the few messages that did not arrive, counted only where there are any.
    Counting the many that did takes ten times as long."""
    in_vain = OutboxMessage.objects.filter(**_IN_VAIN)
    its = in_vain.filter(notice=OuterRef("pk"), number__lt=OuterRef("occasions")).order_by().values("notice")
    times = Coalesce(Subquery(its.annotate(times=Count("pk")).values("times")), 0)
    return ~Q(pk__in=in_vain.values("notice")) | Q(occasions__gte=times + least)


def _with_times_arrived(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """``arrived``: how many messages of each did."""
    few = Q(**{f"messages__{name}": value for name, value in _IN_VAIN.items()})
    rows = rows.annotate(in_vain=FilteredRelation("messages", condition=few))
    return rows.annotate(arrived=F("occasions") - Count("in_vain", filter=Q(in_vain__number__lt=F("occasions"))))


def ignored(now: dt.datetime, *, looks: bool = True) -> Iterator[Ignored]:
    """Every ignored notice with its facts, oldest first; ``looks`` at each of its addresses, which cost most of it."""
    push_backs = Prefetch("push_backs", queryset=PushBack.objects.order_by("pk"))
    rows = _with_times_arrived(ignored_notices(now)).prefetch_related(*_urls(looks), push_backs, "replies")
    for notice in rows.iterator(chunk_size=CHUNK):
        yield _facts(notice, vars(notice)["arrived"], now, looks)


def _urls(looks: bool) -> tuple[Prefetch[Any] | str, ...]:
    rows = NoticeUrl.objects.order_by("pk")
    if not looks:
        return (Prefetch("urls", queryset=rows.only("notice_id", "url", "state")),)
    urls = Prefetch("urls", queryset=rows.select_related("target", "follows__target"))
    return (urls, "urls__target__sayings", "urls__follows__target__sayings")


def _facts(notice: Notice, arrived: int, now: dt.datetime, looks: bool) -> Ignored:
    urls = [url for url in notice.urls.all() if url.state != UrlState.WITHDRAWN]
    there = [url.url for url in urls if url.state not in DONE_WITH]
    states = [url.state for url in urls]
    first, last = notice.first_sent_at, notice.last_sent_at
    return Ignored(
        notice=notice.public_id,
        provider=notice.provider.name if notice.provider else "",
        country=notice.country,
        recipient=notice.route,
        notice_type=notice.notice_type,
        sub_type=notice.sub_type,
        first_sent_at=first.isoformat() if first else "",
        last_sent_at=last.isoformat() if last else "",
        messages=arrived,
        days_open=(now - notice.told_at).days if notice.told_at else 0,
        addresses_open=len(there),
        addresses_removed=states.count(UrlState.REMOVED),
        addresses_offline=states.count(UrlState.OFFLINE),
        objections=tuple(f"{each.reason}: {each.outcome}" for each in notice.push_backs.all()),
        answers=len(notice.replies.all()),
        urls=tuple(there),
        addresses=tuple(map(_looked, urls)) if looks else (),
    )


def _looked(url: NoticeUrl) -> Looked:
    target: RecheckTarget | None = getattr(url.follows or url, "target", None)
    if target is None:
        return Looked(url.url, url.state, "", "", "", ())
    said = tuple(
        {"said": each.said, "reason": each.reason, "at": each.at.isoformat()}
        for each in sorted(target.sayings.all(), key=lambda each: each.pk)
    )
    checked_at = target.checked_at.isoformat() if target.checked_at else ""
    return Looked(url.url, url.state, target.outcome, target.reason, checked_at, said)
