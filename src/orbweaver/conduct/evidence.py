"""What a provider did, read from notices, answers, rechecks and keys: the behaviour that the rules judge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import islice

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from orbweaver.accounts.models import ApiKey
from orbweaver.accounts.rules import Permission
from orbweaver.conduct.commerce import signs_in
from orbweaver.conduct.models import CommerceSign, Credit
from orbweaver.conduct.rules import Behaviour, Thresholds
from orbweaver.matching.models import Sighting
from orbweaver.notices.models import Notice, NoticeUrl, PushBack
from orbweaver.notices.rules import PushBackOutcome, PushBackReason
from orbweaver.providers.models import Provider
from orbweaver.recheck.models import Return

QUESTIONS = (PushBackReason.NOT_A_CHILD, PushBackReason.NOT_ILLEGAL, PushBackReason.WANTS_PROOF_OF_AGE)
SIGHTINGS_LOOKED_AT = 2_000
"""Sightings of a provider, newest first, whose text is looked at for signs of commerce."""

Addresses = tuple[int, int, int, int, int, int, float | None]
"""Notified, removed, prompt, late, open after the grace, overdue, median in seconds."""

_ADDRESSES = """
WITH places AS (
    SELECT min(n.first_sent_at) AS sent_at, bool_and(u.state = 'removed') AS gone, max(u.removed_at) AS gone_at,
        max(n.occasions) AS messages
    FROM notices_noticeurl u JOIN notices_notice n ON n.id = u.notice_id
    WHERE n.provider_id = %(provider)s AND n.first_sent_at <= %(now)s AND u.state <> 'withdrawn' GROUP BY u.url_key
), timed AS (
    SELECT *, CASE WHEN gone AND gone_at >= sent_at THEN extract(epoch FROM gone_at - sent_at)::float END AS took,
        extract(epoch FROM %(now)s - sent_at)::float AS age FROM places
)
SELECT count(*), count(took), count(*) FILTER (WHERE took <= %(prompt)s), count(*) FILTER (WHERE took > %(late)s),
    count(*) FILTER (WHERE NOT gone AND age >= %(grace)s),
    count(*) FILTER (WHERE NOT gone AND age >= %(overdue)s AND messages >= %(messages)s),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY took)
FROM timed
"""


def behaviour_of(provider: Provider, now: dt.datetime, rules: Thresholds) -> Behaviour:
    """All that the rules look at, as it stands at ``now``."""
    notified, removed, prompt, late, open_settled, overdue, median_s = _addresses(provider, now, rules)
    questioned = PushBack.objects.filter(notice=OuterRef("pk"), reason__in=QUESTIONS).exclude(
        outcome=PushBackOutcome.CONCEDED
    )
    sent = Notice.objects.filter(provider=provider, first_sent_at__lte=now)
    conceded = PushBack.objects.filter(notice__provider=provider, outcome=PushBackOutcome.CONCEDED)
    credit_since = now - dt.timedelta(days=rules.of["proactive"]["credits_within_days"])
    return Behaviour(
        notices=sent.count(),
        notified=notified,
        settled=removed + open_settled,
        removed=removed,
        prompt=prompt,
        late=late,
        overdue=overdue,
        median_s=median_s,
        questioned=sent.filter(Exists(questioned)).count(),
        conceded=conceded.count(),
        returns=Return.objects.filter(provider=provider, at__lte=now).count(),
        scans_recently=_scans(provider, now - dt.timedelta(days=rules.of["proactive"]["scan_within_days"])),
        credits=Credit.objects.filter(provider=provider, made_at__gt=credit_since, made_at__lte=now).count(),
        commerce_hosts=CommerceSign.objects.filter(provider=provider).values("host").distinct().count(),
    )


def _addresses(provider: Provider, now: dt.datetime, rules: Thresholds) -> Addresses:
    day = 86400.0
    with connection.cursor() as cursor:
        cursor.execute(
            _ADDRESSES,
            {
                "provider": provider.pk,
                "now": now,
                "prompt": rules.of["reactive"]["within_days"] * day,
                "late": rules.of["resistant"]["late_days"] * day,
                "grace": rules.grace_days * day,
                "overdue": rules.of["non_compliant"]["open_days"] * day,
                "messages": rules.of["non_compliant"]["least_messages"],
            },
        )
        row: Addresses = cursor.fetchone()
    return row


def _scans(provider: Provider, since: dt.datetime) -> bool:
    keys = ApiKey.objects.filter(organisation__providers__provider=provider, last_used_at__gt=since, revoked_at=None)
    return keys.filter(scopes__contains=[Permission.SCAN_USE.value]).exists()


def keep_signs_of_commerce(provider: Provider) -> None:
    """Look at the text around the latest sightings at this provider, and keep which signs stand at which host."""
    seen: dict[tuple[str, str], tuple[dt.datetime, dt.datetime]] = {}
    for host, context, at in _contexts(provider):
        for sign in signs_in(" ".join(_texts(context))):
            first, last = seen.get((host, sign), (at, at))
            seen[host, sign] = (min(first, at), max(last, at))
    known = {(each.host, each.sign): each for each in CommerceSign.objects.filter(provider=provider)}
    for (host, sign), (first, last) in seen.items():
        row = known.get((host, sign)) or CommerceSign(provider=provider, host=host, sign=sign, first_seen_at=first)
        row.last_seen_at = last
        row.save()


def _contexts(provider: Provider) -> Iterable[tuple[str, dict[str, object], dt.datetime]]:
    latest = NoticeUrl.objects.filter(notice__provider=provider).order_by("-pk").values_list("media_id", "url_key")
    wanted = [(media, bytes(key)) for media, key in latest[:SIGHTINGS_LOOKED_AT]]
    for start in range(0, len(wanted), 500):
        chosen = Q()
        for media, key in islice(wanted, start, start + 500):
            chosen |= Q(media_id=media, url_key=key)
        yield from Sighting.objects.filter(chosen).values_list("host", "context", "last_seen_at")


def _texts(context: dict[str, object]) -> Iterable[str]:
    for value in context.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, str))
