"""What a provider did, read from notices, answers, rechecks and keys: the behaviour that the rules judge."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from django.db import connection
from django.db.models import Q

from orbweaver.detect.matching.models import Sighting
from orbweaver.follow.conduct.commerce import COMMERCE, signs_in
from orbweaver.follow.conduct.models import CommerceSign
from orbweaver.follow.conduct.rules import Behaviour, Thresholds
from orbweaver.follow.conduct.survival import OF_PER_DOUBLING, grid, grid_s, kaplan_meier, time_until
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.notified import ARRIVED, COUNTS, GONE, GONE_AT, OFFLINE, REMOVED_S, TOLD_AT
from orbweaver.notify.notices.rules import PushBackOutcome, PushBackReason, UrlState
from orbweaver.notify.providers.models import Provider
from orbweaver.people.accounts.rules import Permission

QUESTIONS = (PushBackReason.NOT_A_CHILD, PushBackReason.NOT_ILLEGAL, PushBackReason.WANTS_PROOF_OF_AGE)
SIGHTINGS_LOOKED_AT = 2_000
"""Sightings of a provider, newest first, whose text is looked at for signs of commerce."""

Addresses = tuple[int, int, int, int, int, int, list[float] | None, list[float] | None]
"""Notified, removed, prompt, late, open after the grace, overdue; seconds that each removed one took, and for which
each other was followed."""

_ADDRESSES = f"""
WITH g AS (
    SELECT {TOLD_AT} AS sent_at, {GONE.format(at="%(now)s")} AS gone, {OFFLINE.format(at="%(now)s")} AS answers_nobody,
        {GONE_AT} AS gone_at, max(u.offline_at) FILTER (WHERE u.state = '{UrlState.OFFLINE.value}') AS offline_at,
        max({ARRIVED}) AS messages, bool_or(EXISTS (SELECT 1 FROM notices_incominganswer a WHERE a.meaning = ''
            AND (a.notice_id = n.id OR (a.notice_id IS NULL AND a.provider_id = n.provider_id)))) AS unread
    FROM notices_noticeurl u JOIN notices_notice n ON n.id = u.notice_id
    WHERE n.provider_id = %(provider)s AND n.route = ANY(%(routes)s) AND {COUNTS.format(at="%(now)s")}
    GROUP BY u.url_key
), timed AS (
    SELECT *, {REMOVED_S} AS took, extract(epoch FROM %(now)s - sent_at)::float AS age FROM g
)
SELECT count(*), count(took), count(*) FILTER (WHERE took <= %(prompt)s), count(*) FILTER (WHERE took > %(late)s),
    count(*) FILTER (WHERE NOT answers_nobody AND age >= %(grace)s),
    count(*) FILTER (WHERE NOT answers_nobody AND age >= %(overdue)s AND messages >= %(messages)s AND NOT unread),
    array_agg(took) FILTER (WHERE took IS NOT NULL), array_agg(CASE WHEN answers_nobody
        THEN greatest(extract(epoch FROM coalesce(offline_at, sent_at) - sent_at), 0)::float ELSE age END)
        FILTER (WHERE NOT gone)
FROM timed
"""

Counts = tuple[int, int, int, int, bool, int, int]
"""Notices, questioned ones, push-backs that were right, returns, whether it scans, credits, hosts with commerce."""

_COUNTS = """
WITH sent AS (
    SELECT id FROM notices_notice WHERE provider_id = %(provider)s AND route = ANY(%(routes)s) AND told_at <= %(now)s
)
SELECT (SELECT count(*) FROM sent),
    (SELECT count(*) FROM sent WHERE EXISTS (SELECT 1 FROM notices_pushback p
        WHERE p.notice_id = sent.id AND p.reason = ANY(%(questions)s) AND p.outcome <> %(conceded)s)),
    (SELECT count(*) FROM notices_pushback p JOIN notices_notice n ON n.id = p.notice_id
        WHERE n.provider_id = %(provider)s AND n.route = ANY(%(routes)s) AND p.outcome = %(conceded)s),
    (SELECT count(*) FROM recheck_return r JOIN notices_noticeurl u ON u.id = r.url_id
        JOIN notices_notice n ON n.id = u.notice_id
        WHERE r.provider_id = %(provider)s AND n.route = ANY(%(routes)s) AND r.at <= %(now)s),
    EXISTS (SELECT 1 FROM accounts_apikey k
        JOIN providers_providerorganisation o ON o.organisation_id = k.organisation_id
        WHERE o.provider_id = %(provider)s AND k.last_used_at > %(scan_since)s AND k.revoked_at IS NULL
            AND %(scan)s = ANY(k.scopes)),
    (SELECT count(*) FROM conduct_credit
        WHERE provider_id = %(provider)s AND made_at > %(credit_since)s AND made_at <= %(now)s),
    (SELECT count(DISTINCT host) FROM conduct_commercesign WHERE provider_id = %(provider)s)
