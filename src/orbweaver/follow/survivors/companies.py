"""What each company was told about a victim series and what came of it: a signed record for a civil claim (R63a).

Two people of survivor support release it to the person or their lawyer: one writes for whom, another one agrees. What
is signed are the exact bytes that were kept then. It names hosts and digests of addresses, never an address: one that
is open still would lead to the picture.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from orbweaver.assess.series.models import SeriesItem
from orbweaver.assess.series.selectors import get_series
from orbweaver.errors import InvalidInput
from orbweaver.follow.survivors.messages import ANOTHER_PERSON_RELEASES, FOR_WHOM_MISSING, NOT_RELEASED
from orbweaver.follow.survivors.models import CompanyRecord
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create
from orbweaver.platform.settings import PlatformSettings

KEY: Final = "series-record-signing"


@transaction.atomic
def write_record(series_id: str, for_whom: str, *, by: User, now: dt.datetime) -> CompanyRecord:
    """Write down what is known now, for this person or lawyer. Raises InvalidInput: no such series, nobody named."""
    for_whom = " ".join(for_whom.replace("\x00", " ").split())
    if not for_whom:
        raise InvalidInput(FOR_WHOM_MISSING)
    series = get_series(series_id.strip())
    written = {
        "what": "orbweaver series record 1",
        "series": series.public_id,
        "hotline": HotlineSettings.current().hotline_name,
        "written_at": _at(now),
        "companies": _companies(series.pk),
    }
    body = json.dumps(written, indent=1, ensure_ascii=False, sort_keys=True)
    made = CompanyRecord.objects.create(series=series, for_whom=for_whom, body=body, written_by=by, written_at=now)
    record("series_record.written", made.public_id, actor=by, details={"series": series.public_id}, at=now)
    return made


def _companies(series: int) -> list[dict[str, Any]]:
    media = SeriesItem.objects.filter(series=series, ended_at=None).values("media")
    rows = NoticeUrl.objects.filter(media__in=media).select_related("notice__provider").order_by("notice_id", "pk")
    notices: dict[int, tuple[Notice, list[NoticeUrl]]] = {}
    for row in rows:
        notices.setdefault(row.notice_id, (row.notice, []))[1].append(row)
    companies: dict[str, list[dict[str, Any]]] = {}
    for notice, urls in notices.values():
        name = notice.provider.name if notice.provider is not None else ""
        companies.setdefault(name, []).append(_notice(notice, urls))
    return [{"company": name or None, "notices": found} for name, found in sorted(companies.items())]


def _notice(notice: Notice, urls: list[NoticeUrl]) -> dict[str, Any]:
    messages = notice.messages.filter(sent_at__isnull=False).order_by("number", "pk")
    answers = [("reply", reply.action, reply.at) for reply in notice.replies.order_by("at", "pk")]
    answers += [("objection", each.reason, each.made_at) for each in notice.push_backs.order_by("made_at", "pk")]
    return {
        "notice": notice.public_id,
        "type": notice.notice_type + notice.sub_type,
        "route": notice.route,
        "told": [
            {"sent_at": _at(each.sent_at), "arrived_at": _at(each.acknowledged_at), "channel": each.channel}
            for each in messages
        ],
        "answered": [{"kind": kind, "said": said, "at": _at(at)} for kind, said, at in answers],
        "addresses": [_address(url) for url in urls],
    }


def _address(url: NoticeUrl) -> dict[str, Any]:
    return {
        "sha256": hashlib.sha256(url.url.encode()).hexdigest(),
        "host": url.host,
        "state": url.state,
        "removed_at": _at(url.removed_at),
        "offline_since": _at(url.offline_at),
        "came_back": url.reappearances,
    }


def _at(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).isoformat(timespec="seconds")


@transaction.atomic
def release_record(public_id: str, *, by: User, now: dt.datetime) -> CompanyRecord:
    """Another person agrees that it is given out. Raises InvalidInput for whoever wrote it."""
    found = CompanyRecord.objects.select_for_update().get(public_id=public_id)
    if found.written_by_id in accounts_of(by):
        raise InvalidInput(ANOTHER_PERSON_RELEASES)
    if found.released_at is None:
        found.released_by, found.released_at = by, now
        found.save(update_fields=["released_by", "released_at"])
        record("series_record.released", found.public_id, actor=by, at=now)
    return found


def signed_file(kept: CompanyRecord, *, by: User, now: dt.datetime) -> bytes:
    """The record with its signature, to be given out. Raises InvalidInput before it is released.

    JSON: ``record`` is the exact text that is signed, ``signature`` and ``public_key`` are Ed25519 in Base64.
    """
    if kept.released_at is None:
        raise InvalidInput(NOT_RELEASED)
    key = _key()
    signed = {
        "record": kept.body,
        "signature": base64.b64encode(key.sign(kept.body.encode())).decode(),
        "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    }
    record("series_record.given_out", kept.public_id, actor=by, at=now)
    return (json.dumps(signed, indent=1, ensure_ascii=False) + "\n").encode()


def public_key() -> str:
    """What checks the signatures, in Base64: say it in public, so that a record can be checked against it."""
    return base64.b64encode(_key().public_key().public_bytes_raw()).decode()


def _key() -> Ed25519PrivateKey:
    made = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    text = read_or_create(ensure_keys_dir(PlatformSettings.current().keys_path) / KEY, made)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))
