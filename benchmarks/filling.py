"""Fills a database with notices, their URLs and what is rechecked, by the million, in SQL after a few rows of models.

Every notice has one URL of its own; providers remove at their own pace, some of them little or nothing. Triggers are
off meanwhile, so that what follows has to build the summaries itself.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools

from django.db import connection, models

PROVIDERS = 400
YEARS = 3
CELLS = list(
    itertools.product(
        ("prepubescent", "pubescent", "post_pubescent"),
        ("csam", "csam_related", "other_harmful"),
        ("identified", "unidentified"),
    )
)
TYPES = {"csam": ("csam", ""), "csam_related": ("harmful_abusive", "a"), "other_harmful": ("harmful_abusive", "c")}


def prepare(now: dt.datetime) -> None:
    """Providers with contacts, a verdict of each cell, and the row after which the others are made."""
    from orbweaver.notify.providers.models import Contact, Provider

    providers = Provider.objects.bulk_create(
        Provider(name=f"Provider {n}", country=("CA", "FR", "NL", "US", "DE")[n % 5], created_at=now)
        for n in range(PROVIDERS)
    )
    Contact.objects.bulk_create(
        Contact(provider=each, address=f"abuse@p{each.pk}.example", source="hand", seen_at=now) for each in providers
    )
    verdicts = [_verdict(number, cell, now) for number, cell in enumerate(CELLS)]
    _first_rows(verdicts[0], providers[0], now)
    _drop_foreign_keys()


def _drop_foreign_keys() -> None:
    """Checking each of 15 million references is most of the time of filling; the rows are right by construction."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text IN
            ('notices_notice', 'notices_noticeurl', 'recheck_rechecktarget')""")
        for table, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def _verdict(number: int, cell: tuple[str, str, str], now: dt.datetime) -> models.Model:
    from orbweaver.assess.review.models import ReviewItem, Verdict
    from orbweaver.detect.media.models import Media

    age_class, category, identified = cell
    body = f"medium {number}".encode()
    media = Media.objects.create(
        sha256=hashlib.sha256(body).digest(), sha1=hashlib.sha1(body).digest(), md5=hashlib.md5(body).digest(),
        size=1, mime="image/jpeg", pdq=hashlib.sha256(b"pdq" + body).digest(), first_seen_at=now,
    )  # fmt: skip
    item = ReviewItem.objects.create(
        media=media, reason="match", state="decided", rank_at=now, required=2, created_at=now, decided_at=now
    )
    notice_type, sub_type = TYPES[category]
    return Verdict.objects.create(
        item=item, media=media, outcome="remove", category=category, notice_type=notice_type, sub_type=sub_type,
        age_class=age_class, identified=identified, straddles=number % 4 == 0, criteria_version="1",
        decided_by="agreement", decided_at=now - dt.timedelta(days=365 * YEARS, hours=1), handed_over_at=now,
    )  # fmt: skip


def _first_rows(verdict: models.Model, provider: models.Model, now: dt.datetime) -> None:
    from orbweaver.follow.recheck.models import RecheckTarget
    from orbweaver.notify.notices.models import Notice, NoticeUrl

    notice = Notice.objects.create(
        provider=provider, notice_type="csam", state="open", identified=False, created_at=now, occasions=1, country="CA"
    )
    url = NoticeUrl.objects.create(
        notice=notice, verdict=verdict, media=verdict.media, url="https://h0.example/0", url_key=bytes(32),
        host="h0.example", detection="hash_match", seen_at=now,
    )  # fmt: skip
    RecheckTarget.objects.create(
        notice_url=url, site="h0.example:443", authority="A benchmark.", since=now, due_at=now, compared_at=now
    )


_AGE = f"(hashint8(g) & 2147483647) / 2147483647.0 * {YEARS * 365 * 86400}"
_SENT = f"%(now)s::timestamptz - make_interval(secs => {_AGE})"
_TOOK = "(-ln(((hashint8extended(g, 7) & 1048575) + 1) / 1048577.0) * (40000.0 * (1 + g %% 40)))"
_GONE = f"(g %% {PROVIDERS} %% 10 <> 9 AND {_SENT} + make_interval(secs => {_TOOK}) < %(now)s)"


def fill(first: int, last: int, now: dt.datetime) -> None:
    """Rows ``first`` to ``last``: a notice, a URL and a recheck target each, due over the next day.

    Targets are all in the phase in which the material is there, whatever the URL says.
    """
    from orbweaver.assess.review.models import Verdict
    from orbweaver.follow.recheck.models import RecheckTarget
    from orbweaver.notify.notices.models import Notice, NoticeUrl
    from orbweaver.notify.providers.models import Contact

    pick = f"(1 + g %% {PROVIDERS})"
    contact = Contact.objects.order_by("pk").values_list("pk", flat=True)[0]
    verdicts = list(Verdict.objects.order_by("pk"))
    cell = _by_cell([str(each.pk) for each in verdicts])
    values = {
        "id": "g",
        "public_id": "'ntc_' || lpad(g::text, 16, '0')",
        "provider_id": f"{pick} - 1 + (SELECT min(id) FROM providers_provider)",
        "contact_id": f"{pick} - 1 + {contact}",
        "notice_type": _by_cell([f"'{each.notice_type}'" for each in verdicts]),
        "sub_type": _by_cell([f"'{each.sub_type}'" for each in verdicts]),
        "identified": _by_cell(["true" if each.identified == "identified" else "false" for each in verdicts]),
        "state": f"CASE WHEN {_GONE} THEN 'closed' ELSE 'open' END",
        "country": "(ARRAY['CA','FR','NL','US','DE'])[1 + g %% 5]",
        "created_at": _SENT,
        "first_sent_at": _SENT,
        "last_sent_at": _SENT,
    }
    _copy(Notice, values, first, last, now)
    values = {
        "id": "g",
        "notice_id": "g",
        "verdict_id": cell,
        "media_id": _by_cell([str(each.media_id) for each in verdicts]),
        "url": "'https://h' || g %% 20011 || '.example/pictures/' || g || '.jpg'",
        "url_key": "sha256(int8send(g))",
        "host": "'h' || g %% 20011 || '.example'",
        "state": f"CASE WHEN {_GONE} THEN 'removed' ELSE 'live' END",
        "removed_at": f"CASE WHEN {_GONE} THEN {_SENT} + make_interval(secs => {_TOOK}) END",
        "seen_at": _SENT,
    }
    _copy(NoticeUrl, values, first, last, now)
    values = {
        "id": "g",
        "notice_url_id": "g",
        "site": "'h' || g %% 20011 || '.example:443'",
        "since": _SENT,
        "due_at": "%(now)s::timestamptz + make_interval(secs => (hashint8(g + 1) & 2147483647) / 24855.13)",
    }
    _copy(RecheckTarget, values, first, last, now)


def _by_cell(values: list[str]) -> str:
    return f"(ARRAY[{','.join(values)}])[1 + g %% {len(values)}]"


def _copy(model: type[models.Model], values: dict[str, str], first: int, last: int, now: dt.datetime) -> None:
    """Rows like the first one of the table but for ``values``."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields]
    chosen = ", ".join(values.get(column, f'row."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {table} AS row, "
            "generate_series(%(first)s::bigint, %(last)s::bigint) AS g "
            f"WHERE row.id = (SELECT min(id) FROM {table})",
            {"first": first, "last": last, "now": now},
        )
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last} + 1)")
        cursor.execute(f"ANALYZE {table}")