"""


def behaviour_of(provider: Provider, now: dt.datetime, rules: Thresholds) -> Behaviour:
    """All that the rules look at, as it stands at ``now``."""
    notified, removed, prompt, late, open_countable, overdue, took, followed = _addresses(provider, now, rules)
    notices, questioned, conceded, returns, scans, credited, hosts = _counts(provider, now, rules)
    return Behaviour(
        notices=notices,
        notified=notified,
        countable=removed + open_countable,
        removed=removed,
        prompt=prompt,
        late=late,
        overdue=overdue,
        median_s=time_until(kaplan_meier(_by_step(took), _by_step(followed)), 0.5),
        questioned=questioned,
        conceded=conceded,
        returns=returns,
        scans_recently=scans,
        credits=credited,
        commerce_hosts=hosts,
    )


def _judged_by(provider: Provider) -> list[str]:
    """Routes of the notices by which a provider is judged.

    What a CDN delivers others host: it is judged neither by what it was told as a CDN nor by what it was told as the
    host while nobody knew that it is one.
    """
    delivered = {Notice.Route.CDN, *([Notice.Route.PROVIDER] if provider.kind == Provider.Kind.CDN else [])}
    return [route.value for route in Notice.Route if route not in delivered]


def _by_step(seconds: list[float] | None) -> Counter[float]:
    """How many by time, on the grid of the public table: the same figure everywhere."""
    return Counter(grid_s(grid(each, OF_PER_DOUBLING), OF_PER_DOUBLING) for each in seconds or ())


def _addresses(provider: Provider, now: dt.datetime, rules: Thresholds) -> Addresses:
    day = 86400.0
    with connection.cursor() as cursor:
        cursor.execute(
            _ADDRESSES,
            {
                "provider": provider.pk,
                "routes": _judged_by(provider),
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


def _counts(provider: Provider, now: dt.datetime, rules: Thresholds) -> Counts:
    of = rules.of["proactive"]
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "provider": provider.pk,
                "routes": _judged_by(provider),
                "now": now,
                "questions": [reason.value for reason in QUESTIONS],
                "conceded": PushBackOutcome.CONCEDED.value,
                "scan": Permission.SCAN_USE.value,
                "scan_since": now - dt.timedelta(days=of["scan_within_days"]),
                "credit_since": now - dt.timedelta(days=of["credits_within_days"]),
            },
        )
        row: Counts = cursor.fetchone()
    return row


def keep_signs_of_commerce(provider: Provider) -> None:
    """Look at the text around the latest sightings at this provider, and keep which signs stand at which host.

    At its own: a registrar, network, CDN or payment service does not sell what the sites of others sell.
    """
    seen: dict[tuple[str, str], tuple[dt.datetime, dt.datetime]] = {}
    for host, context, at in _contexts(provider):
        for sign in signs_in(" ".join(_texts(context))):
            first, last = seen.get((host, sign), (at, at))
            seen[host, sign] = (min(first, at), max(last, at))
    known = {(each.host, each.sign): each for each in CommerceSign.objects.filter(provider=provider)}
    for (host, sign), (first, last) in seen.items():
        row = known.get((host, sign)) or CommerceSign(
            provider=provider, host=host, sign=sign, first_seen_at=first, rules_version=COMMERCE.version()
        )
        if row.last_seen_at != last:
            row.last_seen_at = last
            row.save()


def _contexts(provider: Provider) -> Iterable[tuple[str, dict[str, object], dt.datetime]]:
    hosting = {Notice.Route.PROVIDER.value}.intersection(_judged_by(provider))
    hosted = NoticeUrl.objects.filter(notice__provider=provider, notice__route__in=hosting)
    latest = hosted.order_by("-pk").values_list("media_id", "url_key")
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
